/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CORE_STATISTICS_H
#define CORE_STATISTICS_H

#include <stddef.h>

/*
 * Order statistics. Arrays are the caller's and are sorted in place where that is said.
 * An empty sample gives NaN.
 */

/* Sorts ascending; the sample holds no NaN. */
void statistics_sort(double *sample, size_t count);

/* Quantile of a sorted sample, linear between neighbours (type 7 of Hyndman and Fan,
 * "Sample quantiles in statistical packages", 1996). */
double statistics_quantile(const double *sorted, size_t count, double p);

/* Median of an unsorted sample, which is sorted in place. */
double statistics_median(double *sample, size_t count);
/* The same without sorting all of it, for large samples: leaves them in no order. */
double statistics_quantile_selected(double *sample, size_t count, double p);
double statistics_median_selected(double *sample, size_t count);

/*
 * Distribution-free confidence interval of the median from a sorted sample (sign test):
 * the narrowest symmetric pair of order statistics that covers the median with at least
 * `confidence`. Returns the coverage reached, or 0 with the interval set to the whole
 * range where the sample is too small (fewer than 6 values for 95 %).
 */
double statistics_median_interval(
	const double *sorted, size_t count, double confidence, double *low, double *high);

/* Isotonic regression, non-decreasing, unweighted, in place (pool adjacent violators).
 * Returns 0 or -ENOMEM. */
int statistics_make_monotone(double *values, size_t count);

#endif
