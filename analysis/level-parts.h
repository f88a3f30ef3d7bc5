/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ANALYSIS_LEVEL_PARTS_H
#define ANALYSIS_LEVEL_PARTS_H

#include "analysis/level-sample.h"

/* Private to the search for levels: what else than the steps looked for is in the times
 * of a sample, by size. */
struct level_parts {
	struct level_sample *sample;
	struct step_given list[STEP_GIVEN];
	size_t count;
};

/* A part to be filled in by size, of whatever height. */
double *level_parts_add(struct level_parts *parts);
/* What counters tell: a border's share of reads is the shape of its step, whatever the
 * cache or TLB. */
void level_parts_add_borders(struct level_parts *parts);
/* Announced reaches of TLBs of which no counter tells, but of the levels in `but`. */
void level_parts_add_reaches(struct level_parts *parts, const bool but[3]);
/* The rises of a step, where there is room for them. */
void level_parts_add_rises(struct level_parts *parts, const struct step_fit *rises);
/* How memory slows down behind a place (log2 of bytes), where that is not counted. */
void level_parts_add_drift(struct level_parts *parts, double behind);

/* Sets the choice to none, and to the reaches that a first-level TLB may have where
 * nothing tells of any; in the place of the next part. */
void level_parts_choose_reach(const struct level_parts *parts, bool known,
	struct step_given list[LEVEL_FIRST_REACHES], struct step_choice *choice);

/* Gives a dictionary all of the parts, and nothing else. */
void level_parts_give(const struct level_parts *parts);

/* What is thought of where a cache of so many bytes overflows half before anything is
 * measured, as minus a logarithm: a private one holds about what it announces, a shared
 * one may hold much less, none holds more. */
double level_cost_of_place(const struct nominal *cache, bool shared, double half);
/* The step of a place that was found, at the latest full where another begins. */
struct step level_placed_step(const struct step_place *place, double latest);

#endif
