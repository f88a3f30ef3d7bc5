/* SPDX-License-Identifier: MIT */
#ifndef INTERPOSE_TRACE_NEXT_H
#define INTERPOSE_TRACE_NEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The allocator that stands behind the library, whichever it is: the next definitions in
 * the loader's order.
 */
struct next_allocator {
	void *(*malloc)(size_t bytes);
	void *(*calloc)(size_t count, size_t bytes);
	void *(*realloc)(void *block, size_t bytes);
	int (*posix_memalign)(void **block, size_t alignment, size_t bytes);
	void *(*aligned_alloc)(size_t alignment, size_t bytes);
	void *(*memalign)(size_t alignment, size_t bytes);
	void *(*valloc)(size_t bytes);
	void *(*pvalloc)(size_t bytes);
	void (*free)(void *block);
	size_t (*usable_size)(void *block);
};
extern struct next_allocator next __attribute__((visibility("hidden")));

/* Whether the size of a block stands in front of it as glibc has kept it since 2.0 (the
 * chunk's size with three flags, malloc/malloc.c): tried on blocks of all kinds, not
 * assumed. Asking malloc_usable_size twice a pair of calls costs half of the tracing. */
extern bool next_has_headers;

/* Looks all of them up: true once they are there. Looking up may itself allocate: what
 * is asked for meanwhile, by this thread, has to come from next_early. */
bool next_find(void);

enum { NEXT_MAPPED = 2, NEXT_FLAGS = 7 };

static inline size_t next_usable_size(void *block)
{
	size_t chunk;

	if (!next_has_headers)
		return next.usable_size(block);
	chunk = ((const size_t *)block)[-1];
	return (chunk & ~(size_t)NEXT_FLAGS) -
	       (chunk & NEXT_MAPPED ? 2 * sizeof(size_t) : sizeof(size_t));
}

/* With next_has_headers: the size of a block's chunk on the heap, which grants 8 bytes
 * less; a huge number for one that is mapped or of next_early. */
static inline size_t next_chunk(const void *block)
{
	size_t chunk = ((const size_t *)block)[-1];

	return chunk & NEXT_MAPPED ? SIZE_MAX : chunk & ~(size_t)15;
}

/* Whether it is a chunk of so many bytes. */
static inline bool next_has_chunk(const void *block, size_t bytes)
{
	size_t chunk = ((const size_t *)block)[-1];

	return ((chunk ^ bytes) & ~(size_t)(NEXT_FLAGS ^ NEXT_MAPPED)) == 0;
}

/* Tries next_has_headers; allocates. */
void next_try_headers(void);

/* Memory before the next allocator is known: zeroed, aligned to 16, never given back.
 * NULL where the small store is used up. */
void *next_early(size_t bytes, size_t alignment);
/* Whether a block came from next_early, and at least how long it is. */
enum { NEXT_EARLY_BYTES = 64 * 1024 };
extern char next_early_store[NEXT_EARLY_BYTES];
static inline bool next_is_early(const void *block)
{
	return (uintptr_t)block - (uintptr_t)next_early_store < NEXT_EARLY_BYTES;
}
size_t next_early_bytes(const void *block);

#endif
