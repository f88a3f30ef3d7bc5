/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CORE_WINDOW_H
#define CORE_WINDOW_H

#include "base/clock.h"
#include "core/kernel.h"
#include "core/marker.h"
#include "core/measurement.h"
#include "counters/counters.h"

#include <stdint.h>

/* What brackets a window. */
struct window_meter {
	const struct clocks *clocks;
	const struct counter_backend *backend;
	struct counters *counters;   /* open and started; NULL: clocks only */
	size_t events_count;         /* of the open group */
	const struct marker *marker; /* NULL: none */
	const char *region;          /* of the marker; announced */
	double ghz_before; /* read after the last window, before this one; 0 not yet */
};

/*
 * Runs `reads` of the kernel between counter readings and, inside those, clock readings:
 * the counters' own cost stays outside the time. Fills reads, times, clock, switches,
 * clean, and the first events_count values of `measurement`; `clock_ghz` is the faster of
 * the readings on either side, since an interrupt can only slow one. A marker's
 * region is around it all. 0 or -errno of reading the counters or of the marker.
 */
int window_measure(struct window_meter *meter, const struct kernel *kernel,
	struct kernel_state *state, uint64_t reads, struct measurement *measurement);

/* Reads that take about window_ns, from running the kernel; a multiple of KERNEL_UNROLL.
 */
uint64_t window_calibrate(const struct clocks *clocks, const struct kernel *kernel,
	struct kernel_state *state, uint64_t window_ns);

/*
 * What a window costs and counts by itself, medians over many empty ones. Raw windows
 * hold it; analysis/ takes it off again.
 */
struct window_cost {
	double inside_ns;        /* by the wall clock, inside the clock readings */
	double inside_spread_ns; /* of it, between the quartiles */
	double cpu_ns;           /* by the thread's clock */
	double outside_ns; /* around it: counter and clock readings, the clock's chain */
	double read_ns;    /* one reading of the counters; 0 without */
	struct event_cost {
		bool known; /* the event ran in every empty window */
		double count;
		double spread;  /* between the quartiles */
	} events[GROUP_EVENTS]; /* the meter's */
};
int window_cost_measure(struct window_meter *meter, struct window_cost *cost);

/* The kernel's loop without its reads, in ns and in core cycles a read, over a buffer in
 * cache. */
struct loop_cost {
	double ns;
	double cycles;
};
int loop_cost_measure(
	const struct clocks *clocks, const struct kernel *kernel, struct loop_cost *cost);

#endif
