/* SPDX-License-Identifier: MIT */
/*
 * The real policy: small blocks from the thread's spans (heap.h), blocks up to a segment
 * as spans of their own, larger ones as mappings of their own (large.h).
 */
#include "alloc/hp/hp-heap.h"

#include "alloc/hp/check.h"
#include "alloc/hp/hp.h"
#include "alloc/hp/large.h"
#include "alloc/hp/metadata.h"
#include "alloc/hp/orphans.h"
#include "alloc/hp/policy.h"
#include "alloc/hp/registry.h"
#include "alloc/hp/remote.h"
#include "alloc/hp/segments.h"
#include "alloc/hp/stats.h"
#include "alloc/hp/threads.h"

#include <string.h>

/* Spans of one block are aligned to slices; beyond half a segment a mapping is better. */
enum {
	SINGLE_ALIGNMENT_MAX = SEGMENT_BYTES / 2,
	LOOK_MS =
		20, /* between two looks for what has decayed, in a thread that is slow */
	LENT_FROM_BYTES = 256 << 10, /* what grows beyond may have a whole mapping */
	SOON = 8,                    /* frees, after something was given up */
};

static int64_t decay_ms;

/* Between two agings of a heap. */
static uint64_t age_ms(void)
{
	return decay_ms / 2 > LOOK_MS ? (uint64_t)decay_ms / 2 : LOOK_MS;
}

static void look_at(struct heap *heap, uint64_t now)
{
	if (decay_ms < 0)
		return;
	if (heap)
		heap_age(heap, now, age_ms());
	if (!segments_decay(now))
		return;
	segments_note_decayed(large_decay(now));
	threads_age_idle(now, 2 * age_ms());
}

/* Called wherever more than a cache is touched; heap: the thread's, or NULL. */
static void look_for_decay(struct heap *heap)
{
	look_at(heap, pages_now_ms());
}

/* Twice as many frees until the next time, but where that would take long. */
void hp_heap_look(struct heap *heap)
{
	uint64_t now = pages_now_ms();

	if (now - heap->looked_ms >= LOOK_MS)
		heap->look_every = heap->look_every / 4 + 1;
	else if (heap->look_every < HEAP_LOOK_EVERY)
		heap->look_every *= 2;
	heap->until_look = heap->look_every;
	heap->looked_ms = now;
	look_at(heap, now);
}

static void *allocate_small(unsigned class, bool *zeroed)
{
	struct heap *heap = threads_enter();
	void *block = cache_pop(&heap->caches, class);

	if (block) {
		threads_leave(heap);
		return block;
	}
	block = heap_refill(heap, class, zeroed);
	threads_leave(heap);
	look_for_decay(thread_heap == &heap_none ? NULL : thread_heap);
	return block;
}

static void *allocate_single(size_t bytes, size_t alignment, bool *zeroed)
{
	struct span_request request = {
		.slices = (unsigned)((bytes + SLICE_BYTES - 1) / SLICE_BYTES),
		.alignment =
			alignment > SLICE_BYTES ? (unsigned)(alignment / SLICE_BYTES) : 1,
		.class = SPAN_SINGLE,
	};
	struct span *span;

	request.block_bytes = (size_t)request.slices * SLICE_BYTES;
	span = segments_take(pages_current_node(), &request);
	if (!span)
		return NULL;
	atomic_store_explicit(&span->used, 1, memory_order_relaxed);
	*zeroed = span->zeroed;
	check_forget(span_start(span), span->block_bytes);
	return span_start(span);
}

static size_t trim(size_t keep_bytes)
{
	struct heap *heap = threads_enter();
	size_t sum;

	remote_flush(heap);
	heap_trim(heap);
	sum = keep_bytes ? 0 : heap_park(heap);
	threads_leave(heap);
	sum += threads_trim_idle(keep_bytes);
	sum += large_trim(keep_bytes);
	return sum + segments_trim(keep_bytes);
}

static void *allocate(size_t bytes, size_t alignment, bool *zeroed)
{
	if (bytes <= CLASS_MAX_BYTES && alignment <= SLICE_BYTES)
		return allocate_small(class_of(class_round(bytes, alignment)), zeroed);
	if (bytes <= SPAN_MAX_BYTES / 2 && alignment <= SINGLE_ALIGNMENT_MAX)
		return allocate_single(bytes, alignment, zeroed);
	return large_allocate(bytes, alignment, zeroed);
}

void *hp_heap_allocate(size_t bytes, size_t alignment, bool zero)
{
	bool zeroed = false;
	void *block = allocate(bytes, alignment, &zeroed);

	/* What is kept in other sizes may be all that there is. */
	if (!block && trim(0))
		block = allocate(bytes, alignment, &zeroed);
	if (block && zero && !zeroed)
		memset(block, 0, bytes);
	return block;
}

/* The span of an address in a segment; NULL: none begins a block there. */
static struct span *span_of(const void *block)
{
	struct span *span = segment_span(block);

	return span->slices && (uintptr_t)block >= (uintptr_t)span_start(span) ? span
									       : NULL;
}

