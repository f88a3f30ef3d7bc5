/* SPDX-License-Identifier: MIT */
#include "interpose/trace/threads.h"

#include "interpose/trace/file.h"
#include "interpose/trace/next.h"
#include "interpose/trace/sites.h"
#include "interpose/trace/timeline.h"

#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

__thread struct trace_thread *thread_slot __attribute__((tls_model("initial-exec")));
__thread struct trace_thread *thread_fast __attribute__((tls_model("initial-exec")));
static __thread unsigned own __attribute__((tls_model("initial-exec")));
/* No slot for this thread: all were taken, or it gave its own back. */
static __thread bool slotless __attribute__((tls_model("initial-exec")));

/* Slot 0 sums up the threads that ended, and those for which there was none; the lock is
 * held for a few microseconds. */
static atomic_flag ended_busy = ATOMIC_FLAG_INIT;
static pthread_key_t key;
static atomic_bool key_made;
/* A child's copy shows what its parent has written since the fork to pages that the child
 * has not: a free slot may hold that of a thread of the parent's. */
static bool free_slots_are_clear = true;

static void set_slot(struct trace_thread *slot)
{
	thread_slot = slot;
	thread_fast = next_has_headers ? slot : NULL;
}

void thread_begin_own(void)
{
	own++;
	set_slot(NULL);
}

void thread_end_own(struct trace_thread *slot)
{
	own--;
	set_slot(slot);
}

void thread_tell_live(struct trace_thread *slot, int64_t bytes)
{
	int64_t untold = trace_pending_live(slot);
	int64_t moved = untold + bytes;
	int64_t live = atomic_fetch_add_explicit(
			       &trace->live_bytes, moved, memory_order_relaxed) +
		       moved;
	int64_t peak = atomic_load_explicit(&trace->peak_bytes, memory_order_relaxed);

	slot->pending -= (uint32_t)untold;
	while (live > peak &&
		!atomic_compare_exchange_weak_explicit(&trace->peak_bytes, &peak, live,
			memory_order_relaxed, memory_order_relaxed))
		continue;
	timeline_look();
}

static void add_class(struct trace_class *to, const struct trace_class *from)
{
	for (size_t i = 0; i < TRACE_CALLS; i++)
		to->calls[i] += from->calls[i];
	to->asked_bytes += from->asked_bytes;
	to->granted_bytes += from->granted_bytes;
	to->freed_bytes += from->freed_bytes;
}

static struct trace_thread *lock_ended(void)
{
	while (atomic_flag_test_and_set_explicit(&ended_busy, memory_order_acquire))
		(void)sched_yield();
	trace->threads[0].used = 2;
	return &trace->threads[0];
}

static void unlock_ended(void)
{
	atomic_flag_clear_explicit(&ended_busy, memory_order_release);
}

struct trace_thread *thread_borrow_ended(void)
{
	struct trace_thread *ended;

	if (!trace || !slotless || own)
		return NULL;
	own++;
	ended = lock_ended();
	/* Never sampled. */
	ended->sample_left_bytes = INT64_MAX;
	return ended;
}

void thread_return_ended(void)
{
	unlock_ended();
	own--;
}

static void add_to_ended(struct trace_thread *slot)
{
	struct trace_thread *ended;

	trace_settle(slot);
	ended = lock_ended();
	ended->threads += slot->threads;
	ended->failed += slot->failed;
	for (size_t i = 0; i < TRACE_CLASSES; i++)
		add_class(&ended->classes[i], &slot->classes[i]);
	for (size_t i = 0; i < TRACE_CALLS; i++) {
		ended->times[i].calls += slot->times[i].calls;
		ended->times[i].ns += slot->times[i].ns;
		if (slot->times[i].slowest_ns > ended->times[i].slowest_ns)
			ended->times[i].slowest_ns = slot->times[i].slowest_ns;
		for (size_t k = 0; k < TRACE_TIMES; k++)
			ended->times[i].classes[k] += slot->times[i].classes[k];
	}
	unlock_ended();
}

/* All but the flag. */
static void clear_slot(struct trace_thread *slot)
{
	memset((char *)slot + sizeof(slot->used), 0, sizeof(*slot) - sizeof(slot->used));
}

static void free_slot(struct trace_thread *slot)
{
	clear_slot(slot);
	/* Last: then another thread may have it. */
	atomic_store_explicit(&slot->used, 0, memory_order_release);
}

/* Destructors of other keys and the C library's own may run after this one. */
static void leave(void *value)
{
	struct trace_thread *slot = value;

	set_slot(NULL);
	slotless = true;
	if (!trace)
		return;
	thread_tell_live(slot, 0);
	add_to_ended(slot);
	free_slot(slot);
}

static struct trace_thread *claim(void)
{
	for (size_t i = 1; i < TRACE_THREADS; i++) {
		struct trace_thread *slot = &trace->threads[i];
		uint32_t none = 0;

		if (atomic_load_explicit(&slot->used, memory_order_relaxed) == 0 &&
			atomic_compare_exchange_strong(&slot->used, &none, 1))
			return slot;
	}
	return NULL;
}

static void begin(struct trace_thread *slot)
{
	slot->tid = (uint32_t)syscall(SYS_gettid);
	(void)prctl(PR_GET_NAME, slot->name);
	slot->threads = 1;
	slot->random = trace_now_ns() ^ (uint64_t)slot->tid << 32 ^ 0x9e3779b97f4a7c15u;
	slot->sample_left_bytes = (int64_t)trace->sample_bytes;
	/* Samples take a way of their own, so that counting need not ask. */
	slot->small_below = sites_wanted ? 0 : TRACE_SMALL;
	slot->pending = (128 - TRACE_TICK_EVERY) * TRACE_ONE_CALL;
}

struct trace_thread *thread_enter(void)
{
	struct trace_thread *slot;

	if (!trace || own || slotless)
		return NULL;
	slot = claim();
	if (!slot) {
		slotless = true;
		lock_ended()->threads++;
		unlock_ended();
		return NULL;
	}
	if (!free_slots_are_clear)
		clear_slot(slot);
	begin(slot);
	/* Setting the key may allocate, which must not come back here. */
	own++;
	if (atomic_load(&key_made))
		(void)pthread_setspecific(key, slot);
	own--;
	set_slot(slot);
	return slot;
}

void threads_init(void)
{
	if (pthread_key_create(&key, leave) == 0)
		atomic_store(&key_made, true);
}

void threads_fork_child(void)
{
	struct trace_thread *mine = thread_slot;

	atomic_flag_clear(&ended_busy);
	free_slots_are_clear = false;
	if (!trace) {
		set_slot(NULL);
		return;
	}
	for (size_t i = 0; i < TRACE_THREADS; i++) {
		struct trace_thread *slot = &trace->threads[i];

		if (!slot->used && i > 0)
			continue;
		if (slot != mine) /* which has told before the fork */
			trace->live_bytes += trace_pending_live(slot);
		free_slot(slot);
	}
	if (!mine)
		return;
	/* In the parent the thread may have ended, and given it back, by now. */
	mine->used = 1;
	begin(mine);
}

void threads_forget_parents(void)
{
	const pid_t process = getpid();

	for (size_t i = 1; trace && i < TRACE_THREADS; i++) {
		struct trace_thread *slot = &trace->threads[i];

		/* One of the child's own may be just beginning. */
		if (slot->used && slot->tid &&
			syscall(SYS_tgkill, process, slot->tid, 0) != 0)
			free_slot(slot);
	}
}
