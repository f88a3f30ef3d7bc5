/* SPDX-License-Identifier: MIT */
#include "alloc/hp/heap.h"

#include "alloc/hp/check.h"
#include "alloc/hp/depot.h"
#include "alloc/hp/orphans.h"
#include "alloc/hp/parking.h"
#include "alloc/hp/remote.h"
#include "alloc/hp/segments.h"

#include <string.h>

enum {
	REFILL_BYTES = 4096, /* carved at once: the rest stays untouched */
	REFILL_SPANS = 8,
};

struct span span_none;

struct heap heap_none = {
	.caches = CACHES_NONE,
	.bins = {[0 ... CLASS_COUNT - 1] = {.current = &span_none}},
};

/* class_of() of 0, CLASS_UNIT, 2 * CLASS_UNIT, ... */
const uint8_t heap_classes[HEAP_DIRECT] = {
	0, 0, 1, 2, 3, 4, 5, 6, 7,      /* 128: multiples of 16 */
	8, 9, 10, 11, 12, 13, 14, 15,   /* 256, by 16 */
	16, 16, 17, 17, 18, 18, 19, 19, /* by 32 */
	20, 20, 21, 21, 22, 22, 23, 23, /* 512 */
	24, 24, 24, 24, 25, 25, 25, 25, /* by 64 */
	26, 26, 26, 26, 27, 27, 27, 27, 28, 28, 28, 28, 29, 29, 29, 29, 30, 30, 30, 30,
	31, 31, 31, 31, /* 1024 */
};

static void empty(struct heap *heap)
{
	for (unsigned class = 0; class < CLASS_COUNT; class ++)
		heap->bins[class] = (struct bin){.current = &span_none};
	atomic_store(&heap->given_back, 0);
	heap->until_look = 1;
	heap->look_every = 1;
}

void heap_init(struct heap *heap, void **slots, int node, bool caching)
{
	empty(heap);
	caches_init(&heap->caches, slots);
	caches_switch(&heap->caches, caching);
	heap->node = node;
}

