/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Programs whose needs change: what stays resident of memory that is no longer used.
 */
#include "bench/alloc/pattern.h"

#include "base/clock.h"

#include <sys/mman.h>

enum { PHASE_BYTES = 64 << 20, PHASE_BLOCKS = PHASE_BYTES / 48, PHASES = 4 };

struct phases {
	void *block[PHASE_BLOCKS];
	void *survivor[PHASE_BLOCKS];
};

/* Each phase fills the same amount with blocks of another size and leaves one in ten of
 * them, at random, to the next; an operation is a block. */
static void play_phases(struct player *player, uint64_t operations)
{
	static const unsigned sizes[PHASES] = {48, 200, 4000, 96};
	struct phases *phases = player->state;
	size_t survivors = 0;

	for (uint64_t phase = 0; phase < operations; phase++) {
		size_t bytes = sizes[phase % PHASES];
		size_t count = PHASE_BYTES / bytes;
		size_t old = survivors;

		for (size_t i = 0; i < count; i++)
			phases->block[i] = block_new(bytes, i);
		pattern_note_peak();
		for (size_t i = 0; i < old; i++)
			block_free(player, phases->survivor[i]);
		survivors = 0;
		for (size_t i = 0; i < count; i++)
			if (player_draw(player) % 10 == 0)
				phases->survivor[survivors++] = phases->block[i];
			else
				block_free(player, phases->block[i]);
		player->done += count;
	}
	for (size_t i = 0; i < survivors; i++)
		block_free(player, phases->survivor[i]);
}

const struct pattern pattern_phases = {
	.name = "phases",
	.summary = "64 MiB of blocks of one size after another, one in ten surviving",
	.state_bytes = sizeof(struct phases),
	.operations = PHASES,
	.once = true,
	.play = play_phases,
};

enum { SHRINK_MAX = 2 << 20, DECAY_MS = 2000, STEP_MS = 10 };

struct shrink {
	unsigned low; /* log-uniform in [2^low, 2^high) */
	unsigned high;
};

struct cache {
	size_t filled;
	size_t survivors;
	size_t survivor_bytes;
	size_t resident_before;
	size_t resident_full;
	void *block[SHRINK_MAX];
};

static void note_before(struct player *player)
{
	struct cache *cache = player->state;

	cache->resident_before = pattern_resident_bytes();
}

/* Filled to as many bytes as there are operations, then nine in ten are freed. */
static void play_shrink(struct player *player, uint64_t operations)
{
	const struct shrink *shrink = player->pattern->parameters;
	struct cache *cache = player->state;
	size_t bytes = 0;

	while (bytes < operations && cache->filled < SHRINK_MAX) {
		size_t size = draw_size(player_draw(player), shrink->low, shrink->high);

		cache->block[cache->filled] = block_new(size, size);
		cache->filled++;
		bytes += size;
	}
	cache->resident_full = pattern_resident_bytes();
	pattern_note_peak();
	for (size_t i = 0; i < cache->filled; i++)
		if (player_draw(player) % 10 == 0) {
			cache->survivor_bytes += *(uint64_t *)cache->block[i];
			cache->block[cache->survivors++] = cache->block[i];
		} else {
			block_free(player, cache->block[i]);
		}
	player->done += cache->filled;
}

/* The base pages that survivors lie on: what no allocator can return that does not move
 * blocks. Counted in a hash table of page numbers. */
static size_t pinned_bytes(const struct cache *cache)
{
	size_t slots = 1 << 21;
	uint64_t *table = mmap(NULL, slots * sizeof(*table), PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	size_t pages = 0;

	if (table == MAP_FAILED)
		pattern_fail("out of memory");
	for (size_t i = 0; i < cache->survivors; i++) {
		uintptr_t block = (uintptr_t)cache->block[i];
		uint64_t size = *(uint64_t *)cache->block[i];

		for (uint64_t page = block / PATTERN_PAGE;
			page <= (block + size - 1) / PATTERN_PAGE; page++) {
			size_t at = page * 0x9e3779b97f4a7c15u % slots;

			while (table[at] != 0 && table[at] != page)
				at = (at + 1) % slots;
			pages += table[at] == 0;
			table[at] = page;
		}
	}
	(void)munmap(table, slots * sizeof(*table));
	return pages * PATTERN_PAGE;
}

/*
 * The program goes on with a little work, as long as a decay may take. Reported: the
 * share returned of what a perfect compaction could return, and the share that could be
 * returned with the survivors where they are.
 */
static void watch_decay(struct player *player)
{
	struct cache *cache = player->state;
	size_t full = cache->resident_full - cache->resident_before;
	double possible = (double)full - (double)cache->survivor_bytes;
	size_t after;

	for (unsigned ms = 0; ms < DECAY_MS; ms += STEP_MS) {
		clock_sleep_ns(STEP_MS * (uint64_t)1000000);
		for (unsigned i = 0; i < 64; i++)
			block_free(player,
				block_new(draw_size(player_draw(player), 4, 16), i));
	}
	after = pattern_resident_bytes() - cache->resident_before;
	pattern_report("returned", ((double)full - (double)after) / possible);
	pattern_report(
		"returnable", ((double)full - (double)pinned_bytes(cache)) / possible);
	for (size_t i = 0; i < cache->survivors; i++)
		block_free(player, cache->block[i]);
}

const struct pattern pattern_shrink = {
	.name = "shrink",
	.summary = "1 GiB of 16 bytes to 64 KiB, nine in ten freed at random",
	.parameters = &(const struct shrink){4, 16},
	.state_bytes = sizeof(struct cache),
	.operations = 1 << 30,
	.once = true,
	.memory_only = true,
	.begin = note_before,
	.end = watch_decay,
	.play = play_shrink,
};

const struct pattern pattern_shrink_small = {
	.name = "shrink-small",
	.summary = "256 MiB of 64 to 511 bytes, nine in ten freed at random",
	.parameters = &(const struct shrink){6, 9},
	.state_bytes = sizeof(struct cache),
	.operations = 256 << 20,
	.once = true,
	.memory_only = true,
	.begin = note_before,
	.end = watch_decay,
	.play = play_shrink,
};
