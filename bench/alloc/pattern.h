/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef BENCH_ALLOC_PATTERN_H
#define BENCH_ALLOC_PATTERN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

/*
 * A pattern of allocation, as programs have it, in calls of plain malloc and its family:
 * which allocator serves them is the experiment's variable. Its work is fixed by a seed,
 * so that every allocator does the same and their checksums must agree.
 */

enum { PATTERN_PAGE = 4096, PLAYERS_MAX = 8 };

struct pattern;

/* One thread of a run, and all that it writes to: no line is shared with another one. */
struct player {
	const struct pattern *pattern;
	void *state;        /* pattern->state_bytes, zeroed and faulted in */
	struct player *all; /* of this run */
	unsigned index;
	unsigned count;
	unsigned cpu; /* that its thread runs on */
	uint64_t seed;
	uint64_t drawn;
	uint64_t checksum;
	uint64_t done;   /* operations so far */
	uint64_t warmed; /* of these, before time was taken */
	uint64_t start_ns;
	uint64_t end_ns;
} __attribute__((aligned(128)));

struct pattern {
	const char *name;
	const char *summary;
	const void *parameters; /* what only its functions understand */
	size_t state_bytes;
	uint64_t operations; /* of a player in a full run; as an eighth more warms up */
	bool threads;        /* a player on each CPU, at least two; else one */
	bool once;           /* one call of play for all operations, without a warm-up */
	bool memory_only;    /* what it returns is the result, not its time */
	/* Outside of the time; either may be NULL. */
	void (*begin)(struct player *player);
	void (*end)(struct player *player);
	/* Timed. Performs this many operations and adds what it did to `done`. */
	void (*play)(struct player *player, uint64_t operations);
};

extern const struct pattern *const patterns[]; /* ends with NULL */
const struct pattern *pattern_find(const char *name);

extern const struct pattern pattern_pair_64;
extern const struct pattern pattern_pair_32k;
extern const struct pattern pattern_churn_tiny;
extern const struct pattern pattern_churn_64;
extern const struct pattern pattern_churn_1k;
extern const struct pattern pattern_churn_mixed;
extern const struct pattern pattern_churn_64_threads;
extern const struct pattern pattern_lifetimes_small;
extern const struct pattern pattern_lifetimes;
extern const struct pattern pattern_lifetimes_threads;
extern const struct pattern pattern_batches;
extern const struct pattern pattern_tree;
extern const struct pattern pattern_calloc;
extern const struct pattern pattern_aligned;
extern const struct pattern pattern_handover;
extern const struct pattern pattern_exchange;
extern const struct pattern pattern_larson;
extern const struct pattern pattern_storm;
extern const struct pattern pattern_short_threads;
extern const struct pattern pattern_large_pair;
extern const struct pattern pattern_huge_pair;
extern const struct pattern pattern_large;
extern const struct pattern pattern_realloc_vector;
extern const struct pattern pattern_realloc_append;
extern const struct pattern pattern_phases;
extern const struct pattern pattern_shrink;
extern const struct pattern pattern_shrink_small;

/*
 * The next number of a player. Counter based (an odd step, then mixed), so that one draw
 * does not wait for the one before it and the processor overlaps it with the allocator.
 */
static inline uint64_t player_draw(struct player *player)
{
	uint64_t z = player->drawn += 0x9e3779b97f4a7c15u;

	z = (z ^ (z >> 32)) * 0xd6e8feb86659fd93u;
	return z ^ (z >> 32);
}

/* Uniform in [0, bound), bound below 2^32. */
static inline uint64_t draw_below(uint64_t draw, uint64_t bound)
{
	return ((draw & 0xffffffffu) * bound) >> 32;
}

/* Log-uniform in [2^low, 2^high): as many blocks in each octave. Uses the upper half. */
static inline size_t draw_size(uint64_t draw, unsigned low, unsigned high)
{
	unsigned octave = low + (unsigned)(((draw >> 48) * (high - low)) >> 16);

	return ((size_t)1 << octave) + ((draw >> 32) & (((size_t)1 << octave) - 1));
}

/* Ends the program: a pattern that runs out of memory has no result. */
void pattern_fail(const char *what) __attribute__((noreturn));

/* What the owner of a block does at least: writes to both ends and to each page. */
static inline void block_write(void *block, size_t bytes, uint64_t tag)
{
	char *at = block;

	if (__builtin_expect(!block, 0))
		pattern_fail("out of memory");
	for (size_t i = PATTERN_PAGE; i < bytes; i += PATTERN_PAGE)
		at[i] = (char)tag;
	at[bytes - 1] = (char)tag;
	*(uint64_t *)block = tag;
}

/* What it wrote first, read before it is freed: adds to the checksum. At least 8 bytes.
 */
static inline void block_free(struct player *player, void *block)
{
	player->checksum += *(const uint64_t *)block;
	free(block);
}

static inline void *block_new(size_t bytes, uint64_t tag)
{
	void *block = malloc(bytes);

	block_write(block, bytes, tag);
	return block;
}

/* Now, CLOCK_MONOTONIC_RAW. */
uint64_t pattern_now_ns(void);

/* Reads the peak of hugetlb pages, which the kernel does not keep, for the worker. A
 * pattern calls it where it holds most; also called behind every play. */
void pattern_note_peak(void);

/* What is resident now, huge pages of both kinds included. */
uint64_t pattern_resident_bytes(void);

/* A figure of the pattern's own in the result. */
void pattern_report(const char *name, double value);

#endif