static void release_single(struct span *span, void *block)
{
	uint32_t one = 1;

	if (block != span_start(span))
		misuse_report(
			"free of the middle of a block at", block, span->block_bytes);
	if (!atomic_compare_exchange_strong(&span->used, &one, 0))
		misuse_report("double free of", block, span->block_bytes);
	segments_give(span);
}

void hp_heap_release(void *block)
{
	struct heap *heap;
	struct span *span;

	if (!registry_in_range(block) || !registry_has_segment(block)) {
		if (!large_free(block))
			misuse_report(large_owns(block) ? "free of no live block"
							: "free of a foreign pointer",
				block, 0);
		look_for_decay(NULL);
		return;
	}
	span = span_of(block);
	if (!span)
		misuse_report("free of no live block", block, 0);
	if (span->class == SPAN_SINGLE) {
		release_single(span, block);
		look_for_decay(NULL);
		return;
	}
	span_check(span, block);
	heap = threads_own();
	if (heap) {
		/* What is given up now is to decay even if few calls follow. */
		if (heap_overflow(heap, span->class, block) && heap->look_every > SOON)
			heap->until_look = heap->look_every = SOON;
		look_for_decay(heap);
	} else {
		remote_free(&heap_none, span, block);
	}
}

static void check_class_block(const struct span *span, const void *block)
{
	if (check_flags && span->class != SPAN_SINGLE)
		span_check(span, block);
}

size_t hp_heap_usable_bytes(const void *block)
{
	const struct span *span;
	size_t bytes;

	if (registry_in_range(block) && registry_has_segment(block)) {
		span = span_of(block);
		if (span) {
			check_class_block(span, block);
			return span->block_bytes;
		}
	} else {
		bytes = large_bytes(block);
		if (bytes)
			return bytes;
	}
	misuse_report("no live block at", block, 0);
}

/* In place: within the block's class, in the slices behind a single one, or by moving a
 * mapping. NULL: not possible. */
static void *resize(void *block, size_t usable, size_t bytes)
{
	struct span *span;

	if (!registry_has_segment(block))
		return bytes > LENT_FROM_BYTES ? large_resize(block, bytes) : NULL;
	if (hp_heap_fits(usable, bytes))
		return block;
	span = segment_span(block);
	if (span->class != SPAN_SINGLE || bytes <= CLASS_MAX_BYTES ||
		bytes > SPAN_MAX_BYTES / 2)
		return NULL;
	return segments_resize(span, (unsigned)((bytes + SLICE_BYTES - 1) / SLICE_BYTES))
		       ? block
		       : NULL;
}

static __attribute__((nonnull)) void *reallocate(void *block, size_t bytes)
{
	size_t usable = hp_heap_usable_bytes(block);
	void *moved = resize(block, usable, bytes);

	if (moved)
		return moved;
	if (bytes > usable && bytes > LENT_FROM_BYTES)
		moved = large_lend(bytes);
	if (!moved)
		moved = hp_heap_allocate(
			hp_heap_grown_bytes(usable, bytes), HP_POLICY_ALIGNMENT, false);
	if (!moved)
		moved = hp_heap_allocate(bytes, HP_POLICY_ALIGNMENT, false);
	if (moved) {
		memcpy(moved, block, usable < bytes ? usable : bytes);
		hp_heap_release(block);
	} else if (bytes <= usable) {
		return block;
	}
	return moved;
}

static bool owns(const void *pointer)
{
	return registry_in_range(pointer) &&
	       (registry_has_segment(pointer) || large_owns(pointer));
}

static int init(const struct hp_options *options)
{
	decay_ms = options->decay_ms ? options->decay_ms : HP_DECAY_DEFAULT_MS;
	segments_configure(&(struct segments_config){
		.small_start = options->source == HP_SOURCE_AUTO ||
			       options->source == HP_SOURCE_THP,
		.decay_ms = decay_ms,
		.limit_bytes = options->limit_bytes,
	});
	large_configure(decay_ms);
	threads_init();
	return 0;
}

static void fork_prepare(void)
{
	threads_fork_prepare();
	segments_fork_prepare();
	large_fork_prepare();
	metadata_fork_prepare();
	pages_fork_prepare();
}

static void fork_parent(void)
{
	pages_fork_parent();
	metadata_fork_done();
	large_fork_done();
	segments_fork_done();
	threads_fork_parent();
}

static void fork_child(void)
{
	pages_fork_child();
	metadata_fork_done();
	large_fork_done();
	segments_fork_done();
	threads_fork_child();
}

static void finalize(void)
{
	threads_finalize();
	large_finalize();
	segments_finalize();
}

const struct hp_policy hp_policy_hp = {
	.name = "hp",
	.summary = "size classes, a heap per thread, few huge pages",
	.init = init,
	.allocate = hp_heap_allocate,
	.reallocate = reallocate,
	.release = hp_heap_release,
	.usable_bytes = hp_heap_usable_bytes,
	.owns = owns,
	.trim = trim,
	.stats = stats_of_heap,
	.fork_prepare = fork_prepare,
	.fork_parent = fork_parent,
	.fork_child = fork_child,
	.thread_exit = threads_exit,
	.finalize = finalize,
};
