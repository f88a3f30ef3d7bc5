/* SPDX-License-Identifier: MIT */
/* The record of a large block's mapping, and those mappings that are kept after their
 * block was freed, for the next one. Under the lock of large.c. */
#ifndef ALLOC_HP_KEPT_H
#define ALLOC_HP_KEPT_H

#include "alloc/hp/pages.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct large {
	struct pages_span pages;
	_Atomic size_t extent; /* pages.bytes, for large_owns */
	size_t bytes; /* of the block: less than the mapping where that is lent */
	atomic_bool live;
	bool lent;
	bool zeroed;        /* kept: reads as 0 */
	uint64_t freed_ms;  /* kept; live: when it was allocated or grew */
	struct large *next; /* of unused records */
	struct large *next_live, *previous_live;
};

/* Mappings of pages of a pool stay as long as they are. */
bool large_may_cut(const struct large *large);

/* As mapped. */
uint64_t kept_bytes(void);
/* No room for one more. */
bool kept_full(void);
/* In the order of freed_ms; there must be room. */
void kept_put(struct large *large);
void kept_take(struct large *large);

/* Which of them; it stays kept. NULL: none.
 * The one freed first; the smallest that suffices; the one whose length is nearest, to be
 * resized in place; the longest that can be cut, for a block that grows. */
struct large *kept_oldest(void);
struct large *kept_sufficient(size_t bytes, size_t alignment);
struct large *kept_nearest(size_t bytes, size_t alignment);
struct large *kept_longest(size_t bytes);

#endif
