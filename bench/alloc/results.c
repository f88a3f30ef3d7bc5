/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bench/alloc/results.h"

#include "core/statistics.h"

#include <math.h>
#include <string.h>

double series_median_ns(const struct series *series)
{
	double sorted[ROUNDS_MAX];

	memcpy(sorted, series->ns, series->count * sizeof(*sorted));
	return statistics_median(sorted, series->count);
}

static struct ratio ratio_of(double *sample, size_t count)
{
	struct ratio ratio;

	statistics_sort(sample, count);
	ratio.median = statistics_quantile(sample, count, 0.5);
	ratio.exact = statistics_median_interval(
			      sample, count, 0.95, &ratio.low, &ratio.high) > 0;
	return ratio;
}

struct ratio row_time_ratio(const struct row *row, int of, int to)
{
	const struct series *a = &row->series[of];
	const struct series *b = &row->series[to];
	double sample[ROUNDS_MAX];
	size_t count = a->count < b->count ? a->count : b->count;

	for (size_t i = 0; i < count; i++)
		sample[i] = a->ns[i] / b->ns[i];
	return ratio_of(sample, count);
}

int row_best_peer(const struct row *row)
{
	double least = INFINITY;
	int best = -1;

	for (int i = 0; allocators[i].name; i++) {
		double ns = series_median_ns(&row->series[i]);

		if (allocators[i].peer && ns < least) {
			least = ns;
			best = i;
		}
	}
	return best;
}

struct ratio results_time_mean(const struct results *results, int of, int to)
{
	double sample[ROUNDS_MAX];
	size_t rounds = ROUNDS_MAX;
	size_t rows = 0;

	memset(sample, 0, sizeof(sample));
	for (size_t i = 0; i < results->count; i++) {
		const struct row *row = &results->rows[i];
		int other = to >= 0 ? to : row_best_peer(row);
		size_t count = row->series[of].count;

		if (row->pattern->memory_only || other < 0 || count == 0 ||
			row->series[other].count == 0)
			continue;
		if (row->series[other].count < count)
			count = row->series[other].count;
		rounds = count < rounds ? count : rounds;
		rows++;
		for (size_t r = 0; r < rounds; r++)
			sample[r] +=
				log(row->series[of].ns[r] / row->series[other].ns[r]);
	}
	if (rows == 0)
		rounds = 0;
	for (size_t r = 0; r < rounds; r++)
		sample[r] = exp(sample[r] / (double)rows);
	return ratio_of(sample, rounds);
}

double results_peak_mean(
	const struct results *results, int of, int to, double bytes, unsigned *count)
{
	double sum = 0;

	*count = 0;
	for (size_t i = 0; i < results->count; i++) {
		const struct series *a = &results->rows[i].series[of];
		const struct series *b = &results->rows[i].series[to];

		if (a->count == 0 || b->count == 0 || b->peak_bytes < bytes)
			continue;
		sum += log(a->peak_bytes / b->peak_bytes);
		++*count;
	}
	return *count ? exp(sum / *count) : (double)NAN;
}
