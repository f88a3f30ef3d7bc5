/* SPDX-License-Identifier: MIT */
/*
 * The malloc family of a traced program: counted, then handed to the allocator behind.
 * Functions that are no allocation of their own (malloc_trim, mallinfo2, ...) are not
 * defined here and reach that allocator directly.
 */
#include "interpose/trace/file.h"
#include "interpose/trace/next.h"
#include "interpose/trace/sites.h"
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
#define likely(condition) __builtin_expect(!!(condition), 1)
#define unlikely(condition) __builtin_expect(!!(condition), 0)

/* A child made by fork gets a file after so many timed calls. */
enum { LIVE_STEP = 128 * 1024, CHILD_CALLS = 16 };

static __thread bool looking_up __attribute__((tls_model("initial-exec")));
static atomic_bool started;
static uint64_t clock_cost_ns;
static unsigned child_calls; /* left to a child made by fork that has no file yet */

/* trace_class_of() of small sizes, which most are. */
enum { SMALL = 1024 };
static uint8_t small_classes[SMALL];

static inline struct trace_class *class_of(struct trace_thread *slot, size_t bytes)
{
	return &slot->classes[likely(bytes < SMALL) ? small_classes[bytes]
						    : trace_class_of(bytes)];
}

static void fork_child(void)
{
	int saved = errno;

	trace_file_fork_child();
	threads_fork_child();
	child_calls = CHILD_CALLS;
	errno = saved;
}

/* Once the next allocator is known; threads that come meanwhile go on uncounted. */
static void start(void)
{
	static atomic_flag begun = ATOMIC_FLAG_INIT;
	int saved = errno;

	if (atomic_flag_test_and_set(&begun))
		return;
	thread_begin_own();
	for (size_t i = 0; i < SMALL; i++)
		small_classes[i] = (uint8_t)trace_class_of(i);
	next_try_headers();
	trace_file_open();
	threads_init();
	sites_init();
	(void)pthread_atfork(NULL, NULL, fork_child);
	clock_cost_ns = UINT64_MAX;
	for (int i = 0; i < 16; i++) {
		uint64_t before = trace_now_ns();
		uint64_t cost = trace_now_ns() - before;

		if (cost < clock_cost_ns)
			clock_cost_ns = cost;
	}
	thread_end_own();
	errno = saved;
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
		thread_flush_live(thread_slot);
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

static inline void moved(struct trace_thread *slot, int64_t bytes)
{
	slot->live_unflushed_bytes += bytes;
	/* Outside [-LIVE_STEP, LIVE_STEP], in one comparison. */
	if (unlikely((uint64_t)(slot->live_unflushed_bytes + LIVE_STEP) >
		     UINT64_C(2) * LIVE_STEP))
		thread_flush_live(slot);
}

static inline void count_allocation(
	struct trace_thread *slot, enum trace_call call, size_t asked, void *block)
{
	struct trace_class *class = class_of(slot, asked);
	size_t granted;

	if (unlikely(!block)) {
		slot->failed += asked > 0;
		return;
	}
	granted = next_usable_size(block);
	class->calls[call]++;
	class->asked_bytes += asked;
	class->granted_bytes += granted;
	slot->sample_left_bytes -= (int64_t)asked;
	if (sites_wanted && unlikely(slot->sample_left_bytes < 0))
		site_take(slot, block, asked);
	moved(slot, (int64_t)granted);
}

static inline void count_free(struct trace_thread *slot, void *block)
{
	size_t granted = next_usable_size(block);
	struct trace_class *class = class_of(slot, granted);

	class->calls[TRACE_FREE]++;
	class->freed_bytes += granted;
	if (unlikely(site_may_know(block)))
		site_end(block);
	moved(slot, -(int64_t)granted);
}

static uint64_t __attribute__((noinline)) time_one(struct trace_thread *slot)
{
	slot->timed_left = trace->timed_every;
	if (child_calls && --child_calls == 0)
		trace_file_own();
	return trace_now_ns();
}

/* One call in timed_every is timed; the first reading of the clock, 0 else. */
static inline uint64_t time_begin(struct trace_thread *slot)
{
	return likely(--slot->timed_left != 0) ? 0 : time_one(slot);
}

static void __attribute__((noinline))
time_note(struct trace_thread *slot, enum trace_call call, uint64_t before)
{
	uint64_t ns = trace_now_ns() - before;
	struct trace_times *times = &slot->times[call];
	unsigned class;

	ns = ns > clock_cost_ns ? ns - clock_cost_ns : 0;
	times->calls++;
	times->ns += ns;
	if (ns > times->slowest_ns)
		times->slowest_ns = ns;
	class = trace_class_of(ns);
	times->classes[class < TRACE_TIMES ? class : TRACE_TIMES - 1]++;
}

static inline void time_end(
	struct trace_thread *slot, enum trace_call call, uint64_t before)
{
	if (unlikely(before != 0))
		time_note(slot, call, before);
}

static void *__attribute__((noinline)) malloc_slow(size_t bytes)
{
	struct trace_thread *slot = enter();
	uint64_t before;
	void *block;

	if (unlikely(!slot)) {
		if (!ready())
			return next_early(bytes, 16);
		block = next.malloc(bytes);
		slot = thread_borrow_ended();
		if (slot) {
			count_allocation(slot, TRACE_MALLOC, bytes, block);
			thread_return_ended();
		}
		return block;
	}
	before = time_one(slot);
	block = next.malloc(bytes);
	time_note(slot, TRACE_MALLOC, before);
	count_allocation(slot, TRACE_MALLOC, bytes, block);
	return block;
}

EXPORT void *malloc(size_t bytes)
{
	struct trace_thread *slot = thread_slot;
	void *block;

	if (unlikely(!slot || --slot->timed_left == 0))
		return malloc_slow(bytes);
	block = next.malloc(bytes);
	count_allocation(slot, TRACE_MALLOC, bytes, block);
	return block;
}

static void __attribute__((noinline)) free_slow(void *block)
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
	before = time_one(slot);
	next.free(block);
	time_note(slot, TRACE_FREE, before);
}

