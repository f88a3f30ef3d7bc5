/* SPDX-License-Identifier: MIT */
/*
 * The malloc family of a traced program: counted, then handed to the allocator behind.
 * Functions that are no allocation of their own (malloc_trim, mallinfo2, ...) are not
 * defined here and reach that allocator directly.
 */
#include "interpose/trace/aside.h"
#include "interpose/trace/count.h"
#include "interpose/trace/file.h"
#include "interpose/trace/next.h"
#include "interpose/trace/sites.h"
#include "interpose/trace/small.h"
#include "interpose/trace/threads.h"

#include <errno.h>
#include <malloc.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#if !defined(__LP64__)
#error "libescalier-trace is for 64-bit programs"
#endif

#define EXPORT __attribute__((visibility("default")))

static __thread bool looking_up __attribute__((tls_model("initial-exec")));
static atomic_bool started;

static void fork_prepare(void)
{
	if (thread_slot)
		thread_tell_live(thread_slot, 0);
	trace_file_fork_prepare();
}

static void fork_child(void)
{
	struct aside aside = aside_begin();

	trace_file_fork_child();
	threads_fork_child();
	count_fork_child();
	aside_end(&aside);
}

/* Once the next allocator is known; threads that come meanwhile go on uncounted. */
static void start(void)
{
	static atomic_flag begun = ATOMIC_FLAG_INIT;
	struct aside aside;

	if (atomic_flag_test_and_set(&begun))
		return;
	aside = aside_begin();
	thread_begin_own();
	next_try_headers();
	trace_file_open();
	threads_init();
	sites_init();
	(void)pthread_atfork(fork_prepare, NULL, fork_child);
	count_init();
	thread_end_own(NULL);
	aside_end(&aside);
	atomic_store_explicit(&started, true, memory_order_release);
}

__attribute__((constructor)) static void begin_with_the_program(void)
{
	if (next_find())
		start();
}

__attribute__((destructor)) static void end_with_the_program(void)
{
	if (thread_slot)
		thread_tell_live(thread_slot, 0);
	trace_file_end();
}

/* Whether calls can be handed on: not while the next allocator is being looked up. */
static bool ready(void)
{
	bool found;

	if (likely(atomic_load_explicit(&started, memory_order_acquire)))
		return true;
	if (looking_up)
		return false;
	looking_up = true;
	found = next_find();
	looking_up = false;
	if (found)
		start();
	return found;
}

/* The thread's slot where the call is to be counted. */
static inline struct trace_thread *enter(void)
{
	struct trace_thread *slot = thread_slot;

	if (likely(slot != NULL))
		return slot;
	return atomic_load_explicit(&started, memory_order_acquire) ? thread_enter()
								    : NULL;
}

static void *malloc_as_a_whole(struct trace_thread *slot, size_t bytes, uint64_t before)
{
	void *block = next.malloc(bytes);

	count_time_end(slot, TRACE_MALLOC, before);
	count_allocation(slot, TRACE_MALLOC, bytes, block);
	return block;
}

static void *__attribute__((noinline)) malloc_any(size_t bytes)
{
	struct trace_thread *slot = enter();
	void *block;

	if (unlikely(!slot)) {
		if (!ready())
			return next_early(bytes, 16);
		block = next.malloc(bytes);
		count_allocation_for_ended(TRACE_MALLOC, bytes, block);
		return block;
	}
	return malloc_as_a_whole(slot, bytes, count_time_begin(slot));
}

static void *malloc_due(size_t bytes);
static void *malloc_full(size_t bytes);

static inline void *malloc_small(struct trace_thread *slot, size_t bytes, bool sampling)
{
	size_t chunk = trace_small_chunk(bytes);
	void *block;

	if (unlikely(!small_count_malloc(slot, bytes, chunk, sampling)))
		return malloc_due(bytes);
	if (unlikely(++slot->small_mallocs[bytes] == 0))
		return malloc_full(bytes);
	block = next.malloc(bytes);
	if (unlikely(!block || !next_has_chunk(block, chunk)))
		return count_correction(thread_slot, block);
	return block;
}

/* A sample or a tick is due. */
static void *__attribute__((noinline)) malloc_due(size_t bytes)
{
	struct trace_thread *slot = thread_slot;

	if (sites_wanted && slot->sample_left_bytes < (int64_t)bytes)
		return malloc_any(bytes);
	if (!count_tick(slot))
		return malloc_small(slot, bytes, sites_wanted);
	slot->pending += TRACE_ONE_CALL;
	return malloc_as_a_whole(slot, bytes, trace_now_ns());
}

