/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ANALYSIS_ATTRIBUTION_H
#define ANALYSIS_ATTRIBUTION_H

#include "analysis/costs.h"
#include "analysis/levels.h"
#include "analysis/staircase.h"

/*
 * Why one place of a staircase is slower than another: the difference in cycles per read,
 * as difference of events x cost for each term, and what that leaves unexplained.
 */

/*
 * What is known of one size, the medians over its rounds, or of several: what is known of
 * the one whose time is their median, or of the two in the middle the mean. So the times
 * are the latencies that levels.h tells, and the events are those of the same reads.
 */
struct cost_mix {
	size_t rounds; /* of the size or sizes that it is of. 0: nothing known; all else
			  is 0 then */
	double cycles; /* per read */
	double events[COST_TERMS];
};
/* Of one size of a series. */
void cost_mix_at(const struct costs *costs, const struct series *series, uint64_t bytes,
	struct cost_mix *mix);
/* Of the sizes first..last of it, both included. 0 or -ENOMEM. */
int cost_mix_of(const struct costs *costs, const struct series *series, uint64_t first,
	uint64_t last, struct cost_mix *mix);

enum { ATTRIBUTION_NAME = 48 };
struct attribution {
	const struct series *series; /* `to` belongs to it */
	char from[ATTRIBUTION_NAME], to[ATTRIBUTION_NAME];
	double from_cycles, to_cycles; /* measured */
	double terms[COST_TERMS];      /* cycles of the difference; 0 unless fitted */
	double unexplained;
};
void attribution_between(const struct costs *costs, const struct cost_mix *from,
	const struct cost_mix *to, struct attribution *attribution);

/* Part of the difference that events account for: 1 less |unexplained| / |difference|. */
double attribution_share(const struct attribution *attribution);

/* From where each cache, or memory, serves most reads to where the next one does. 0 or
 * -ENOMEM. */
int attribute_steps(const struct costs *costs, const struct series *series,
	const struct level *levels, size_t levels_count, struct attribution steps[LEVELS],
	size_t *count);

/*
 * Of the first series of a kernel that reads one line a page, of the baseline where it
 * has one: from sizes whose translations the first level of the TLB holds to those that
 * the second one holds, and those that are walked for. 0 or -ENOMEM.
 */
enum { TLB_STEPS = 2 };
int attribute_tlb_steps(const struct costs *costs, const struct staircase *staircase,
	struct attribution steps[TLB_STEPS], size_t *count);

/* From the baseline to each other backend of its facet, at the largest size that it has
 * in common with all of them. Returns how many. */
enum { ATTRIBUTION_BACKENDS = 8 };
size_t attribute_backends(const struct costs *costs, const struct staircase *staircase,
	const struct series *baseline,
	struct attribution differences[ATTRIBUTION_BACKENDS], uint64_t *bytes);

#endif
