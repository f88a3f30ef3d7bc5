/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One thread (or each of several) frees a block and allocates one of about the same size,
 * with a small number of blocks live: the time is the allocator's alone.
 */
#include "bench/alloc/pattern.h"

enum { SLOTS_MAX = 4096 };

struct churn {
	size_t bytes; /* of every block; 0: log-uniform in [2^low, 2^high) */
	unsigned low;
	unsigned high;
	unsigned live;
	unsigned alignments; /* 0: malloc; else posix_memalign to one of 16 << 0 ... */
};

struct slots {
	void *slot[SLOTS_MAX];
};

static size_t churn_size(const struct churn *churn, uint64_t draw)
{
	return churn->bytes ? churn->bytes : draw_size(draw, churn->low, churn->high);
}

static void fill(struct player *player)
{
	const struct churn *churn = player->pattern->parameters;
	struct slots *slots = player->state;

	for (unsigned i = 0; i < churn->live; i++)
		slots->slot[i] = block_new(churn_size(churn, player_draw(player)), i);
}

static void empty(struct player *player)
{
	const struct churn *churn = player->pattern->parameters;
	struct slots *slots = player->state;

	for (unsigned i = 0; i < churn->live; i++)
		block_free(player, slots->slot[i]);
}

/* As many as are live are allocated, then freed in the same order. */
static void play_pairs(struct player *player, uint64_t operations)
{
	const struct churn *churn = player->pattern->parameters;
	struct slots *slots = player->state;
	size_t bytes = churn->bytes;

	for (uint64_t done = 0; done < operations; done += churn->live) {
		for (unsigned i = 0; i < churn->live; i++)
			slots->slot[i] = block_new(bytes, done + i);
		for (unsigned i = 0; i < churn->live; i++)
			block_free(player, slots->slot[i]);
		player->done += churn->live;
	}
}

/* A block chosen at random gives way to a new one. */
static void play_replace(struct player *player, uint64_t operations)
{
	const struct churn *churn = player->pattern->parameters;
	struct slots *slots = player->state;

	for (uint64_t done = 0; done < operations; done++) {
		uint64_t draw = player_draw(player);
		void **slot = &slots->slot[draw_below(draw, churn->live)];

		block_free(player, *slot);
		*slot = block_new(churn_size(churn, draw), done);
	}
	player->done += operations;
}

/* The same by calloc; what is not zero is added to the checksum. */
static void play_calloc(struct player *player, uint64_t operations)
{
	const struct churn *churn = player->pattern->parameters;
	struct slots *slots = player->state;

	for (uint64_t done = 0; done < operations; done++) {
		uint64_t draw = player_draw(player);
		void **slot = &slots->slot[draw_below(draw, churn->live)];
		size_t bytes = churn_size(churn, draw);

		block_free(player, *slot);
		*slot = calloc(bytes / 8, 8);
		if (!*slot)
			pattern_fail("out of memory");
		for (size_t i = 0; i < bytes / 8; i += PATTERN_PAGE / 8)
			player->checksum += ((uint64_t *)*slot)[i];
		block_write(*slot, bytes / 8 * 8, done);
	}
	player->done += operations;
}

static void play_aligned(struct player *player, uint64_t operations)
{
	const struct churn *churn = player->pattern->parameters;
	struct slots *slots = player->state;

	for (uint64_t done = 0; done < operations; done++) {
		uint64_t draw = player_draw(player);
		void **slot = &slots->slot[draw_below(draw, churn->live)];
		size_t alignment = (size_t)16 << draw % churn->alignments;
		size_t bytes = churn_size(churn, draw);

		block_free(player, *slot);
		if (posix_memalign(slot, alignment, bytes) != 0)
			pattern_fail("out of memory");
		player->checksum += (uintptr_t)*slot % alignment;
		block_write(*slot, bytes, done);
	}
	player->done += operations;
}

const struct pattern pattern_pair_64 = {
	.name = "pair-64",
	.summary = "64 bytes, one live",
	.parameters = &(const struct churn){.bytes = 64, .live = 1},
	.state_bytes = sizeof(struct slots),
	.operations = 24000000,
	.play = play_pairs,
};

const struct pattern pattern_pair_32k = {
	.name = "pair-32k",
	.summary = "32 KiB, eight allocated and freed in turn",
	.parameters = &(const struct churn){.bytes = 32 << 10, .live = 8},
	.state_bytes = sizeof(struct slots),
	.operations = 4000000,
	.play = play_pairs,
};

const struct pattern pattern_churn_tiny = {
	.name = "churn-tiny",
	.summary = "8 to 63 bytes, 100 live, replaced at random",
	.parameters = &(const struct churn){.low = 3, .high = 6, .live = 100},
	.state_bytes = sizeof(struct slots),
	.operations = 20000000,
	.begin = fill,
	.end = empty,
	.play = play_replace,
};

const struct pattern pattern_churn_64 = {
	.name = "churn-64",
	.summary = "64 bytes, 1000 live, replaced at random",
	.parameters = &(const struct churn){.bytes = 64, .live = 1000},
	.state_bytes = sizeof(struct slots),
	.operations = 24000000,
	.begin = fill,
	.end = empty,
	.play = play_replace,
};

const struct pattern pattern_churn_1k = {
	.name = "churn-1k",
	.summary = "1 KiB, 100 live, replaced at random",
	.parameters = &(const struct churn){.bytes = 1024, .live = 100},
	.state_bytes = sizeof(struct slots),
	.operations = 20000000,
	.begin = fill,
	.end = empty,
	.play = play_replace,
};

const struct pattern pattern_churn_mixed = {
	.name = "churn-mixed",
	.summary = "16 bytes to 4 KiB, 1000 live, replaced at random",
	.parameters = &(const struct churn){.low = 4, .high = 12, .live = 1000},
	.state_bytes = sizeof(struct slots),
	.operations = 12000000,
	.begin = fill,
	.end = empty,
	.play = play_replace,
};

const struct pattern pattern_churn_64_threads = {
	.name = "churn-64-threads",
	.summary = "64 bytes, 1000 live in each thread, replaced at random",
	.parameters = &(const struct churn){.bytes = 64, .live = 1000},
	.state_bytes = sizeof(struct slots),
	.operations = 16000000,
	.threads = true,
	.begin = fill,
	.end = empty,
	.play = play_replace,
};

const struct pattern pattern_calloc = {
	.name = "calloc",
	.summary = "zeroed, 64 bytes to 64 KiB, 200 live, replaced at random",
	.parameters = &(const struct churn){.low = 6, .high = 16, .live = 200},
	.state_bytes = sizeof(struct slots),
	.operations = 800000,
	.begin = fill,
	.end = empty,
	.play = play_calloc,
};

const struct pattern pattern_aligned = {
	.name = "aligned",
	.summary = "64 bytes to 8 KiB, aligned to 16 ... 4096, 500 live, at random",
	.parameters =
		&(const struct churn){.low = 6, .high = 13, .live = 500, .alignments = 9},
	.state_bytes = sizeof(struct slots),
	.operations = 6000000,
	.begin = fill,
	.end = empty,
	.play = play_aligned,
};
