/* SPDX-License-Identifier: MIT */
#ifndef ALLOC_HP_HP_HEAP_H
#define ALLOC_HP_HP_HEAP_H

#include <stdbool.h>
#include <stddef.h>

/* The real policy's parts that the front calls directly (see policy.h for the rest). */

/* What the thread's current spans could not serve. */
void *hp_heap_allocate(size_t bytes, size_t alignment, bool zero);

/* A block that is not of a class, or of another thread's span, or no block at all. */
void hp_heap_release(void *block);

/* Every so many frees: the decay is looked at. */
struct heap;
void hp_heap_look(struct heap *heap) __attribute__((noinline));

enum { HP_HEAP_GROWS_FROM_BYTES = 512, HP_HEAP_GROWTH_PART = 3 };

/* What to allocate for a block that realloc moves: what grows once grows again, and a
 * little room saves many copies. */
static inline size_t hp_heap_grown_bytes(size_t usable, size_t bytes)
{
	return bytes > usable && usable >= HP_HEAP_GROWS_FROM_BYTES
		       ? bytes + bytes / HP_HEAP_GROWTH_PART
		       : bytes;
}

/* Whether realloc leaves a block of a class where it is. */
static inline bool hp_heap_fits(size_t usable, size_t bytes)
{
	return bytes <= usable && bytes >= usable / 2;
}

size_t hp_heap_usable_bytes(const void *block);

#endif