/* Its count began anew at 0. */
static void *__attribute__((noinline)) malloc_full(size_t bytes)
{
	struct trace_thread *slot = thread_slot;

	trace_count_mallocs(slot, bytes, UINT16_MAX);
	slot->pending -= (uint32_t)trace_small_granted(bytes) + TRACE_ONE_CALL;
	slot->sample_left_bytes += sites_wanted ? (int64_t)bytes : 0;
	return malloc_any(bytes);
}

static void *__attribute__((noinline)) malloc_sampling(size_t bytes)
{
	struct trace_thread *slot = thread_fast;

	if (unlikely(!slot || !sites_wanted || bytes >= TRACE_SMALL))
		return malloc_any(bytes);
	return malloc_small(slot, bytes, true);
}

EXPORT __attribute__((aligned(64))) void *malloc(size_t bytes)
{
	struct trace_thread *slot = thread_fast;

	if (unlikely(!slot || bytes >= slot->small_below))
		return malloc_sampling(bytes);
	return malloc_small(slot, bytes, false);
}

static void __attribute__((noinline)) free_any(void *block)
{
	struct trace_thread *slot = enter();
	uint64_t before;

	if (!block || next_is_early(block))
		return;
	if (!slot) {
		if (!ready())
			return;
		slot = thread_borrow_ended();
		if (slot) {
			count_free(slot, block);
			thread_return_ended();
		}
		next.free(block);
		return;
	}
	count_free(slot, block);
	before = count_time_begin(slot);
	next.free(block);
	count_time_end(slot, TRACE_FREE, before);
}

static void free_tick(void *block);

static inline void free_small(struct trace_thread *slot, void *block, size_t chunk)
{
	if (unlikely(!small_count_free(slot, chunk)))
		free_tick(block);
	else
		next.free(block);
}

static void __attribute__((noinline)) free_tick(void *block)
{
	struct trace_thread *slot = thread_slot;
	uint64_t before;

	if (!count_tick(slot)) {
		free_small(slot, block, next_chunk(block));
		return;
	}
	slot->pending += TRACE_ONE_CALL;
	count_free(slot, block);
	before = trace_now_ns();
	next.free(block);
	count_time_end(slot, TRACE_FREE, before);
}

static void __attribute__((noinline)) free_sampling(void *block)
{
	struct trace_thread *slot = thread_fast;
	size_t chunk = slot && block && sites_wanted ? next_chunk(block) : SIZE_MAX;

	if (likely(chunk < TRACE_SMALL && !site_may_know(block)))
		free_small(slot, block, chunk);
	else
		free_any(block);
}

EXPORT __attribute__((aligned(64))) void free(void *block)
{
	struct trace_thread *slot = thread_fast;
	size_t chunk = likely(slot && block) ? next_chunk(block) : SIZE_MAX;

	if (likely(slot && chunk < slot->small_below))
		free_small(slot, block, chunk);
	else
		free_sampling(block);
}

EXPORT void *calloc(size_t count, size_t bytes)
{
	struct trace_thread *slot = enter();
	uint64_t before;
	size_t all;
	void *block;

	if (__builtin_mul_overflow(count, bytes, &all))
		all = SIZE_MAX;
	if (unlikely(!slot)) {
		if (!ready())
			return next_early(all, 16);
		block = next.calloc(count, bytes);
		count_allocation_for_ended(TRACE_CALLOC, all, block);
		return block;
	}
	before = count_time_begin(slot);
	block = next.calloc(count, bytes);
	count_time_end(slot, TRACE_CALLOC, before);
	count_allocation(slot, TRACE_CALLOC, all, block);
	return block;
}

/* A block from before the next allocator was known moves there. */
static void *move_early(void *block, size_t bytes)
{
	size_t old = next_early_bytes(block);
	void *moved_to = malloc_any(bytes);

	if (moved_to)
		memcpy(moved_to, block, old < bytes ? old : bytes);
	return moved_to;
}

