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
enum { STEP_RISES = 10, STEP_SHAPES = 4, STEP_GIVEN = 20 };

/* F of a shape at a distance from its position in octaves, and its derivative. */
enum { STEP_REACH = STEP_SHAPES - 1 };
double step_shape_value(size_t shape, double distance, double *slope);

struct step_rise {
	double at;    /* log2 of bytes, where half of it is done */
	size_t shape; /* 0 sharp, 1, 2 gentle, 3 of a reach R: 1 - R/x beyond R */
	double height;
};

struct step_fit {
	double base;
	struct step_rise rises[STEP_RISES];
	size_t count;
	double given[STEP_GIVEN]; /* heights; 0 where not given, or of no use */
	double chi_squared;
};

/* The dictionary over given sizes and errors; many fits share one. */
struct step_dictionary {
	size_t sizes, columns;     /* column 0 is the base, those given follow */
	double *x;                 /* log2 of bytes, by size, ascending */
	double *weights;           /* 1 / error squared, by size */
	double *values;            /* of F, by column and size */
	double *products;          /* weighted, of two columns */
	double *targets;           /* of a column and what is fitted */
	double priors[STEP_GIVEN]; /* of the heights of those given, for targets */
};

/* `errors` are absolute standard errors, above 0. 0 or -ENOMEM; release after success
 * only. At least 2 sizes. */
int step_dictionary_init(struct step_dictionary *dictionary, const double *x,
	const double *errors, size_t sizes);
void step_dictionary_release(struct step_dictionary *dictionary);
/* A part of the time whose shape is known, by size, and of its height what is thought of
 * it before, as a normal prior, where `error` is above 0. */
struct step_given {
	const double *values; /* NULL: none */
	double height, error;
};
/* Of what is given a fit takes all that it can at heights above 0. */
void step_dictionary_give(
	struct step_dictionary *dictionary, size_t index, const struct step_given *given);

void step_fit(
	struct step_dictionary *dictionary, const double *times, struct step_fit *fit);

/* The fitted base and rises at a size, and their derivative by log2 of the size. */
double step_fit_value(const struct step_fit *fit, double x, double *slope);

#endif
