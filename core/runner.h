/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CORE_RUNNER_H
#define CORE_RUNNER_H

#include "alloc/backend.h"
#include "base/clock.h"
#include "base/error.h"
#include "core/measurement.h"
#include "core/plan.h"
#include "core/progress.h"
#include "core/window.h"
#include "counters/counters.h"
#include "topology/topology.h"

#include <signal.h>
#include <stdbool.h>

/* Everything that a run of a plan needs; all of it the caller's and outliving the run. */
struct runner_setup {
	const struct machine *machine;
	const struct plan *plan;
	const struct plan_options *options;
	const struct clocks *clocks;
	const struct counter_backend *counters;
	const struct group *groups; /* by name as the plan's points have it */
	size_t groups_count;
	struct counter_filter filter;    /* whose instructions count */
	const struct event_list *events; /* columns: every event of the groups */
	const struct marker *marker;     /* a region for each point; NULL: none */
	const struct memory_backend *(*find_memory)(const char *name);
	bool scaled; /* mark windows whose values will be extrapolated */
	bool verify; /* prove every layout (costs one pass over the buffer) */
	volatile const sig_atomic_t
		*stop; /* set by a signal handler: end after this window */

	/* Called with every window, in order. A failure ends the run. */
	int (*write)(void *context, const struct measurement *measurement);
	/* Called after each point: what was written so far is to be made safe. */
	int (*flush)(void *context);
	void (*progress)(
		void *context, const struct progress *progress); /* may be NULL */
	void *context;
};

struct runner_outcome {
	unsigned rounds_done;
	uint64_t elapsed_ns;
	size_t windows;
	size_t errors;     /* points without a window, over all rounds */
	size_t unresolved; /* buffers wider than the target at the end */
	bool interrupted;
	/* By setup->groups, or one for windows of clocks alone. */
	struct window_cost window_costs[PLAN_NAMES];
	struct counter_read_cost read_costs[PLAN_NAMES];
	double reading_ns; /* spent in reading counters, by their cost and number */
	struct loop_cost loop_costs[PLAN_NAMES]; /* by options->kernels */
};

/*
 * Runs the plan: rounds of fresh allocations, sizes ascending, backends side by side at
 * each size. After rounds_min rounds a size is left out once all of its points are within
 * the target, and no round begins after the budget. Pins the calling thread to the
 * points' CPUs and restores its affinity. 0 also with error rows or when stopped; -errno
 * with the complaint when the run itself cannot go on (writing failed, CPU cannot be
 * had).
 */
int runner_run(const struct runner_setup *setup, struct runner_outcome *outcome,
	struct complaint *complaint);

#endif
