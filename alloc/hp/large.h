/* SPDX-License-Identifier: MIT */
#ifndef ALLOC_HP_LARGE_H
#define ALLOC_HP_LARGE_H

#include "alloc/hp/pages.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Blocks that are too large for a segment: each has a mapping of its own. A freed mapping
 * is kept for the decay and serves the next block: one that is no longer than it, which
 * leaves whole huge pages behind it to others, or a longer one, for which it is made
 * longer. So a program that allocates and frees large blocks in a loop does not meet the
 * kernel, nor touches new pages, each time. What is kept makes the whole larger by an
 * eighth of what was once asked for at most. A block may be lent more of a mapping than
 * it asked for, which it may grow into, and which is cut off after the decay.
 */

void large_configure(int64_t decay_ms); /* below 0: never */

/* Aligned to `alignment` and to PAGES_HUGE_BYTES at least. *zeroed tells whether it reads
 * as 0. NULL: no memory. */
void *large_allocate(size_t bytes, size_t alignment, bool *zeroed);

/* The same for a block that grows by and by: a whole kept mapping, however long, lent
 * until the block is freed or has not grown for the decay. NULL: there is none. */
void *large_lend(size_t bytes);

/* Whether the address lies in the mapping of a live or kept block. */
bool large_owns(const void *address);

/* Bytes of the live block that starts there; 0: none does. */
size_t large_bytes(const void *block);

/* False: no live block starts there. */
bool large_free(void *block);

/* Makes a live block longer or shorter without copying, perhaps elsewhere; NULL: not
 * possible, and nothing has changed. */
void *large_resize(void *block, size_t bytes);

/* Gives back what has been kept for the decay, or all but keep_bytes. Bytes. */
size_t large_decay(uint64_t now_ms);
size_t large_trim(size_t keep_bytes);

struct large_stats {
	uint64_t live_blocks, live_bytes; /* bytes as mapped, without what is only lent */
	uint64_t huge_pages;              /* of 2 MiB, of live blocks */
	uint64_t kept_bytes;
};
void large_stats(struct large_stats *stats);

void large_finalize(void);
void large_fork_prepare(void);
void large_fork_done(void);

#endif
