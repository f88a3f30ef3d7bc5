/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef TESTS_ANALYSIS_NOISE_H
#define TESTS_ANALYSIS_NOISE_H

#include "base/random.h"

#include <math.h>

/* Lognormal about 1, as times of programs are, about; the sum of twelve uniforms is close
 * enough to normal for that. */
static inline double noise(struct random *random, double spread)
{
	double sum = -6;

	for (int i = 0; i < 12; i++)
		sum += ((double)random_below(random, 1u << 30) + 0.5) / (1u << 30);
	return exp(spread * sum);
}

#endif
