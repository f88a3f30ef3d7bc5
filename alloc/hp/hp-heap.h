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
void hp_heap_look(struct heap *heap);

size_t hp_heap_usable_bytes(const void *block);

#endif
