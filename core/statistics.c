/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/statistics.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

static int compare_doubles(const void *a, const void *b)
{
	double x = *(const double *)a;
	double y = *(const double *)b;

	return (x > y) - (x < y);
}

void statistics_sort(double *sample, size_t count)
{
	/* qsort may not be given a null array even where there is nothing to sort. */
	if (count > 1)
		qsort(sample, count, sizeof(*sample), compare_doubles);
}

double statistics_quantile(const double *sorted, size_t count, double p)
{
	double position;
	size_t below;

	if (count == 0)
		return NAN;
	position = p * (double)(count - 1);
	below = (size_t)position;
	if (below + 1 >= count)
		return sorted[count - 1];
	return sorted[below] +
	       (position - (double)below) * (sorted[below + 1] - sorted[below]);
}

double statistics_median(double *sample, size_t count)
{
	statistics_sort(sample, count);
	return statistics_quantile(sample, count, 0.5);
}

/* P(X <= k) for X binomial with n trials of probability 1/2. */
static double binomial_half_cdf(size_t k, size_t n)
{
	double sum = 0;

	for (size_t i = 0; i <= k; i++)
		sum += exp(lgamma((double)n + 1) - lgamma((double)i + 1) -
			   lgamma((double)(n - i) + 1) - (double)n * log(2));
	return sum;
}

double statistics_median_interval(
	const double *sorted, size_t count, double confidence, double *low, double *high)
{
	double coverage = 0;
	size_t rank = 0;

	if (count == 0) {
		*low = *high = NAN;
		return 0;
	}
	/* From the outermost pair inwards, as long as what lies outside stays small
	 * enough. */
	for (size_t k = 0; 2 * k + 1 < count; k++) {
		double inside = 1 - 2 * binomial_half_cdf(k, count);

		if (inside < confidence)
			break;
		coverage = inside;
		rank = k;
	}
	*low = sorted[rank];
	*high = sorted[count - 1 - rank];
	return coverage;
}

int statistics_make_monotone(double *values, size_t count)
{
	double *sums = malloc((count ? count : 1) * sizeof(*sums));
	size_t *sizes = malloc((count ? count : 1) * sizeof(*sizes));
	size_t blocks = 0;
	size_t position = 0;

	if (!sums || !sizes) {
		free(sums);
		free(sizes);
		return -ENOMEM;
	}
	for (size_t i = 0; i < count; i++) {
		sums[blocks] = values[i];
		sizes[blocks++] = 1;
		while (blocks > 1 &&
			sums[blocks - 2] * (double)sizes[blocks - 1] >
				sums[blocks - 1] * (double)sizes[blocks - 2]) {
			sums[blocks - 2] += sums[blocks - 1];
			sizes[blocks - 2] += sizes[blocks - 1];
			blocks--;
		}
	}
	for (size_t block = 0; block < blocks; block++)
		for (size_t i = 0; i < sizes[block]; i++)
			values[position++] = sums[block] / (double)sizes[block];
	free(sums);
	free(sizes);
	return 0;
}
