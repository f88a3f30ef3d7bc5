/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CORE_WINDOW_H
#define CORE_WINDOW_H

#include "base/clock.h"
#include "core/kernel.h"
#include "core/measurement.h"
#include "counters/counters.h"

#include <stdint.h>

/* What brackets a window. */
struct window_meter {
	const struct clocks *clocks;
	const struct counter_backend *backend;
	struct counters *counters; /* open and started; NULL: clocks only */
	size_t events_count;       /* of the open group */
	double ghz_before; /* read after the last window, before this one; 0 not yet */
};

/*
 * Runs `reads` of the kernel between counter readings and, inside those, clock readings:
 * the counters' own cost stays outside the time. Fills reads, times, clock, switches,
 * clean, and the first events_count values of `measurement`; `clock_ghz` is the faster of
 * the readings on either side, since an interrupt can only slow one. 0 or -errno of
 * reading the counters.
 */
int window_measure(struct window_meter *meter, const struct kernel *kernel,
	struct kernel_state *state, uint64_t reads, struct measurement *measurement);

/* Reads that take about window_ns, from running the kernel; a multiple of KERNEL_UNROLL.
 */
uint64_t window_calibrate(const struct clocks *clocks, const struct kernel *kernel,
	struct kernel_state *state, uint64_t window_ns);

/* Medians over many empty windows: inside the clocks, and around them (counter and clock
 * readings and the clock's chain). */
struct window_cost {
	double inside_ns;
	double outside_ns;
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
