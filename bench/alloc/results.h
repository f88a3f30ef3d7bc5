/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef BENCH_ALLOC_RESULTS_H
#define BENCH_ALLOC_RESULTS_H

#include "bench/alloc/allocator.h"
#include "bench/alloc/pattern.h"
#include "bench/alloc/trial.h"

enum { PATTERNS_MAX = 40, ROUNDS_MAX = 101 };

/* What the rounds of one pattern gave, by allocator. Rounds are paired: the n-th of one
 * allocator ran beside the n-th of another. */
struct series {
	unsigned count; /* of outcomes without a failure, the first `count` rounds */
	double ns[ROUNDS_MAX];
	double peak_bytes; /* median of them */
	double returned;   /* median, or NaN */
	double returnable;
	char failure[128]; /* of the first round that failed; empty: none did */
};

struct row {
	const struct pattern *pattern;
	struct series series[ALLOCATORS_MAX]; /* by index of allocators[] */
};

struct results {
	struct row rows[PATTERNS_MAX];
	size_t count;
};

/* A median with its distribution-free interval of 95 %; the whole range below 6 values.
 */
struct ratio {
	double median; /* NaN: not both were measured */
	double low;
	double high;
	bool exact; /* the interval covers 95 % */
};

double series_median_ns(const struct series *series); /* NaN where there is none */

/* Of the paired rounds of two allocators: time of `of` over time of `to`. */
struct ratio row_time_ratio(const struct row *row, int of, int to);

/* The fastest by median among the allocators that are peers; -1 where none ran. */
int row_best_peer(const struct row *row);

/* Against the best peer of each pattern, or a given allocator (to >= 0): the geometric
 * mean over the patterns whose time counts, round by round. */
struct ratio results_time_mean(const struct results *results, int of, int to);

/* Peak memory of `of` over that of `to`, geometric mean over the patterns where `to`
 * peaks above `bytes`; their number goes to *count. NaN for none. */
double results_peak_mean(
	const struct results *results, int of, int to, double bytes, unsigned *count);

#endif
