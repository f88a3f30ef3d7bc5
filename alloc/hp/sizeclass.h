/* SPDX-License-Identifier: MIT */
#ifndef ALLOC_HP_SIZECLASS_H
#define ALLOC_HP_SIZECLASS_H

#include <stddef.h>
#include <stdint.h>

/*
 * Sizes of small blocks: every multiple of 16 up to 128 bytes, then eight sizes to each
 * doubling, up to 64 KiB. From 113 bytes on a block is at most 1/9 larger than what was
 * asked for; below, the alignment of 16 bytes decides.
 */

enum {
	CLASS_UNIT = 16,
	CLASS_LINEAR = 8, /* multiples of the unit, before the doublings begin */
	CLASS_STEPS = 8,  /* in a doubling */
	CLASS_COUNT = 80,
	CLASS_MAX_BYTES = 64 << 10,
};

/* The smallest class of at least `bytes`, which are at most CLASS_MAX_BYTES. */
static inline unsigned class_of(size_t bytes)
{
	size_t last = bytes - 1;
	unsigned doubling;

	if (bytes <= (size_t)CLASS_LINEAR * CLASS_UNIT)
		return bytes ? (unsigned)(last / CLASS_UNIT) : 0;
	doubling = 63 - (unsigned)__builtin_clzl(last);
	return CLASS_LINEAR + (doubling - 7) * CLASS_STEPS +
	       (unsigned)(last >> (doubling - 3) & (CLASS_STEPS - 1));
}

/*
 * What to ask for so that blocks of the class are aligned: a multiple of the alignment (a
 * power of two). Where the alignment is less than the distance of the classes there, they
 * are all aligned; else the multiple is a class itself.
 */
static inline size_t class_round(size_t bytes, size_t alignment)
{
	return (bytes + alignment - 1) & ~(alignment - 1);
}

static inline size_t class_bytes(unsigned class)
{
	unsigned doubling;

	if (class < CLASS_LINEAR)
		return (size_t)(class + 1) * CLASS_UNIT;
	doubling = (class - CLASS_LINEAR) / CLASS_STEPS + 7;
	return (size_t)(CLASS_STEPS + (class - CLASS_LINEAR) % CLASS_STEPS + 1)
	       << (doubling - 3);
}

/*
 * How many slices a span of this class gets: enough for the blocks to be worth the
 * handling, and such that the rest behind the last block is small. `first`: for a heap
 * that has no span of the class yet, and may never fill one.
 */
unsigned class_slices(unsigned class, int first);

#endif
