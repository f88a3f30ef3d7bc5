/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/unpaired.h"

#include "core/statistics.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { EXACT_MOST = 60, EXACT_RANKS = EXACT_MOST * EXACT_MOST / 4 };

/* In how many orders of both samples the rank-sum statistic is u, for u up to `most`: the
 * coefficients of a Gaussian binomial, product of (1 - q^(m+i)) / (1 - q^i). */
static void count_orders(
	size_t n, size_t m, size_t most, long double counts[EXACT_RANKS + 1])
{
	memset(counts, 0, (most + 1) * sizeof(*counts));
	counts[0] = 1;
	for (size_t i = 1; i <= n; i++) {
		for (size_t u = most + 1; u-- > m + i;)
			counts[u] -= counts[u - m - i];
		for (size_t u = i; u <= most; u++)
			counts[u] += counts[u - i];
	}
}

static long exact_rank(size_t n, size_t m, double tail)
{
	const size_t most = n * m / 2;
	long double counts[EXACT_RANKS + 1];
	long double all = expl(lgammal((long double)(n + m) + 1) -
			       lgammal((long double)n + 1) - lgammal((long double)m + 1));
	long double sum = 0;
	long rank = -1;

	count_orders(n, m, most, counts);
	for (size_t u = 0; u <= most; u++) {
		sum += counts[u];
		/* lgamma is not quite a whole number's. */
		if (sum > tail * all * (1 + 1e-9L))
			break;
		rank = (long)u;
	}
	return rank;
}

/* Upper quantile of the normal distribution, by bisection of its tail. */
static double normal_quantile(double tail)
{
	double low = 0;
	double high = 40;

	for (int i = 0; i < 80; i++) {
		double middle = (low + high) / 2;

		if (erfc(middle / M_SQRT2) / 2 > tail)
			low = middle;
		else
			high = middle;
	}
	return low;
}

long unpaired_rank(size_t a_count, size_t b_count, double confidence)
{
	const double n = (double)a_count;
	const double m = (double)b_count;
	const double tail = (1 - confidence) / 2;

	if (a_count == 0 || b_count == 0)
		return -1;
	if (a_count + b_count <= EXACT_MOST)
		return exact_rank(a_count, b_count, tail);
	return (long)floor(n * m / 2 - 0.5 -
			   normal_quantile(tail) * sqrt(n * m * (n + m + 1) / 12)) -
	       1;
}

size_t unpaired_needed(double confidence)
{
	size_t n = 1;

	while (n < EXACT_MOST / 2 && unpaired_rank(n, n, confidence) < 0)
		n++;
	return n;
}

int unpaired_ratio(const double *a, size_t a_count, const double *b, size_t b_count,
	double confidence, struct estimate *ratio)
{
	const size_t count = a_count * b_count;
	const long rank = unpaired_rank(a_count, b_count, confidence);
	double *differences = malloc((count + 1) * sizeof(*differences));

	if (!differences)
		return -ENOMEM;
	for (size_t i = 0; i < a_count; i++)
		for (size_t k = 0; k < b_count; k++)
			differences[i * b_count + k] = log(b[k] / a[i]);
	*ratio = estimate_spread(differences, count);
	ratio->count = a_count < b_count ? a_count : b_count;
	if (rank >= 0) {
		ratio->low = differences[rank];
		ratio->high = differences[count - 1 - (size_t)rank];
	}
	estimate_exp(ratio);
	free(differences);
	return 0;
}
