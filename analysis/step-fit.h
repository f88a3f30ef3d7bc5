/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ANALYSIS_STEP_FIT_H
#define ANALYSIS_STEP_FIT_H

#include <stddef.h>

/*
 * A staircase in time as a base and rises: time(x) = base + sum of height x F(x - at), x
 * the logarithm of the size to base 2, heights not negative, F from a small dictionary of
 * shapes at a grid of positions. Relative errors are fitted, by orthogonal matching
 * pursuit with replacement: rises are added as long as each improves chi-squared by more
 * than what a rise that is not there would (Pati, Rezaiifar and Krishnaprasad, 1993).
 * A step that no shape fits becomes several rises: steps.h joins them.
 */
enum { STEP_RISES = 10, STEP_SHAPES = 4 };

struct step_rise {
	double at;    /* log2 of bytes, where half of it is done */
	size_t shape; /* 0 sharp, 1, 2 gentle, 3 of a reach R: 1 - R/x beyond R */
	double height;
};

struct step_fit {
	double base;
	struct step_rise rises[STEP_RISES];
	size_t count;
	double chi_squared;
};

/* The dictionary over given sizes and errors; many fits share one. */
struct step_dictionary {
	size_t sizes, columns; /* column 0 is the base */
	double *x;             /* log2 of bytes, by size, ascending */
	double *weights;       /* 1 / error squared, by size */
	double *values;        /* of F, by column and size */
	double *products;      /* weighted, of two columns */
	double *targets;       /* of a column and what is fitted */
};

/* `errors` are absolute standard errors, above 0. 0 or -ENOMEM; release after success
 * only. At least 2 sizes. */
int step_dictionary_init(struct step_dictionary *dictionary, const double *x,
	const double *errors, size_t sizes);
void step_dictionary_release(struct step_dictionary *dictionary);

void step_fit(
	struct step_dictionary *dictionary, const double *times, struct step_fit *fit);

/* The fitted time at a size, and its derivative by log2 of the size. */
double step_fit_value(const struct step_fit *fit, double x, double *slope);

#endif
