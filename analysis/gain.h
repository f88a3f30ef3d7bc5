/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ANALYSIS_GAIN_H
#define ANALYSIS_GAIN_H

#include "analysis/staircase.h"

/*
 * What another backend gains in memory proper: one number, from all sizes past the last
 * announced cache together. A claim about the best of many sizes would have to be paid
 * for in confidence; this one is settled before the data are seen.
 */
enum { GAINS = 8 };
struct gain {
	const struct series *series;
	uint64_t past_bytes; /* sizes above this one count */
	/* Of the rounds' geometric means over sizes, to the baseline's; the interval at
	 * `confidence`, which makes all gains of a run hold together with 99 %. */
	struct estimate ratio;
	double confidence;
	enum verdict verdict;
};

/* Of the series that differ from the baseline in the backend only. Returns how many, or
 * -ENOMEM. */
int gain_find(const struct staircase *staircase, const struct series *baseline,
	const struct machine *machine, struct gain gains[GAINS]);

#endif
