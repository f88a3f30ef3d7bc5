/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CORE_CHECK_JUDGE_H
#define CORE_CHECK_JUDGE_H

#include "core/check/known.h"
#include "core/check/verdict.h"
#include "counters/counters.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * From windows of kernels with a known answer to a verdict on each event of a group.
 * Pure.
 *
 * A group's windows come in two orders: its own, and with the events moved on by one. An
 * event that counts in one order only has lost its counter; one that counts in neither is
 * dead itself.
 */
enum { CHECK_ORDERS = 2, CHECK_WINDOWS = 7 };

struct check_window {
	unsigned order;
	bool clean;
	uint64_t reads, wall_ns, cpu_ns;
	double clock_ghz;
	struct counter_value values[GROUP_EVENTS]; /* by the group, in either order */
};

/* All windows of a group over one kernel. */
struct check_series {
	const struct known_kernel *kernel;
	double instructions, branches; /* of a window; NaN unknown */
	struct check_window windows[CHECK_ORDERS * CHECK_WINDOWS];
	size_t count;
	char absent[VERDICT_WHY]; /* why this machine has not got the kernel; else empty
				   */
};

enum test_outcome {
	TEST_UNDECIDED, /* not in the range, nor certainly beyond it */
	TEST_HOLDS,
	TEST_FAILS,
	TEST_NOT_RUN /* the kernel, or a counter, was not to be had */
};

/* An expectation, or an identity over one kernel, and what came of it. */
struct check_test {
	char kernel[KERNEL_NAME];
	char formula[2 * FORMULA];
	double low, high;
	double counted;  /* median over windows; NaN none */
	double p10, p90; /* of the windows */
	double units;    /* mean of what the formula divides by; NaN where it does not */
	size_t windows;  /* that have a value */
	bool identity;   /* the formula is a relative difference of two */
	bool uses[GROUP_EVENTS];
	bool sensitive[GROUP_EVENTS]; /* would not hold if this event were none */
	/* Would hold if the counter showed some other share of this event, 0 to 4 times.
	 */
	bool explains[GROUP_EVENTS];
	bool firm; /* nothing that neighbours do moves it much */
	enum test_outcome outcome;
};

enum {
	CHECK_TESTS = GROUP_EXPECTATIONS + GROUP_EVENTS + GROUP_IDENTITIES * KNOWN_KERNELS
};

struct judged_group {
	const struct group *group;
	struct event_verdict verdicts[GROUP_EVENTS];
	struct check_test tests[CHECK_TESTS];
	size_t tests_count;
	size_t rejected; /* values that did not run all of their window */
	size_t lost;     /* events whose counter was lost in one order or at times */
};

/* The group's expectations, and those of perf's generic events that no expectation of the
 * group's speaks of. Returns how many. */
enum { EXPECTATIONS = GROUP_EXPECTATIONS + GROUP_EVENTS };
size_t expectations_collect(
	const struct group *group, struct expectation expectations[EXPECTATIONS]);

/* Which of the group's events a formula uses. */
void formula_uses(
	const struct group *group, const char *formula, bool uses[GROUP_EVENTS]);

/*
 * `status` is of opening the group in its own order. Borrows the group; everything else
 * is copied.
 */
void judge_group(struct judged_group *judged, const struct group *group,
	const struct counter_event_status *status, const struct check_series *series,
	size_t series_count);

#endif
