/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/gain.h"

#include "analysis/nominal.h"
#include "core/statistics.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

/* A headline is one of many that might have been: wrong in one of a hundred at most. */
#define CONFIDENCE 0.99

/* Mean log-ratio of a round over the sizes past the cache that both measured at all; NaN
 * where the round lacks one of them, so that rounds compare like with like. */
static double mean_in_round(
	const struct gain *gain, const struct series *baseline, uint64_t number)
{
	double sum = 0;
	size_t sizes = 0;

	for (size_t i = 0; i < gain->series->count; i++) {
		const struct stair *stair = &gain->series->stairs[i];
		const struct stair *other = series_find(baseline, stair->bytes);

		if (stair->bytes <= gain->past_bytes || !other || stair->windows == 0 ||
			other->windows == 0)
			continue;
		sum += log(stair_time_in_round(stair, number) /
			   stair_time_in_round(other, number));
		sizes++;
	}
	return sizes > 0 && isfinite(sum) ? sum / (double)sizes : NAN;
}

/* Round numbers are those of the baseline's largest size. */
static int measure(struct gain *gain, const struct series *baseline)
{
	const struct stair *stair = &baseline->stairs[baseline->count - 1];
	double *sample = calloc(stair->rounds_count + 1, sizeof(*sample));
	size_t count = 0;

	if (!sample)
		return -ENOMEM;
	for (size_t i = 0; i < stair->rounds_count; i++) {
		double mean = mean_in_round(gain, baseline, stair->rounds[i].number);

		if (!isnan(mean))
			sample[count++] = mean;
	}
	gain->ratio = estimate_sample(sample, count, gain->confidence);
	estimate_exp(&gain->ratio);
	gain->verdict = verdict_judge(&gain->ratio);
	free(sample);
	return 0;
}

int gain_find(const struct staircase *staircase, const struct series *baseline,
	const struct machine *machine, struct gain gains[GAINS])
{
	uint64_t past = nominal_last_cache(machine, baseline->cpu);
	int count = 0;
	int kept = 0;

	if (past == 0 || !baseline->baseline)
		return 0;
	for (size_t i = 0; i < staircase->count && count < GAINS; i++) {
		const struct series *series = &staircase->series[i];

		if (series != baseline && series->windows > 0 &&
			series_same_facet(series, baseline))
			gains[count++] =
				(struct gain){.series = series, .past_bytes = past};
	}
	for (int i = 0; i < count; i++) {
		gains[i].confidence = 1 - (1 - CONFIDENCE) / count;
		if (measure(&gains[i], baseline))
			return -ENOMEM;
	}
	for (int i = 0; i < count; i++)
		if (gains[i].ratio.count > 0)
			gains[kept++] = gains[i];
	return kept;
}