EXPORT void free(void *block)
{
	struct trace_thread *slot = thread_slot;

	if (unlikely(
		    !slot || !block || next_is_early(block) || --slot->timed_left == 0)) {
		free_slow(block);
		return;
	}
	count_free(slot, block);
	next.free(block);
}

EXPORT void *calloc(size_t count, size_t bytes)
{
	struct trace_thread *slot = enter();
	uint64_t before;
	size_t all;
	void *block;

	if (unlikely(!slot)) {
		if (ready())
			return next.calloc(count, bytes);
		return __builtin_mul_overflow(count, bytes, &all) ? NULL
								  : next_early(all, 16);
	}
	before = time_begin(slot);
	block = next.calloc(count, bytes);
	time_end(slot, TRACE_CALLOC, before);
	if (__builtin_mul_overflow(count, bytes, &all))
		all = SIZE_MAX;
	count_allocation(slot, TRACE_CALLOC, all, block);
	return block;
}

/* A block from before the next allocator was known moves there. */
static void *move_early(void *block, size_t bytes)
{
	size_t old = next_early_bytes(block);
	void *moved_to = malloc(bytes);

	if (moved_to)
		memcpy(moved_to, block, old < bytes ? old : bytes);
	return moved_to;
}

static void *count_realloc(struct trace_thread *slot, void *block, size_t bytes)
{
	size_t old = next_usable_size(block);
	bool sampled = site_may_know(block);
	uint64_t before;
	void *result;

	/* Another thread may get the old address as soon as it is free. */
	if (unlikely(sampled))
		site_end(block);
	before = time_begin(slot);
	result = next.realloc(block, bytes);
	time_end(slot, TRACE_REALLOC, before);
	if (!result && bytes > 0) {
		slot->failed++;
		return NULL;
	}
	class_of(slot, old)->freed_bytes += old;
	/* One move: a moment taken between the two would not have the block. */
	slot->live_unflushed_bytes -= (int64_t)old;
	if (result)
		count_allocation(slot, TRACE_REALLOC, bytes, result);
	else
		moved(slot, 0);
	return result;
}

EXPORT void *realloc(void *block, size_t bytes)
{
	struct trace_thread *slot;

	if (!block)
		return malloc(bytes);
	if (unlikely(next_is_early(block)))
		return move_early(block, bytes);
	slot = enter();
	if (unlikely(!slot))
		return ready() ? next.realloc(block, bytes) : NULL;
	return count_realloc(slot, block, bytes);
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
		if (ready())
			return next.posix_memalign(block, alignment, bytes);
		*block = next_early(bytes, alignment);
		return *block ? 0 : ENOMEM;
	}
	before = time_begin(slot);
	error = next.posix_memalign(block, alignment, bytes);
	time_end(slot, TRACE_ALIGNED, before);
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

	if (unlikely(!slot))
		return allocate(alignment, bytes);
	before = time_begin(slot);
	block = allocate(alignment, bytes);
	time_end(slot, TRACE_ALIGNED, before);
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
