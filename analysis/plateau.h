/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ANALYSIS_PLATEAU_H
#define ANALYSIS_PLATEAU_H

#include "analysis/staircase.h"

/*
 * The flat parts of a staircase: what one level costs where it serves (nearly) all
 * reads. With counters, the sizes at which it serves at least 80 % of the reads; without,
 * the part of its announced capacity in which it should serve them.
 */
enum { PLATEAUS = 8 };
struct plateau {
	char name[16];                    /* "L1", "L2", "DRAM" */
	uint64_t first_bytes, last_bytes; /* sizes measured on it */
	size_t sizes;
	double ns, cycles; /* medians over its sizes; cycles may be NaN */
	bool cycles_counted;
	bool by_counters;
};

/* By size; returns how many, 0 where nothing tells the levels apart. -ENOMEM. */
int plateau_find(const struct staircase *staircase, const struct series *series,
	const struct machine *machine, struct plateau plateaus[PLATEAUS]);

#endif