void heap_reset(struct heap *heap)
{
	empty(heap);
	caches_empty(&heap->caches);
	heap->full = NULL;
	for (size_t i = 0; i < HEAP_OUTGOING; i++)
		heap->outgoing[i].span = NULL;
	atomic_store(&heap->inbox, NULL);
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
	return block_ends_list(span->free) && span_carved(span) == span->total &&
	       !span->parked;
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
	heap->bins[class].current = span;
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

	if (!span)
		return NULL;
	queue_remove(&heap->bins[class], span);
	if (span == heap->bins[class].spare)
		heap->bins[class].spare = NULL;
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

/* A block of the span; NULL: it has none left. `carve`: also one whose memory is not
 * there yet. */
static void *take(struct span *span, bool carve, bool *zeroed)
{
	void *block = span_pop(span);
	uint32_t carved = span_carved(span);

	if (block || !carve)
		return block;
	if (span->parked && parking_unpark(span))
		return span_pop(span);
	if (carved == span->total)
		return NULL;
	block = span_start(span) + (size_t)carved * span->block_bytes;
	atomic_store_explicit(
		&span->carved, (uint16_t)(carved + 1), memory_order_relaxed);
	span->still = 0;
	span_count(span, 1);
	check_forget(block, span->block_bytes);
	if (span->zeroed)
		*zeroed = true;
	return block;
}

/* Memory that was never handed out becomes blocks, so that they leave the cache in the
 * order of their addresses. */
static uint32_t carve(struct span *span, void **to, uint32_t most)
{
	uint32_t carved = span_carved(span);
	uint32_t count = span->total - carved;

	if (count > most)
		count = most;
	for (uint32_t i = 0; i < count; i++)
		to[i] = span_start(span) +
			(size_t)(carved + count - 1 - i) * span->block_bytes;
	atomic_store_explicit(
		&span->carved, (uint16_t)(carved + count), memory_order_relaxed);
	span_count(span, count);
	return count;
}

/*
 * Some more for the cache: all that was in use before, of a few spans, up to half of what
 * the cache holds; and of what never was, little, since it is not touched yet.
 */
static void take_more(struct heap *heap, unsigned class)
{
	struct span *span = heap->bins[class].current;
	void **top = caches_top(&heap->caches, class);
	void **end = top + caches_room(&heap->caches, class) / 2;
	uint32_t fresh = (uint32_t)(REFILL_BYTES / span->block_bytes);

	for (unsigned spans = 0; top < end && spans < REFILL_SPANS; spans++) {
		top += span_pop_many(span, top, (uint32_t)(end - top));
		if (top < end && fresh > 1 && span->parked && parking_unpark(span))
			top += span_pop_many(span, top, (uint32_t)(end - top));
		if (top < end && fresh > 1) {
			uint32_t room = (uint32_t)(end - top);
			uint32_t count =
				carve(span, top, room < fresh - 1 ? room : fresh - 1);

			top += count;
			fresh -= count;
		}
		if (top == end || !exhausted(span))
			break;
		span = heap_dequeue(heap, class);
		if (!span)
			break;
		dismiss_current(heap, class);
		set_current(heap, class, span);
	}
	caches_set_top(&heap->caches, class, top);
}

static void *take_from_depot(struct heap *heap, unsigned class)
{
	void **top = caches_top(&heap->caches, class);

	top += depot_take(class, top, caches_room(&heap->caches, class) / 2);
	caches_set_top(&heap->caches, class, top);
	return cache_pop(&heap->caches, class);
}

void *heap_refill(struct heap *heap, unsigned class, bool *zeroed)
{
	struct span *span;
	void *block;

	heap->caches.short_of[class] = true;
	block = take_from_depot(heap, class);
	if (block)
		return block;
	remote_receive(heap);
	block = take(heap->bins[class].current, true, zeroed);
	if (!block) {
		span = next_span(heap, class);
		if (!span)
			return NULL;
		dismiss_current(heap, class);
		set_current(heap, class, span);
		block = take(span, true, zeroed);
	}
	take_more(heap, class);
	return block;
}

void heap_give_back(struct heap *heap, void *block)
{
	struct span *span = segment_span(block);
	uintptr_t owner = atomic_load_explicit(&span->owner, memory_order_acquire);

	span_check(span, block);
	if (owner_heap(owner) == heap)
		heap_release(heap, span, block);
	else
		remote_free(heap, span, block);
}

/* Keeps the blocks that were freed last, at most half. `pass`: others may have what does
 * not stay. Whether spans got blocks back. */
static bool flush_cache(struct heap *heap, unsigned class, uint32_t keep, bool pass)
{
	void **base =
		atomic_load_explicit(&heap->caches.bases[class], memory_order_relaxed);
	uint32_t count = (uint32_t)(caches_top(&heap->caches, class) - base);

	uint32_t passed = 0;

	if (count <= keep)
		return false;
	heap->giving_back = class;
	if (pass) {
		atomic_store_explicit(
			&heap->given_back, count - keep, memory_order_release);
		passed = depot_put(class, base, count - keep);
	}
	for (uint32_t i = passed; i < count - keep; i++) {
		atomic_store_explicit(&heap->given_back, i + 1, memory_order_release);
		heap_give_back(heap, base[i]);
	}
	memcpy(base, base + count - keep, keep * sizeof(*base));
	caches_set_top(&heap->caches, class, base + keep);
	atomic_store_explicit(&heap->given_back, 0, memory_order_release);
	return passed < count - keep;
}

bool heap_overflow(struct heap *heap, unsigned class, void *block)
{
	struct caches *caches = &heap->caches;
	bool gave_back = false;

	if (cache_push(caches, class, block))
		return false;
	if (!caches->short_of[class] || !caches_grow(caches, class))
		gave_back =
			flush_cache(heap, class, caches_room(caches, class) / 2, true);
	caches->short_of[class] = false;
	if (cache_push(caches, class, block))
		return gave_back;
	heap_give_back(heap, block);
	return true;
}

void heap_give_back_cached(struct heap *heap, const struct heap *dead)
{
	uint32_t skipped = atomic_load(&dead->given_back);

	for (unsigned class = 0; class < CLASS_COUNT; class ++) {
		void **block = atomic_load(&dead->caches.bases[class]);
		void **top = caches_top(&dead->caches, class);

		if (!block) /* was moving */
			continue;
		if (class == dead->giving_back)
			block += skipped;
		while (block < top)
			heap_give_back(heap, *block++);
	}
}

void heap_flush(struct heap *heap)
{
	for (unsigned class = 0; class < CLASS_COUNT; class ++)
		(void)flush_cache(heap, class, 0, false);
}

/* A span of the queue that is empty: one of each class is kept, since emptying and
 * filling it in turn would cost more than it does. */
static void retire(struct heap *heap, struct span *span)
{
	struct bin *bin = &heap->bins[span->class];

	if (!bin->spare) {
		bin->spare = span;
	} else if (bin->spare != span) {
		queue_remove(bin, span);
		segments_give(span);
	}
}

static void drop_spare(struct bin *bin)
{
	struct span *span = bin->spare;

	if (!span)
		return;
	bin->spare = NULL;
	if (span_used(span))
		return;
	queue_remove(bin, span);
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
		retire(heap, span);
}

void heap_release_list(
	struct heap *heap, struct span *span, void *head, void *tail, uint32_t count)
{
	if (UNLIKELY(count > span_used(span)))
		misuse_report("double free of", head, span->block_bytes);
	wake(heap, span);
	block_link(span, tail, span->free);
	span->free = head;
	span->still = 0;
	span_count(span, -count);
	if (atomic_load_explicit(&span->used, memory_order_relaxed) == 0)
		retire(heap, span);
}

void heap_trim(struct heap *heap)
{
	heap_flush(heap);
	remote_receive(heap);
	for (unsigned class = 0; class < CLASS_COUNT; class ++) {
		struct span *current = heap->bins[class].current;

		if (current != &span_none && span_used(current) == 0)
			dismiss_current(heap, class);
		drop_spare(&heap->bins[class]);
	}
}

/* Spans with something free that have been `still` for so many looks. Bytes. */
static size_t park_spans(struct heap *heap, unsigned still)
{
	size_t sum = 0;

	for (unsigned class = 0; class < CLASS_COUNT; class ++) {
		struct bin *bin = &heap->bins[class];

		if (bin->current != &span_none)
			sum += parking_look(bin->current, still);
		for (struct span *span = bin->first; span; span = span->next)
			sum += parking_look(span, still);
	}
	return sum;
}

size_t heap_park(struct heap *heap)
{
	return park_spans(heap, 0);
}

void heap_age(struct heap *heap, uint64_t now_ms, uint64_t after_ms)
{
	if (now_ms - heap->aged_ms < after_ms)
		return;
	heap->aged_ms = now_ms;
	remote_receive(heap);
	for (unsigned class = 0; class < CLASS_COUNT; class ++) {
		(void)flush_cache(
			heap, class, caches_count(&heap->caches, class) / 2, false);
		drop_spare(&heap->bins[class]);
	}
	remote_flush(heap);
	segments_note_decayed(park_spans(heap, PARKING_STILL));
}