static void *count_realloc(struct trace_thread *slot, void *block, size_t bytes)
{
	size_t old = next_usable_size(block);
	struct trace_sample sample;
	/* Another thread may get the old address as soon as it is free. */
	bool sampled = unlikely(site_may_know(block)) && site_take_out(block, &sample);
	bool mapped = next_has_headers && next_chunk(block) == SIZE_MAX;
	uint64_t before;
	void *result;

	before = count_time_begin(slot);
	result = next.realloc(block, bytes);
	count_time_end(slot, TRACE_REALLOC, before);
	if (!result && bytes > 0) {
		slot->failed++;
		if (sampled)
			site_put_back(block, &sample);
		return NULL;
	}
	if (sampled)
		site_end(&sample);
	count_freed(slot, old, !result);
	if (unlikely(mapped) && result)
		atomic_fetch_add_explicit(&trace->split_bytes,
			trace_split_bytes(old, next_usable_size(result)),
			memory_order_relaxed);
	if (result)
		count_instead(slot, TRACE_REALLOC, bytes, result, old);
	else
		count_moved(slot, -(int64_t)old);
	return result;
}

EXPORT void *realloc(void *block, size_t bytes)
{
	struct trace_thread *slot;
	void *result;

	if (!block)
		return malloc_any(bytes);
	if (unlikely(next_is_early(block)))
		return move_early(block, bytes);
	slot = enter();
	if (likely(slot != NULL))
		return count_realloc(slot, block, bytes);
	if (!ready())
		return NULL;
	slot = thread_borrow_ended();
	if (!slot)
		return next.realloc(block, bytes);
	result = count_realloc(slot, block, bytes);
	thread_return_ended();
	return result;
}

EXPORT void *reallocarray(void *block, size_t count, size_t bytes)
{
	size_t all;

	if (__builtin_mul_overflow(count, bytes, &all)) {
		errno = ENOMEM;
		return NULL;
	}
	return realloc(block, all);
}

EXPORT int posix_memalign(void **block, size_t alignment, size_t bytes)
{
	struct trace_thread *slot = enter();
	uint64_t before;
	int error;

	if (unlikely(!slot)) {
		if (!ready()) {
			*block = next_early(bytes, alignment);
			return *block ? 0 : ENOMEM;
		}
		error = next.posix_memalign(block, alignment, bytes);
		count_allocation_for_ended(TRACE_ALIGNED, bytes, error ? NULL : *block);
		return error;
	}
	before = count_time_begin(slot);
	error = next.posix_memalign(block, alignment, bytes);
	count_time_end(slot, TRACE_ALIGNED, before);
	count_allocation(slot, TRACE_ALIGNED, bytes, error ? NULL : *block);
	return error;
}

/* Before the next allocator is known alignments are taken as they come. */
static void *aligned(
	void *(*allocate)(size_t alignment, size_t bytes), size_t alignment, size_t bytes)
{
	struct trace_thread *slot = enter();
	uint64_t before;
	void *block;

	if (unlikely(!slot)) {
		block = allocate(alignment, bytes);
		count_allocation_for_ended(TRACE_ALIGNED, bytes, block);
		return block;
	}
	before = count_time_begin(slot);
	block = allocate(alignment, bytes);
	count_time_end(slot, TRACE_ALIGNED, before);
	count_allocation(slot, TRACE_ALIGNED, bytes, block);
	return block;
}

EXPORT void *aligned_alloc(size_t alignment, size_t bytes)
{
	return ready() ? aligned(next.aligned_alloc, alignment, bytes)
		       : next_early(bytes, alignment);
}

EXPORT void *memalign(size_t alignment, size_t bytes)
{
	return ready() ? aligned(next.memalign, alignment, bytes)
		       : next_early(bytes, alignment);
}

static void *next_valloc(size_t alignment, size_t bytes)
{
	(void)alignment;
	return next.valloc(bytes);
}

static void *next_pvalloc(size_t alignment, size_t bytes)
{
	(void)alignment;
	return next.pvalloc(bytes);
}

EXPORT void *valloc(size_t bytes)
{
	return ready() ? aligned(next_valloc, 0, bytes) : next_early(bytes, 4096);
}

EXPORT void *pvalloc(size_t bytes)
{
	return ready() ? aligned(next_pvalloc, 0, bytes)
		       : next_early((bytes + 4095) & ~(size_t)4095, 4096);
}

EXPORT size_t malloc_usable_size(void *block)
{
	if (!block)
		return 0;
	if (next_is_early(block))
		return next_early_bytes(block);
	return ready() ? next.usable_size(block) : 0;
}
