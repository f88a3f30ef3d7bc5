/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/statistics.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

/* Most samples are of a few windows or rounds. */
enum { INSERTION_MAX = 32 };

static int compare_doubles(const void *a, const void *b)
{
	double x = *(const double *)a;
	double y = *(const double *)b;

	return (x > y) - (x < y);
}

void statistics_sort(double *sample, size_t count)
{
	if (count > INSERTION_MAX) {
		qsort(sample, count, sizeof(*sample), compare_doubles);
		return;
	}
	for (size_t i = 1; i < count; i++) {
		double value = sample[i];
		size_t at = i;

		for (; at > 0 && sample[at - 1] > value; at--)
			sample[at] = sample[at - 1];
		sample[at] = value;
	}
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

/* Puts the element that would be `rank`-th in a sorted sample there, none larger before
 * it and none smaller behind it (Hoare, "Find", 1961). */
static void select_rank(double *sample, size_t count, size_t rank)
{
	size_t low = 0;
	size_t high = count - 1;

	while (low < high) {
		double pivot = sample[low + (high - low) / 2];
		size_t i = low;
		size_t j = high;

		while (i <= j) {
			double moved = sample[i];

			if (moved < pivot) {
				i++;
			} else if (sample[j] > pivot) {
				j--;
			} else {
				sample[i++] = sample[j];
				sample[j] = moved;
				/* Not below 0: the pivot stops it. */
				j -= j > low;
			}
		}
		if (rank <= j)
			high = j;
		else if (rank >= i)
			low = i;
		else
			return;
	}
}

double statistics_quantile_selected(double *sample, size_t count, double p)
{
	double position, share, below;
	size_t rank;

	if (count <= INSERTION_MAX) {
		statistics_sort(sample, count);
		return statistics_quantile(sample, count, p);
	}
	position = p * (double)(count - 1);
	rank = (size_t)position;
	share = position - (double)rank;
	if (share == 0) {
		select_rank(sample, count, rank);
		return sample[rank];
	}
	select_rank(sample, count, rank + 1);
	below = sample[0];
	for (size_t i = 1; i <= rank; i++)
		below = sample[i] > below ? sample[i] : below;
	return below + share * (sample[rank + 1] - below);
}

double statistics_median_selected(double *sample, size_t count)
{
	return statistics_quantile_selected(sample, count, 0.5);
}

/* P(X = k) for X binomial with n trials of probability 1/2. */
static double binomial_half(size_t k, size_t n)
{
	return exp(lgamma((double)n + 1) - lgamma((double)k + 1) -
		   lgamma((double)(n - k) + 1) - (double)n * log(2));
}

double statistics_median_interval(
	const double *sorted, size_t count, double confidence, double *low, double *high)
{
	/* Ten standard deviations below the mean lies less than 1e-22 of it. */
	double first = floor((double)count / 2 - 5 * sqrt((double)count));
	size_t k = first > 0 ? (size_t)first : 0;
	double probability = binomial_half(k, count);
	double below = 0;
	double coverage = 0;
	size_t rank = 0;

	if (count == 0) {
		*low = *high = NAN;
		return 0;
	}
	/* From the outermost pair inwards, as long as what lies outside stays small
	 * enough. */
	for (; 2 * k + 1 < count; k++) {
		double inside;

		below += probability;
		inside = 1 - 2 * below;
		if (inside < confidence)
			break;
		coverage = inside;
		rank = k;
		probability *= (double)(count - k) / (double)(k + 1);
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
