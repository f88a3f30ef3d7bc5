/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/estimate.h"

#include "core/statistics.h"

#include <math.h>

double estimate_half_width(const struct estimate *estimate)
{
	return (estimate->high - estimate->low) / 2 / estimate->median;
}

const char *verdict_name(enum verdict verdict)
{
	static const char *const names[] = {
		[VERDICT_NONE] = "",
		[VERDICT_SAME] = "same",
		[VERDICT_FASTER] = "faster",
		[VERDICT_SLOWER] = "slower",
		[VERDICT_UNRESOLVED] = "unresolved",
	};

	return names[verdict];
}

struct estimate estimate_spread(double *sample, size_t count)
{
	struct estimate estimate = {.count = count, .low = NAN, .high = NAN};

	statistics_sort(sample, count);
	estimate.median = statistics_quantile(sample, count, 0.5);
	estimate.p10 = statistics_quantile(sample, count, 0.1);
	estimate.p90 = statistics_quantile(sample, count, 0.9);
	return estimate;
}

struct estimate estimate_sample(double *sample, size_t count, double confidence)
{
	struct estimate estimate = estimate_spread(sample, count);
	double low, high;

	if (count > 0 && statistics_median_interval(
				 sample, count, confidence, &low, &high) >= confidence) {
		estimate.low = low;
		estimate.high = high;
	}
	return estimate;
}

bool estimate_logs_tell(size_t logs, size_t known)
{
	return 2 * logs > known;
}

void estimate_exp(struct estimate *estimate)
{
	estimate->median = exp(estimate->median);
	estimate->p10 = exp(estimate->p10);
	estimate->p90 = exp(estimate->p90);
	estimate->low = exp(estimate->low);
	estimate->high = exp(estimate->high);
}

enum verdict verdict_judge(const struct estimate *ratio)
{
	if (isnan(ratio->low))
		return VERDICT_NONE;
	if (ratio->low >= 1 - RATIO_SAME && ratio->high <= 1 + RATIO_SAME)
		return VERDICT_SAME;
	if (ratio->high < 1)
		return VERDICT_FASTER;
	return ratio->low > 1 ? VERDICT_SLOWER : VERDICT_UNRESOLVED;
}
