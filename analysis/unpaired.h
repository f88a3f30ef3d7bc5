/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ANALYSIS_UNPAIRED_H
#define ANALYSIS_UNPAIRED_H

#include "analysis/estimate.h"

#include <stddef.h>

/*
 * The ratio of two samples whose values are no pairs, as rounds of different sessions
 * are none: from the logarithms' Hodges-Lehmann shift, the median of all differences, and
 * its exact interval by the rank-sum test (Moses; Hollander, Wolfe and Chicken,
 * "Nonparametric Statistical Methods", 2014, section 4.3). It supposes that both are
 * alike in shape, and nothing of that shape; as the sign test's for pairs it is never
 * short of the confidence, and exceeds it by what whole ranks leave. Above 60 values
 * together the ranks' normal approximation stands in.
 */

/* Of values above 0. low and high are NaN where there are too few for the confidence.
 * count is that of the smaller sample. 0 or -ENOMEM. */
int unpaired_ratio(const double *a, size_t a_count, const double *b, size_t b_count,
	double confidence, struct estimate *ratio);

/* How many differences, from each end, lie outside the interval; -1: too few. */
long unpaired_rank(size_t a_count, size_t b_count, double confidence);

/* The values that each of two equal samples needs for an interval. */
size_t unpaired_needed(double confidence);

#endif
