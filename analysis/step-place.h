/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ANALYSIS_STEP_PLACE_H
#define ANALYSIS_STEP_PLACE_H

#include "analysis/step-fit.h"

#include <stdbool.h>
#include <stddef.h>

/*
 * Where a few steps are whose number is known beforehand: of all positions and shapes of
 * the dictionary, not the ones that fit best alone are taken, but the mean over all by
 * their likelihood and by what was thought of the positions before. A reach and a gentle
 * step some way ahead of it may fit alike, and then neither is sure.
 */
enum { STEP_PLACES = 2 };
struct step_place {
	/* By position of the grid: minus the logarithm of what is thought of it before;
	 * INFINITY where it cannot be. */
	const double *costs;
	double absent;              /* the same of its absence */
	double shapes[STEP_SHAPES]; /* the same of its shapes */
	/* Found: */
	bool found;
	double half; /* log2 of bytes */
	size_t shape;
	double height;
};

size_t step_positions(const struct step_dictionary *dictionary);
double step_position(const struct step_dictionary *dictionary, size_t position);

/* What else may or may not be in the times: one of several parts, all as likely before,
 * is put in the place of a given one in turn. */
struct step_choice {
	size_t index; /* of the given part */
	const struct step_given *parts;
	size_t count;
	size_t best; /* found: the likeliest */
};

/* Places by size, up to STEP_PLACES of them: each begins after the one before. 0 or
 * -ENOMEM. */
int step_place(struct step_dictionary *dictionary, const double *times,
	struct step_place *places, size_t count, struct step_choice *other);

#endif
