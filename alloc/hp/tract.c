/* SPDX-License-Identifier: MIT */
#include "alloc/hp/tract.h"

#include <stdint.h>

enum { TRACTS_MAX = 4096, GROWTH = 8 };

static struct tract tracts[TRACTS_MAX];
static atomic_size_t tracts_seen; /* entries in use lie below */
static size_t shared_bytes;

/* What takes more than this part of the next tract would waste too much of one. */
static bool is_shared(size_t bytes, size_t next_bytes)
{
	return bytes <= next_bytes / 4;
}

static struct tract *free_entry(void)
{
	for (size_t i = 0; i < TRACTS_MAX; i++)
		if (!atomic_load_explicit(&tracts[i].start, memory_order_relaxed))
			return &tracts[i];
	return NULL;
}

struct tract *tract_map(const void *owner, size_t bytes)
{
	size_t next_bytes = shared_bytes / GROWTH;
	struct tract *tract = free_entry();
	size_t seen = tract ? (size_t)(tract - tracts) + 1 : 0;

	next_bytes =
		(next_bytes + PAGES_HUGE_BYTES - 1) & ~((size_t)PAGES_HUGE_BYTES - 1);
	if (next_bytes < TRACT_FIRST_BYTES)
		next_bytes = TRACT_FIRST_BYTES;
	if (!tract)
		return NULL;
	tract->shared = is_shared(bytes, next_bytes);
	if (pages_map(tract->shared ? next_bytes : bytes, pages_base_bytes(),
		    PAGES_ANY_NODE, &tract->span) != 0)
		return NULL;
	tract->owner = owner;
	tract->used = 0;
	if (tract->shared)
		shared_bytes += tract->span.bytes;
	atomic_store(&tract->bytes, tract->span.bytes);
	atomic_store(&tract->start, (char *)tract->span.base);
	if (seen > atomic_load(&tracts_seen))
		atomic_store(&tracts_seen, seen);
	return tract;
}

void tract_unmap(struct tract *tract)
{
	/* First out of sight, then away: what is found is there, unless it is used after
	 * it was freed. */
	atomic_store(&tract->start, NULL);
	if (tract->shared)
		shared_bytes -= tract->span.bytes;
	pages_unmap(&tract->span);
}

void tract_unmap_all(const void *owner)
{
	size_t seen = 0;

	for (size_t i = 0; i < TRACTS_MAX; i++) {
		if (!atomic_load(&tracts[i].start))
			continue;
		if (tracts[i].owner == owner)
			tract_unmap(&tracts[i]);
		else
			seen = i + 1;
	}
	atomic_store(&tracts_seen, seen);
}

struct tract *tract_find(const void *address)
{
	size_t seen = atomic_load_explicit(&tracts_seen, memory_order_acquire);

	for (size_t i = 0; i < seen; i++) {
		uintptr_t start = (uintptr_t)atomic_load_explicit(
			&tracts[i].start, memory_order_acquire);

		if (start && (uintptr_t)address - start <
				     atomic_load_explicit(
					     &tracts[i].bytes, memory_order_relaxed))
			return &tracts[i];
	}
	return NULL;
}
