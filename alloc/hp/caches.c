/* SPDX-License-Identifier: MIT */
#include "alloc/hp/caches.h"

#include "alloc/hp/metadata.h"

#include <string.h>

void *caches_nothing[2];

uint32_t caches_most(unsigned class)
{
	size_t blocks = CACHES_BYTES / class_bytes(class);

	if (blocks < CACHES_LEAST)
		return CACHES_LEAST;
	return blocks < CACHES_MOST ? (uint32_t)blocks : CACHES_MOST;
}

/* A stack begins with the NULL below it. */
static void set_stack(struct caches *caches, unsigned class, void **slots, uint32_t room,
	uint32_t count)
{
	/* Readers see one stack or the other, or that it moves. */
	atomic_store_explicit(&caches->bases[class], NULL, memory_order_release);
	atomic_thread_fence(memory_order_release);
	caches_set_top(caches, class, slots + 1 + count);
	atomic_store_explicit(&caches->bases[class], slots + 1, memory_order_release);
	caches->rooms[class] = (uint16_t)room;
	caches->ends[class] = slots + 1 + caches_room(caches, class);
}

void caches_init(struct caches *caches, void **slots)
{
	caches->on = false;
	for (unsigned class = 0; class < CLASS_COUNT; class ++) {
		uint32_t most = caches_most(class);

		set_stack(caches, class, slots + (size_t) class * (CACHES_FIRST + 1),
			most < CACHES_FIRST ? most : CACHES_FIRST, 0);
	}
	set_stack(caches, CLASS_COUNT, caches_nothing, 0, 0);
}

void caches_empty(struct caches *caches)
{
	for (unsigned class = 0; class < CLASS_COUNT; class ++) {
		void **base = atomic_load(&caches->bases[class]);

		/* Cut off by a fork while it moved: the child does without. */
		if (!base)
			set_stack(caches, class, caches_nothing, 0, 0);
		else
			caches_set_top(caches, class, base);
	}
}

void caches_switch(struct caches *caches, bool on)
{
	caches->on = on;
	for (unsigned class = 0; class < CLASS_COUNT; class ++)
		caches->ends[class] =
			atomic_load(&caches->bases[class]) + caches_room(caches, class);
}

bool caches_grow(struct caches *caches, unsigned class)
{
	uint32_t most = caches_most(class);
	uint32_t room = caches_room(caches, class);
	uint32_t count = caches_count(caches, class);
	void **slots;

	if (room == 0 || room >= most)
		return false;
	room = room * CACHES_GROWTH < most ? room * CACHES_GROWTH : most;
	slots = metadata_new((room + 1) * sizeof(*slots));
	if (!slots)
		return false;
	memcpy(slots + 1, atomic_load(&caches->bases[class]), count * sizeof(*slots));
	set_stack(caches, class, slots, room, count);
	return true;
}

uint32_t caches_count(const struct caches *caches, unsigned class)
{
	void **base;
	void **top;

	do {
		base = atomic_load_explicit(&caches->bases[class], memory_order_acquire);
		top = atomic_load_explicit(&caches->tops[class], memory_order_acquire);
	} while (!base || base != atomic_load_explicit(
					  &caches->bases[class], memory_order_relaxed));
	return (uint32_t)(top - base);
}

void cache_report_double(const void *block)
{
	misuse_report("double free of", block, segment_span(block)->block_bytes);
}
