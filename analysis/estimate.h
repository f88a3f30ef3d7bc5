/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ANALYSIS_ESTIMATE_H
#define ANALYSIS_ESTIMATE_H

#include <stdbool.h>
#include <stddef.h>

/* Over rounds. NaN where not known; low and high are NaN below 6 rounds. */
struct estimate {
	size_t count; /* rounds that know the quantity */
	double median, p10, p90;
	double low, high; /* 95 % interval of the median, by the sign test */
};

/* Half of the interval relative to the median; NaN where there is none. */
double estimate_half_width(const struct estimate *estimate);

/* Quantiles of a sample without NaN, which is sorted; no interval. */
struct estimate estimate_spread(double *sample, size_t count);
/* The same with the interval, which is NaN where the sample is too
 * small for the confidence. */
struct estimate estimate_sample(double *sample, size_t count, double confidence);
/* Whether the logarithms of a sample stand for all values that are known: what is 0 in
 * most rounds is not told by the others. */
bool estimate_logs_tell(size_t logs, size_t known);
/* From logarithms back to what they are of. */
void estimate_exp(struct estimate *estimate);

enum verdict {
	VERDICT_NONE,       /* no pairs of rounds, or too few for an interval */
	VERDICT_SAME,       /* interval within 2 % of 1 */
	VERDICT_FASTER,     /* interval below 1 */
	VERDICT_SLOWER,     /* interval above 1 */
	VERDICT_UNRESOLVED, /* anything may be true */
};
#define RATIO_SAME 0.02
const char *verdict_name(enum verdict verdict);
/* What the interval of a ratio allows to say. */
enum verdict verdict_judge(const struct estimate *ratio);

#endif
