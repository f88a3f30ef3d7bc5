/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Blocks that an allocator asks the kernel for, and blocks that grow: whether it maps and
 * unmaps, faults in again or moves more than it must.
 */
#include "bench/alloc/pattern.h"

#include <string.h>

enum { LIVE = 32, VECTOR_MAX = 16 << 20, BUFFERS = 16, BUFFER_MAX = 64 << 10 };

struct blocks {
	void *slot[LIVE];
	size_t bytes[LIVE];
};

static void play_pair(struct player *player, uint64_t operations)
{
	size_t bytes = *(const size_t *)player->pattern->parameters;

	for (uint64_t done = 0; done < operations; done++)
		block_free(player, block_new(bytes, done));
	player->done += operations;
}

static void fill(struct player *player)
{
	struct blocks *blocks = player->state;

	for (unsigned i = 0; i < LIVE; i++)
		blocks->slot[i] = block_new(draw_size(player_draw(player), 16, 23), i);
}

static void empty(struct player *player)
{
	struct blocks *blocks = player->state;

	for (unsigned i = 0; i < LIVE; i++)
		block_free(player, blocks->slot[i]);
}

static void play_large(struct player *player, uint64_t operations)
{
	struct blocks *blocks = player->state;

	for (uint64_t done = 0; done < operations; done++) {
		uint64_t draw = player_draw(player);
		void **slot = &blocks->slot[draw_below(draw, LIVE)];

		block_free(player, *slot);
		*slot = block_new(draw_size(draw, 16, 23), done);
	}
	player->done += operations;
}

static void *grow(struct player *player, void *block, size_t before, size_t after)
{
	char *grown = realloc(block, after);

	if (!grown)
		pattern_fail("out of memory");
	if (before >= sizeof(uint64_t))
		player->checksum += (unsigned char)grown[before - 1];
	memset(grown + before, (int)(after & 0x7f), after - before);
	return grown;
}

/* A vector that doubles by halves: each time half as much again, until it is full. */
static void play_vector(struct player *player, uint64_t operations)
{
	for (uint64_t done = 0; done < operations;) {
		void *vector = NULL;
		size_t bytes = 0;

		for (size_t next = 16; next < VECTOR_MAX; next += next / 2, done++) {
			vector = grow(player, vector, bytes, next);
			bytes = next;
			player->done++;
		}
		pattern_note_peak();
		free(vector);
	}
}

static void release_buffers(struct player *player)
{
	struct blocks *blocks = player->state;

	for (unsigned i = 0; i < BUFFERS; i++)
		free(blocks->slot[i]);
}

/* Texts that are appended to in turn, a few words each time. */
static void play_append(struct player *player, uint64_t operations)
{
	struct blocks *blocks = player->state;

	for (uint64_t done = 0; done < operations; done++) {
		uint64_t draw = player_draw(player);
		unsigned at = (unsigned)draw_below(draw, BUFFERS);
		size_t bytes = blocks->bytes[at];
		size_t more = 8 + (draw >> 56);

		if (bytes + more > BUFFER_MAX) {
			free(blocks->slot[at]);
			blocks->slot[at] = NULL;
			bytes = 0;
		}
		blocks->slot[at] = grow(player, blocks->slot[at], bytes, bytes + more);
		blocks->bytes[at] = bytes + more;
	}
	player->done += operations;
}

const struct pattern pattern_large_pair = {
	.name = "large-pair",
	.summary = "4 MiB, one live, a write to each page",
	.parameters = &(const size_t){(size_t)4 << 20},
	.state_bytes = sizeof(struct blocks),
	.operations = 12000,
	.play = play_pair,
};

const struct pattern pattern_huge_pair = {
	.name = "huge-pair",
	.summary = "48 MiB, one live, a write to each page",
	.parameters = &(const size_t){(size_t)48 << 20},
	.state_bytes = sizeof(struct blocks),
	.operations = 500,
	.play = play_pair,
};

const struct pattern pattern_large = {
	.name = "large",
	.summary = "64 KiB to 8 MiB, 32 live, replaced at random, a write to each page",
	.state_bytes = sizeof(struct blocks),
	.operations = 1600,
	.begin = fill,
	.end = empty,
	.play = play_large,
};

const struct pattern pattern_realloc_vector = {
	.name = "realloc-vector",
	.summary = "a vector that grows by half from 16 bytes to 16 MiB, again and again",
	.state_bytes = sizeof(struct blocks),
	.operations = 16000,
	.play = play_vector,
};

const struct pattern pattern_realloc_append = {
	.name = "realloc-append",
	.summary = "16 texts that grow by 8 to 263 bytes to 64 KiB, in turn",
	.state_bytes = sizeof(struct blocks),
	.operations = 6000000,
	.end = release_buffers,
	.play = play_append,
};
