/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ANALYSIS_COMPARISON_H
#define ANALYSIS_COMPARISON_H

#include "analysis/estimate.h"
#include "analysis/execution-counts.h"
#include "analysis/profile.h"
#include "core/environment.h"
#include "core/execution.h"

#include <stdbool.h>
#include <stddef.h>

/*
 * What another allocator changes for a program: ratios to the reference, paired by round,
 * from raw executions.
 */
enum {
	COMPARISON_CONTENDERS = 24,
	COMPARISON_FIXED = 11,
	COMPARISON_QUANTITIES = COMPARISON_FIXED + RECORD_EVENTS + EXECUTION_METRICS
};

/* What is compared: the fixed ones below, then the run's events by their list, then what
 * its groups derive from them. */
enum comparison_quantity {
	COMPARE_WALL,
	COMPARE_CPU, /* user and system */
	COMPARE_USER,
	COMPARE_SYSTEM,
	COMPARE_FAULTS, /* minor and major */
	COMPARE_SWITCHES,
	COMPARE_MEMORY, /* peak, hugetlb pages included */
	COMPARE_HUGETLB,
	COMPARE_HUGE_SHARE, /* of private memory on huge pages */
	COMPARE_POOL,
	COMPARE_THROUGHPUT
};
struct quantity_row {
	const char *name;
	const char *unit;  /* "ns", "B", "", "share", "1/s" */
	bool from_watched; /* needs an execution whose memory was sampled */
	bool more_is_better;
	double (*get)(const struct execution *execution); /* NaN: not known */
};
extern const struct quantity_row comparison_quantities[COMPARISON_FIXED];

struct contender {
	const char *allocator;
	size_t executions; /* of both kinds */
	size_t failed;     /* crashed, ran out of time, could not be executed, or ended
			      otherwise than the reference */
	const struct execution *failure; /* the first of them; NULL */
	size_t outputs_differ;           /* from the reference's first output */
	struct estimate values[COMPARISON_QUANTITIES];
	struct estimate ratios[COMPARISON_QUANTITIES]; /* to the reference, by round */
	enum verdict verdicts[COMPARISON_QUANTITIES];
	struct estimate tax; /* watched to timed wall time, by round: what counting costs
			      */
};

struct comparison {
	const struct records *executions;
	struct contender contenders[COMPARISON_CONTENDERS]; /* the reference first */
	size_t count;
	size_t quantities; /* COMPARISON_FIXED, the events, the metrics */
	size_t rounds;
	bool timed;  /* some executions are: times come from them */
	bool scaled; /* counts of a part of the time are extrapolated */
	struct execution_counts counts;
	/* Of one traced execution of the reference; NULL: none was traced. The caller
	 * sets it, and keeps it. */
	const struct allocation_totals *allocations;
	/* Of the ratios of wall time: such that all of them hold together with 95 %. */
	double wall_confidence;
	/* Of the wall time of all timed executions, what the hypervisor took from their
	 * CPUs; 0 on bare metal. */
	double stolen_share;
};

/*
 * Borrows the executions, whose first names the reference, the environment that they were
 * made in, and the groups that counted. Executions that failed give no numbers. 0;
 * -ENODATA where there is none; -ENOMEM. Release after success only.
 */
int comparison_build(struct comparison *comparison, const struct records *executions,
	const struct environment *environment, const struct group *groups,
	size_t groups_count);
void comparison_release(struct comparison *comparison);

/* Of one allocator in one round; NaN where it has none. */
double comparison_value(const struct comparison *comparison, const char *allocator,
	uint64_t round, size_t quantity);

/* The name of any quantity: behind the fixed ones the event's, or the metric's. */
const char *comparison_name(const struct comparison *comparison, size_t quantity);

/* Best contender that is faster than the reference for sure; NULL where there is none. */
const struct contender *comparison_best(const struct comparison *comparison);

/* Whether the program was seen to get its memory from elsewhere than malloc, so that no
 * allocator can change anything: nothing was traced, or less than a fiftieth of the
 * memory of a program that has some. */
bool comparison_is_beside_malloc(const struct comparison *comparison);

#endif
