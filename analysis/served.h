/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ANALYSIS_SERVED_H
#define ANALYSIS_SERVED_H

#include "analysis/staircase.h"

#include <stdbool.h>
#include <stddef.h>

/*
 * Which level served the reads, as shares that add up to 1. How finely depends on what
 * the CPU counts: fills by source where it tells them apart, else L1 and LLC misses.
 */
enum { SERVED_LEVELS = 4 };
struct served {
	const char *names[SERVED_LEVELS]; /* nearest first: "L1", "L2", "L3", "DRAM" */
	double shares[SERVED_LEVELS];
	size_t count; /* 0: not counted */
	/* What tells each level's share but the first's, which is the rest. */
	enum quantity sources[SERVED_LEVELS];
	bool misses; /* the sources count misses: each holds those of the next level too
		      */
};

/* The levels that this staircase can tell apart, with no shares yet. */
void served_levels(const struct staircase *staircase, struct served *served);

/* Sets the shares of one stair: 0, or -ENODATA where it lacks a count. */
int served_shares(const struct stair *stair, struct served *served);

#endif
