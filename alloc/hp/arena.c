/* SPDX-License-Identifier: MIT */
#include "alloc/hp/arena.h"

#include <stdint.h>

enum { ARENAS_MAX = 4096, GROWTH = 8 };

static struct arena arenas[ARENAS_MAX];
static atomic_size_t arenas_seen; /* entries in use lie below */
static size_t shared_bytes;

/* What takes more than this part of the next arena would waste too much of one. */
static bool is_shared(size_t bytes, size_t next_bytes)
{
	return bytes <= next_bytes / 4;
}

static struct arena *free_entry(void)
{
	for (size_t i = 0; i < ARENAS_MAX; i++)
		if (!atomic_load_explicit(&arenas[i].start, memory_order_relaxed))
			return &arenas[i];
	return NULL;
}

struct arena *arena_map(size_t bytes)
{
	size_t next_bytes = shared_bytes / GROWTH;
	struct arena *arena = free_entry();
	size_t seen = arena ? (size_t)(arena - arenas) + 1 : 0;

	next_bytes =
		(next_bytes + PAGES_HUGE_BYTES - 1) & ~((size_t)PAGES_HUGE_BYTES - 1);
	if (next_bytes < ARENA_FIRST_BYTES)
		next_bytes = ARENA_FIRST_BYTES;
	if (!arena)
		return NULL;
	arena->shared = is_shared(bytes, next_bytes);
	if (pages_map(arena->shared ? next_bytes : bytes, pages_base_bytes(),
		    PAGES_ANY_NODE, &arena->span) != 0)
		return NULL;
	arena->used = 0;
	if (arena->shared)
		shared_bytes += arena->span.bytes;
	atomic_store(&arena->bytes, arena->span.bytes);
	atomic_store(&arena->start, (char *)arena->span.base);
	if (seen > atomic_load(&arenas_seen))
		atomic_store(&arenas_seen, seen);
	return arena;
}

void arena_unmap(struct arena *arena)
{
	/* First out of sight, then away: what is found is there, unless it is used after
	 * it was freed. */
	atomic_store(&arena->start, NULL);
	if (arena->shared)
		shared_bytes -= arena->span.bytes;
	pages_unmap(&arena->span);
}

void arena_unmap_all(void)
{
	for (size_t i = 0; i < ARENAS_MAX; i++)
		if (atomic_load(&arenas[i].start))
			arena_unmap(&arenas[i]);
	atomic_store(&arenas_seen, 0);
}

struct arena *arena_find(const void *address)
{
	size_t seen = atomic_load_explicit(&arenas_seen, memory_order_acquire);

	for (size_t i = 0; i < seen; i++) {
		uintptr_t start = (uintptr_t)atomic_load_explicit(
			&arenas[i].start, memory_order_acquire);

		if (start && (uintptr_t)address - start <
				     atomic_load_explicit(
					     &arenas[i].bytes, memory_order_relaxed))
			return &arenas[i];
	}
	return NULL;
}
