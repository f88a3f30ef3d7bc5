/* SPDX-License-Identifier: MIT */
#ifndef ALLOC_HP_BLOCK_H
#define ALLOC_HP_BLOCK_H

#include "alloc/hp/misuse.h"
#include "alloc/hp/segment.h"

/*
 * The list of a span's free blocks. A link stands in the first word of a free block, as
 * the difference (xor) to the next block, xor the span's key. Decoded it must be a
 * multiple of 16 below the size of a segment: a link that was overwritten is found out
 * with high probability, and never leads out of the segment. The list ends with the
 * address of the segment, the only one in it whose low bits are all 0.
 */

#define BLOCK_LINK_BITS ((uintptr_t)(SEGMENT_BYTES - 1) & ~(uintptr_t)15)

#define LIKELY(condition) __builtin_expect(!!(condition), 1)
#define UNLIKELY(condition) __builtin_expect(!!(condition), 0)

static inline bool block_ends_list(const void *block)
{
	return ((uintptr_t)block & (SEGMENT_BYTES - 1)) == 0;
}

static inline void block_link(const struct span *span, void *block, const void *next)
{
	*(uintptr_t *)block = (uintptr_t)next ^ (uintptr_t)block ^ span->key;
}

static inline void *block_next(const struct span *span, const void *block)
{
	uintptr_t difference = *(const uintptr_t *)block ^ span->key;

	if (UNLIKELY(difference & ~BLOCK_LINK_BITS))
		misuse_report("write after free to", block, span->block_bytes);
	return (void *)((uintptr_t)block ^ difference);
}

static inline void span_count(struct span *span, uint32_t change)
{
	atomic_store_explicit(&span->used,
		atomic_load_explicit(&span->used, memory_order_relaxed) + change,
		memory_order_relaxed);
}

static inline uint32_t span_used(const struct span *span)
{
	return atomic_load_explicit(&span->used, memory_order_relaxed) & ~USED_CURRENT;
}

static inline uint32_t span_carved(const struct span *span)
{
	return atomic_load_explicit(&span->carved, memory_order_relaxed);
}

/* Reports an address at which no block of the span was ever handed out. */
static inline void span_check(const struct span *span, const void *block)
{
	uint32_t offset = (uint32_t)((uintptr_t)block - (uintptr_t)span_start(span));

	if (UNLIKELY(offset % span->block_bytes != 0 ||
		     offset / span->block_bytes >= span_carved(span)))
		misuse_report("free of no live block at", block, span->block_bytes);
}

/* NULL: the list is empty. */
static inline void *span_pop(struct span *span)
{
	void *block = span->free;

	if (UNLIKELY(block_ends_list(block)))
		return NULL;
	span->free = block_next(span, block);
	span->still = 0;
	span_count(span, 1);
	return block;
}

/* Up to so many. How many. */
static inline uint32_t span_pop_many(struct span *span, void **blocks, uint32_t most)
{
	void *block = span->free;
	uint32_t count = 0;

	while (count < most && !block_ends_list(block)) {
		blocks[count++] = block;
		block = block_next(span, block);
	}
	if (count == 0)
		return 0;
	span->free = block;
	span->still = 0;
	span_count(span, count);
	return count;
}

/* By the owner. True: no block is handed out any more, and it is not the current span. */
static inline bool span_push(struct span *span, void *block)
{
	void *head = span->free;

	if (UNLIKELY(head == block || span_used(span) == 0))
		misuse_report("double free of", block, span->block_bytes);
	block_link(span, block, head);
	span->free = block;
	span->still = 0;
	span_count(span, (uint32_t)-1);
	return atomic_load_explicit(&span->used, memory_order_relaxed) == 0;
}

#endif
