/* SPDX-License-Identifier: MIT */
#include "alloc/hp/heap.h"

#include "alloc/hp/orphans.h"
#include "alloc/hp/remote.h"
#include "alloc/hp/segments.h"

enum { CARVE_BYTES = 4096 }; /* put on the list at once: what is not, stays untouched */

struct span span_none;

struct heap heap_none = {
	.direct = {[0 ... HEAP_DIRECT - 1] = &span_none},
	.bins = {[0 ... CLASS_COUNT - 1] = {.current = &span_none}},
};

void heap_init(struct heap *heap, int node)
{
	for (int i = 0; i < HEAP_DIRECT; i++)
		heap->direct[i] = &span_none;
	for (int i = 0; i < CLASS_COUNT; i++)
		heap->bins[i] = (struct bin){.current = &span_none};
	heap->node = node;
}

void heap_reset(struct heap *heap)
{
	heap_init(heap, heap->node);
	heap->full = NULL;
	for (size_t i = 0; i < HEAP_OUTGOING; i++)
		heap->outgoing[i].span = NULL;
	atomic_store(&heap->inbox, NULL);
	atomic_store(&heap->remote_frees, 0);
}

static void queue_append(struct bin *bin, struct span *span)
{
	span->next = NULL;
	span->previous = bin->last;
	if (bin->last)
		bin->last->next = span;
	else
		bin->first = span;
	bin->last = span;
}

static void queue_remove(struct bin *bin, struct span *span)
{
	if (span->next)
		span->next->previous = span->previous;
	else
		bin->last = span->previous;
	if (span->previous)
		span->previous->next = span->next;
	else
		bin->first = span->next;
}

static void full_insert(struct heap *heap, struct span *span)
{
	span->previous = NULL;
	span->next = heap->full;
	if (heap->full)
		heap->full->previous = span;
	heap->full = span;
}

static void full_remove(struct heap *heap, struct span *span)
{
	if (span->next)
		span->next->previous = span->previous;
	if (span->previous)
		span->previous->next = span->next;
	else
		heap->full = span->next;
}

static bool exhausted(const struct span *span)
{
	return block_ends_list(span->free) && span->carved == span->total;
}

static void set_owner(struct span *span, const struct heap *heap, uintptr_t flags)
{
	atomic_store_explicit(
		&span->owner, (uintptr_t)heap | flags, memory_order_release);
}

void heap_adopt(struct heap *heap, struct span *span)
{
	if (exhausted(span)) {
		set_owner(span, heap, OWNER_FULL);
		full_insert(heap, span);
	} else {
		set_owner(span, heap, 0);
		queue_append(&heap->bins[span->class], span);
	}
}

static void set_current(struct heap *heap, unsigned class, struct span *span)
{
	size_t last = class_bytes(class) / CLASS_UNIT;
	size_t first = class ? class_bytes(class - 1) / CLASS_UNIT + 1 : 0;

	heap->bins[class].current = span;
	for (size_t i = first; i <= last && i < HEAP_DIRECT; i++)
		heap->direct[i] = span;
	if (span != &span_none)
		span_count(span, USED_CURRENT);
}

/* The current span steps aside. */
static void dismiss_current(struct heap *heap, unsigned class)
{
	struct span *span = heap->bins[class].current;

	if (span == &span_none)
		return;
	set_current(heap, class, &span_none);
	span_count(span, -USED_CURRENT);
	if (span_used(span) == 0)
		segments_give(span);
	else
		heap_adopt(heap, span);
}

/* Hands out the first block never used, and puts a few more on the list. */
static void *carve(struct span *span, bool *zeroed)
{
	uint32_t count = CARVE_BYTES / span->block_bytes;
	char *block = span_start(span) + (size_t)span->carved * span->block_bytes;
	char *last = block;

	if (count > span->total - span->carved)
		count = span->total - span->carved;
	if (count == 0)
		count = 1;
	span->carved += count;
	if (count > 1) {
		void *end = span->free;

		span->free = block + span->block_bytes;
		while (--count > 1) {
			last += span->block_bytes;
			block_link(span, last, last + span->block_bytes);
		}
		last += span->block_bytes;
		block_link(span, last, end);
	}
	span_count(span, 1);
	if (span->zeroed)
		*zeroed = true;
	return block;
}

static struct span *new_span(struct heap *heap, unsigned class)
{
	struct bin *bin = &heap->bins[class];
	struct span_request request = {
		.slices = class_slices(class, bin->current == &span_none),
		.alignment = 1,
		.class = class,
		.block_bytes = class_bytes(class),
		.owner = (uintptr_t)heap,
	};

	return segments_take(heap->node, &request);
}

struct span *heap_dequeue(struct heap *heap, unsigned class)
{
	struct span *span = heap->bins[class].first;

	if (span)
		queue_remove(&heap->bins[class], span);
	return span;
}

struct span *heap_dequeue_full(struct heap *heap)
{
	struct span *span = heap->full;

	if (span)
		full_remove(heap, span);
	return span;
}

void heap_dismiss_all(struct heap *heap)
{
	for (unsigned class = 0; class < CLASS_COUNT; class ++)
		dismiss_current(heap, class);
}

/* The next span to serve a class: with something to hand out. */
static struct span *next_span(struct heap *heap, unsigned class)
{
	struct span *span = heap_dequeue(heap, class);

	if (span)
		return span;
	span = orphans_adopt(heap, class);
	return span ? span : new_span(heap, class);
}

void *heap_refill(struct heap *heap, unsigned class, bool *zeroed)
{
	struct span *span;
	void *block;

	remote_receive(heap);
	span = heap->bins[class].current;
	if (exhausted(span) || span == &span_none) {
		span = next_span(heap, class);
		if (!span)
			return NULL;
		dismiss_current(heap, class);
		set_current(heap, class, span);
	}
	block = span_pop(span);
	return block ? block : carve(span, zeroed);
}

void heap_retire(struct heap *heap, struct span *span)
{
	queue_remove(&heap->bins[span->class], span);
	segments_give(span);
}

/* A span that was full has something to hand out again. */
static void wake(struct heap *heap, struct span *span)
{
	uintptr_t owner = atomic_load_explicit(&span->owner, memory_order_relaxed);

	if (!(owner & OWNER_FULL))
		return;
	full_remove(heap, span);
	set_owner(span, heap, 0);
	queue_append(&heap->bins[span->class], span);
}

void heap_release(struct heap *heap, struct span *span, void *block)
{
	wake(heap, span);
	if (span_push(span, block))
		heap_retire(heap, span);
}

void heap_release_list(
	struct heap *heap, struct span *span, void *head, void *tail, uint32_t count)
{
	wake(heap, span);
	block_link(span, tail, span->free);
	span->free = head;
	span_count(span, -count);
	if (atomic_load_explicit(&span->used, memory_order_relaxed) == 0)
		heap_retire(heap, span);
}

void heap_trim(struct heap *heap)
{
	remote_receive(heap);
	for (unsigned class = 0; class < CLASS_COUNT; class ++) {
		struct span *current = heap->bins[class].current;

		if (current != &span_none && span_used(current) == 0)
			dismiss_current(heap, class);
	}
}
