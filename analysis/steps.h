/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ANALYSIS_STEPS_H
#define ANALYSIS_STEPS_H

#include "analysis/step-fit.h"

#include <stddef.h>

/*
 * The steps of a staircase in time: where a fitted curve climbs, between parts where it
 * is flat. Two climbs are one step where nothing flat that was measured lies between
 * them; a climb of less than a fifth is none (the slow rise of memory, as ever more
 * walks of the page table miss the caches, is no level).
 */
enum { STEPS = STEP_RISES };
struct step {
	double onset, half, full; /* log2 of bytes, where 5, 50 and 95 % of it is done */
	double resident;          /* bytes: the most of a size that stays before it */
	double before, after;     /* times */
	struct step_fit own;      /* its rises alone */
};

struct step_list {
	struct step list[STEPS];
	size_t count;
};

/* By size. The sizes are those measured, ascending; `given` what other causes than steps
 * add to the time at each, which steps are held against. */
void steps_find(const struct step_fit *fit, const double *x, const double *given,
	size_t sizes, struct step_list *steps);

#endif
