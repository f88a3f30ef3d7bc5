/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ANALYSIS_EXECUTION_COUNTS_H
#define ANALYSIS_EXECUTION_COUNTS_H

#include "analysis/quantity.h"
#include "core/environment.h"
#include "core/execution.h"
#include "counters/group.h"

#include <stddef.h>

/*
 * What the counters say of each execution: the run's events, then what its groups derive
 * from them without knowing the kernel's reads ("Instructions per cycle").
 */
enum { EXECUTION_METRICS = 16 };

struct execution_counts {
	double *values; /* by execution, `columns` of each; NaN: not known */
	size_t columns; /* the run's events, then `metrics_count` metrics */
	const char *metrics[EXECUTION_METRICS]; /* names, the groups' */
	size_t metrics_count;
	/* By event: the self-check's verdict that forbids it, in whichever group; NULL
	 * none. It has no values then. */
	const struct event_verdict *excluded[RECORD_EVENTS];
	struct reading_tally tally;
	bool user; /* user space alone is counted: CPU_NS of formulas is its time */
};

/* Borrows the groups; those that an execution names and are not among them have no
 * metrics and no sums. 0 or -ENOMEM; release after success only. */
int execution_counts_init(struct execution_counts *counts,
	const struct records *executions, const struct environment *environment,
	const struct group *groups, size_t groups_count);
void execution_counts_release(struct execution_counts *counts);

#endif
