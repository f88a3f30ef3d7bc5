/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ANALYSIS_COST_TERMS_H
#define ANALYSIS_COST_TERMS_H

#include "analysis/quantity.h"

#include <stdbool.h>

/*
 * What a read's latency is made of: a base, and events that each cost something on top of
 * it. In the order in which they are told apart: of two that always come together the
 * earlier one gets the cost of both.
 */
enum cost_term {
	COST_BASE,
	COST_DRAM, /* fills of L1, by source */
	COST_L3,
	COST_L2,
	COST_WALK, /* of a small page, where page sizes are told apart; else of any */
	COST_WALK_HUGE, /* of a larger page */
	COST_TLB_L2,    /* translations from the second-level TLB */
	COST_WALKER_L3,
	COST_WALKER_L2, /* fills of the page walker, by source */
	COST_WALKER_DRAM,
	COST_TERMS
};
/* From the core outwards, as people list them. */
extern const enum cost_term cost_display_order[COST_TERMS];

/* The terms that a CPU's counters can tell, and how. */
struct cost_terms {
	bool counted[COST_TERMS];
	const char *names[COST_TERMS];
	/* Fills by source are not counted: misses of L1 and of the last level stand for
	 * them. */
	bool misses;
	bool tlb_derived; /* second-level hits: first-level misses less walks */
};

void cost_terms_init(struct cost_terms *terms, const bool known[QUANTITIES]);

/* Events per read; 1 for the base. NaN where it is not counted, or not in these. */
double cost_term_value(const struct cost_terms *terms, enum cost_term term,
	const double quantities[QUANTITIES]);

#endif
