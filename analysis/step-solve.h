/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ANALYSIS_STEP_SOLVE_H
#define ANALYSIS_STEP_SOLVE_H

#include "analysis/step-fit.h"

#include <stdbool.h>
#include <stddef.h>

/* Private to fits of steps: columns of a dictionary, and their normal equations. */

/* Positions an octave of the grid; and the least gain in chi-squared of a rise: three
 * parameters at the price that the Bayesian criterion has for some fifty sizes. */
enum { STEP_GRID = 4 };
#define STEP_LEAST_GAIN 10.0
enum { STEP_FIRST = 1 + STEP_GIVEN, STEP_TAKEN = STEP_FIRST + STEP_RISES };

/* The columns taken so far, and the factor of their normal equations. */
struct step_active {
	size_t columns[STEP_TAKEN]; /* the base first */
	size_t count, rises;
	double factor[STEP_TAKEN][STEP_TAKEN]; /* lower triangle */
	double solved[STEP_TAKEN];             /* factor^-1 targets */
};

/* Of a rise's column, from STEP_FIRST on. */
double step_column_at(const struct step_dictionary *dictionary, size_t column);
size_t step_column_shape(size_t column);

/* Sets the targets of all columns. */
void step_set_targets(struct step_dictionary *dictionary, const double *times);
/* What a column adds to the factor: its row, whose last element is returned squared; not
 * above 0 where it is (nearly) a sum of those that are taken. */
double step_project(const struct step_dictionary *dictionary,
	const struct step_active *active, size_t column, double row[STEP_TAKEN]);
/* False where it is such a sum, and is not taken. */
bool step_append(const struct step_dictionary *dictionary, struct step_active *active,
	size_t column);
/* The base, and all that is given. */
struct step_active step_start(const struct step_dictionary *dictionary);
/* Of chi-squared, by the columns taken. */
double step_explained(const struct step_active *active);

#endif
