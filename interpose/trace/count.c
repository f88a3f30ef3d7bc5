/* SPDX-License-Identifier: MIT */
#include "interpose/trace/count.h"

#include "interpose/trace/aside.h"
#include "interpose/trace/file.h"
#include "interpose/trace/next.h"
#include "interpose/trace/sites.h"
#include "interpose/trace/threads.h"

/* A child made by fork gets a file after so many ticks. Small calls, of up to 1,048
 * bytes, do not look at LIVE_STEP: with what they move between ticks it is below 128 KiB.
 */
enum { CHILD_TICKS = 16, LIVE_STEP = (128 - TRACE_TICK_EVERY - 2) * 1024 };

static uint64_t clock_cost_ns;
static unsigned child_ticks; /* left to a child made by fork that has no file yet */

void count_init(void)
{
	clock_cost_ns = UINT64_MAX;
	for (int i = 0; i < 16; i++) {
		uint64_t before = trace_now_ns();
		uint64_t cost = trace_now_ns() - before;

		if (cost < clock_cost_ns)
			clock_cost_ns = cost;
	}
}

void count_fork_child(void)
{
	child_ticks = CHILD_TICKS;
}

static struct trace_class *class_of(struct trace_thread *slot, size_t bytes)
{
	return &slot->classes[trace_class_of(bytes)];
}

void count_moved(struct trace_thread *slot, int64_t bytes)
{
	int64_t live = trace_pending_live(slot) + bytes;

	/* Outside [-LIVE_STEP, LIVE_STEP], in one comparison. */
	if (unlikely((uint64_t)(live + LIVE_STEP) > UINT64_C(2) * LIVE_STEP))
		thread_tell_live(slot, bytes);
	else
		slot->pending += (uint32_t)bytes;
}

void count_instead(struct trace_thread *slot, enum trace_call call, size_t asked,
	void *block, size_t old)
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
	count_moved(slot, (int64_t)(granted - old));
}

void count_allocation(
	struct trace_thread *slot, enum trace_call call, size_t asked, void *block)
{
	count_instead(slot, call, asked, block, 0);
}

void count_free(struct trace_thread *slot, void *block)
{
	size_t granted = next_usable_size(block);
	struct trace_class *class = class_of(slot, granted);
	struct trace_sample sample;

	class->calls[TRACE_FREE]++;
	class->freed_bytes += granted;
	if (unlikely(site_may_know(block)) && site_take_out(block, &sample))
		site_end(&sample);
	count_moved(slot, -(int64_t)granted);
}

void count_allocation_for_ended(enum trace_call call, size_t asked, void *block)
{
	struct trace_thread *slot = thread_borrow_ended();

	if (slot) {
		count_allocation(slot, call, asked, block);
		thread_return_ended();
	}
}

static void __attribute__((noinline)) child_goes_on(void)
{
	struct aside aside = aside_begin();

	trace_file_own();
	threads_forget_parents();
	aside_end(&aside);
}

bool count_tick(struct trace_thread *slot)
{
	slot->pending -= TRACE_TICK_EVERY * TRACE_ONE_CALL;
	count_moved(slot, 0);
	if (child_ticks && --child_ticks == 0)
		child_goes_on();
	/* The multiples of the golden ratio keep no step with any pattern. */
	return ++slot->ticks <= TRACE_TICKS_TIMED ||
	       slot->ticks * 0x9e3779b1u < UINT32_MAX / TRACE_TICKS_SKIPPED;
}

uint64_t count_time_begin(struct trace_thread *slot)
{
	slot->pending += TRACE_ONE_CALL;
	return unlikely((int32_t)slot->pending < 0) && count_tick(slot) ? trace_now_ns()
									: 0;
}

static void __attribute__((noinline))
note_time(struct trace_thread *slot, enum trace_call call, uint64_t before)
{
	uint64_t ns = trace_now_ns() - before;
	struct trace_times *times = &slot->times[call];
	uint64_t weight = slot->ticks > TRACE_TICKS_TIMED ? TRACE_TICKS_SKIPPED : 1;
	unsigned class;

	ns = ns > clock_cost_ns ? ns - clock_cost_ns : 0;
	times->calls += weight;
	times->ns += weight * ns;
	if (ns > times->slowest_ns)
		times->slowest_ns = ns;
	class = trace_class_of(ns);
	times->classes[class < TRACE_TIMES ? class : TRACE_TIMES - 1] += weight;
}

void count_time_end(struct trace_thread *slot, enum trace_call call, uint64_t before)
{
	if (unlikely(before != 0))
		note_time(slot, call, before);
}

void *count_correction(struct trace_thread *slot, void *block)
{
	size_t bytes = slot->small_asked;
	struct trace_class *class = class_of(slot, bytes);
	uint64_t more =
		(block ? next_usable_size(block) : 0) - trace_small_granted(bytes);

	class->granted_bytes += more;
	slot->pending += (uint32_t)more;
	if (!block) {
		class->calls[TRACE_MALLOC]--;
		class->asked_bytes -= bytes;
		slot->failed += bytes > 0;
	}
	return block;
}

void count_freed(struct trace_thread *slot, size_t bytes, bool by_a_call)
{
	struct trace_class *class = class_of(slot, bytes);

	class->freed_bytes += bytes;
	class->calls[TRACE_FREE] += by_a_call;
}
