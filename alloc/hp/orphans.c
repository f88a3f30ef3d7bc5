/* SPDX-License-Identifier: MIT */
#include "alloc/hp/orphans.h"

#include "alloc/hp/remote.h"
#include "alloc/hp/segments.h"

#include <pthread.h>

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

struct heap heap_orphans = {
	.caches = CACHES_NONE,
	.bins = {[0 ... CLASS_COUNT - 1] = {.current = &span_none}},
};

/* Whether a class may have spans to adopt: threads that find none need not lock. */
static _Atomic bool waiting[CLASS_COUNT];

struct heap *orphans_lock(void)
{
	pthread_mutex_lock(&mutex);
	return &heap_orphans;
}

void orphans_unlock(void)
{
	pthread_mutex_unlock(&mutex);
}

static void note_waiting(unsigned class)
{
	atomic_store_explicit(&waiting[class], heap_orphans.bins[class].first != NULL,
		memory_order_relaxed);
}

/* What the orphans get back wakes full spans, which are then to be had. */
static void receive(void)
{
	if (!atomic_load_explicit(&heap_orphans.inbox, memory_order_relaxed))
		return;
	remote_receive(&heap_orphans);
	for (unsigned class = 0; class < CLASS_COUNT; class ++)
		note_waiting(class);
}

struct span *orphans_adopt(struct heap *heap, unsigned class)
{
	struct span *span;

	if (heap == &heap_orphans ||
		(!atomic_load_explicit(&waiting[class], memory_order_relaxed) &&
			!atomic_load_explicit(&heap_orphans.inbox, memory_order_relaxed)))
		return NULL;
	(void)orphans_lock();
	receive();
	span = heap_dequeue(&heap_orphans, class);
	if (span)
		atomic_store_explicit(
			&span->owner, (uintptr_t)heap, memory_order_release);
	note_waiting(class);
	orphans_unlock();
	return span;
}

static void take_over_class(struct heap *heap, unsigned class)
{
	struct span *span;

	while ((span = heap_dequeue(heap, class)))
		heap_adopt(&heap_orphans, span);
	note_waiting(class);
}

void orphans_take_over(struct heap *heap)
{
	struct span *span;

	heap_flush(heap);
	remote_flush(heap);
	remote_receive(heap);
	heap_dismiss_all(heap);
	for (unsigned class = 0; class < CLASS_COUNT; class ++)
		take_over_class(heap, class);
	while ((span = heap_dequeue_full(heap)))
		heap_adopt(&heap_orphans, span);
	/* What was sent before the owners changed is sent on. */
	remote_receive(heap);
	receive();
}

void orphans_take_over_span(struct span *span)
{
	span->free = segment_of(span);
	span->parked = 0;
	atomic_store_explicit(&span->carved, span->total, memory_order_relaxed);
	atomic_store_explicit(&span->used,
		atomic_load_explicit(&span->used, memory_order_relaxed) & ~USED_CURRENT,
		memory_order_relaxed);
	heap_adopt(&heap_orphans, span);
}
