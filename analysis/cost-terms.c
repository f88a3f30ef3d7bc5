/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/cost-terms.h"

#include <math.h>

const enum cost_term cost_display_order[COST_TERMS] = {COST_BASE, COST_L2, COST_L3,
	COST_DRAM, COST_TLB_L2, COST_WALK, COST_WALK_HUGE, COST_WALKER_L2, COST_WALKER_L3,
	COST_WALKER_DRAM};

static const enum quantity quantities_of[COST_TERMS] = {
	[COST_L2] = QUANTITY_FROM_L2,
	[COST_L3] = QUANTITY_FROM_L3,
	[COST_DRAM] = QUANTITY_FROM_DRAM,
	[COST_TLB_L2] = QUANTITY_DTLB_L2_HITS,
	[COST_WALK] = QUANTITY_PAGE_WALKS,
	[COST_WALK_HUGE] = QUANTITY_WALKS_2M,
	[COST_WALKER_L2] = QUANTITY_WALKER_FROM_L2,
	[COST_WALKER_L3] = QUANTITY_WALKER_FROM_L3,
	[COST_WALKER_DRAM] = QUANTITY_WALKER_FROM_DRAM,
};

void cost_terms_init(struct cost_terms *terms, const bool known[QUANTITIES])
{
	static const char *const names[COST_TERMS] = {"base", "fill from DRAM",
		"fill from L3", "fill from L2", "page walk", "walk of a huge page",
		"second-level TLB hit", "walker fill from L3", "walker fill from L2",
		"walker fill from DRAM"};
	bool walker;

	*terms = (struct cost_terms){.counted = {[COST_BASE] = true}};
	for (int t = 0; t < COST_TERMS; t++)
		terms->names[t] = names[t];
	for (int t = COST_BASE + 1; t < COST_TERMS; t++)
		terms->counted[t] = known[quantities_of[t]];
	if (!terms->counted[COST_DRAM] && !terms->counted[COST_L2] &&
		known[QUANTITY_L1_MISSES]) {
		terms->misses = true;
		terms->counted[COST_L3] = false;
		terms->counted[COST_L2] = true;
		terms->counted[COST_DRAM] = known[QUANTITY_LLC_MISSES];
		terms->names[COST_L2] =
			terms->counted[COST_DRAM] ? "fill from L2 or L3" : "miss of L1";
	}
	if (!terms->counted[COST_TLB_L2] && known[QUANTITY_DTLB_L1_MISSES]) {
		terms->tlb_derived = true;
		terms->counted[COST_TLB_L2] = true;
		if (!terms->counted[COST_WALK])
			terms->names[COST_TLB_L2] = "first-level dTLB miss";
	}
	walker = terms->counted[COST_WALKER_L2] || terms->counted[COST_WALKER_L3] ||
		 terms->counted[COST_WALKER_DRAM];
	/* What the walker fetched tells walks apart better than the page does. */
	terms->counted[COST_WALK_HUGE] &= terms->counted[COST_WALK] && !walker;
	if (!walker)
		terms->names[COST_WALK] = "page walk and its fills";
}

/* Of 2 MiB, and of 1 GiB where they are counted too. */
static double huge_walks(const double quantities[QUANTITIES])
{
	const double gigantic = quantities[QUANTITY_WALKS_1G];

	return quantities[QUANTITY_WALKS_2M] + (isnan(gigantic) ? 0 : gigantic);
}

double cost_term_value(const struct cost_terms *terms, enum cost_term term,
	const double quantities[QUANTITIES])
{
	if (term == COST_BASE)
		return 1;
	if (!terms->counted[term])
		return NAN;
	if (terms->misses && term == COST_DRAM)
		return quantities[QUANTITY_LLC_MISSES];
	if (terms->misses && term == COST_L2) {
		double misses = quantities[QUANTITY_L1_MISSES];

		if (!terms->counted[COST_DRAM])
			return misses;
		misses -= quantities[QUANTITY_LLC_MISSES];
		return misses < 0 ? 0 : misses;
	}
	if (terms->tlb_derived && term == COST_TLB_L2) {
		double hits = quantities[QUANTITY_DTLB_L1_MISSES];

		if (terms->counted[COST_WALK])
			hits -= quantities[QUANTITY_PAGE_WALKS];
		return hits < 0 ? 0 : hits;
	}
	if (term == COST_WALK_HUGE)
		return huge_walks(quantities);
	if (term == COST_WALK && terms->counted[COST_WALK_HUGE])
		return fmax(0, quantities[QUANTITY_PAGE_WALKS] - huge_walks(quantities));
	return quantities[quantities_of[term]];
}
