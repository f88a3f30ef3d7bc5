/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ANALYSIS_PERF_STAT_PRINT_H
#define ANALYSIS_PERF_STAT_PRINT_H

#include "analysis/comparison.h"
#include "base/text.h"
#include "core/environment.h"

/*
 * A contender's events as perf-stat(1) prints those of repeated executions: means, with
 * the deviation of the mean in per cent of it. Events count in watched executions, times
 * are of those that nothing disturbs. An event that no kernel took, which is in none of
 * the environment's sources, is "<not supported>".
 */
int perf_stat_print(const struct comparison *comparison,
	const struct environment *environment, const struct contender *contender,
	struct text *text);

/* As with -x: count, unit, event, deviation where there are several executions, time that
 * the counter ran in ns, per cent of the time that it was to run, and two empty fields.
 */
int perf_stat_print_fields(const struct comparison *comparison,
	const struct environment *environment, const struct contender *contender,
	const char *separator, struct text *text);

#endif
