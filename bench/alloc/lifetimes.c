/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Many blocks live, of mixed sizes and lifetimes: what the allocator adds to the misses
 * that the program has anyway, and how well it packs.
 */
#include "bench/alloc/pattern.h"

enum { SLOTS_MAX = 1 << 17, BATCH = 20000, NODES = 150000 };

struct lifetimes {
	unsigned low; /* log-uniform in [2^low, 2^high) */
	unsigned high;
	unsigned live;
};

struct slots {
	void *slot[SLOTS_MAX];
};

static void fill(struct player *player)
{
	const struct lifetimes *lifetimes = player->pattern->parameters;
	struct slots *slots = player->state;

	for (unsigned i = 0; i < lifetimes->live; i++)
		slots->slot[i] = block_new(
			draw_size(player_draw(player), lifetimes->low, lifetimes->high),
			i);
}

static void empty(struct player *player)
{
	const struct lifetimes *lifetimes = player->pattern->parameters;
	struct slots *slots = player->state;

	for (unsigned i = 0; i < lifetimes->live; i++)
		block_free(player, slots->slot[i]);
}

/* Short lives and long ones: half of the turns fall on a sixteenth of the slots. */
static void play_lifetimes(struct player *player, uint64_t operations)
{
	const struct lifetimes *lifetimes = player->pattern->parameters;
	struct slots *slots = player->state;

	for (uint64_t done = 0; done < operations; done++) {
		uint64_t draw = player_draw(player);
		unsigned range = done % 2 ? lifetimes->live : lifetimes->live / 16;
		void **slot = &slots->slot[draw_below(draw, range)];

		block_free(player, *slot);
		*slot = block_new(draw_size(draw, lifetimes->low, lifetimes->high), done);
	}
	player->done += operations;
}

/* Rows of blocks freed in the order of allocation, in the reverse one, and every second
 * block first. */
static void play_batches(struct player *player, uint64_t operations)
{
	struct slots *slots = player->state;

	for (uint64_t done = 0; done < operations; done += BATCH) {
		uint64_t batch = done / BATCH;

		for (unsigned i = 0; i < BATCH; i++)
			slots->slot[i] = block_new(
				16 + draw_below(player_draw(player), 240), done + i);
		for (unsigned i = 0; i < BATCH; i++) {
			unsigned at = batch % 3 == 0   ? i
				      : batch % 3 == 1 ? BATCH - 1 - i
				      : i < BATCH / 2  ? 2 * i
						       : 2 * (i - BATCH / 2) + 1;

			block_free(player, slots->slot[at]);
		}
		player->done += BATCH;
	}
}

struct node {
	struct node *child[2];
	uint64_t key;
	char payload[24];
};

/* A search tree is grown from random keys, walked, and taken down: an operation is a node
 * that was inserted, found twice and freed. */
static void play_tree(struct player *player, uint64_t operations)
{
	struct node **stack = player->state;

	for (uint64_t done = 0; done < operations; done += NODES) {
		struct node *root = NULL;
		uint64_t first = player->drawn;
		unsigned depth = 0;

		for (unsigned pass = 0; pass < 3; pass++) {
			player->drawn = first;
			for (unsigned i = 0; i < NODES; i++) {
				uint64_t key = player_draw(player);
				struct node **at = &root;

				while (*at && (*at)->key != key)
					at = &(*at)->child[key > (*at)->key];
				if (!*at) {
					*at = malloc(sizeof(**at));
					if (!*at)
						pattern_fail("out of memory");
					**at = (struct node){.key = key};
				}
				player->checksum += (*at)->key;
			}
		}
		pattern_note_peak();
		stack[depth++] = root;
		while (depth > 0) {
			struct node *node = stack[--depth];

			for (unsigned i = 0; i < 2; i++)
				if (node->child[i])
					stack[depth++] = node->child[i];
			free(node);
		}
		player->done += NODES;
	}
}

const struct pattern pattern_lifetimes_small = {
	.name = "lifetimes-small",
	.summary = "16 to 511 bytes, 20000 live, short lives and long",
	.parameters = &(const struct lifetimes){4, 9, 20000},
	.state_bytes = sizeof(struct slots),
	.operations = 12000000,
	.begin = fill,
	.end = empty,
	.play = play_lifetimes,
};

const struct pattern pattern_lifetimes = {
	.name = "lifetimes",
	.summary = "16 bytes to 16 KiB, 50000 live, short lives and long",
	.parameters = &(const struct lifetimes){4, 14, 50000},
	.state_bytes = sizeof(struct slots),
	.operations = 1200000,
	.begin = fill,
	.end = empty,
	.play = play_lifetimes,
};

const struct pattern pattern_lifetimes_threads = {
	.name = "lifetimes-threads",
	.summary = "16 bytes to 16 KiB, 25000 live in each thread, short lives and long",
	.parameters = &(const struct lifetimes){4, 14, 25000},
	.state_bytes = sizeof(struct slots),
	.operations = 1200000,
	.threads = true,
	.begin = fill,
	.end = empty,
	.play = play_lifetimes,
};

const struct pattern pattern_batches = {
	.name = "batches",
	.summary = "16 to 255 bytes, rows of 20000 freed forwards, backwards, by halves",
	.state_bytes = sizeof(struct slots),
	.operations = (uint64_t)300 * BATCH,
	.play = play_batches,
};

const struct pattern pattern_tree = {
	.name = "tree",
	.summary = "a search tree of 150000 nodes of 48 bytes, grown, read, taken down",
	.state_bytes = sizeof(struct slots),
	.operations = NODES,
	.once = true,
	.play = play_tree,
};
