/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ANALYSIS_QUANTITY_H
#define ANALYSIS_QUANTITY_H

#include "core/environment.h"
#include "core/measurement.h"
#include "counters/group.h"

#include <stdbool.h>
#include <stddef.h>

/* What analysis knows of one window, per read. NaN stands for "not known" throughout. */
enum quantity {
	QUANTITY_NS,     /* time on the CPU */
	QUANTITY_CYCLES, /* counted; see also QUANTITY_CLOCK_CYCLES */
	/* Time times the clock seen in a chain of dependent additions beside the window:
	 * stands in for counted cycles, and inherits the noise of both. */
	QUANTITY_CLOCK_CYCLES,
	QUANTITY_CLOCK_GHZ, /* counted, else from the chain of additions */
	QUANTITY_INSTRUCTIONS,
	QUANTITY_L1_MISSES,
	QUANTITY_FROM_L2,
	QUANTITY_FROM_L3,
	QUANTITY_FROM_DRAM,
	QUANTITY_LLC_MISSES,
	QUANTITY_DTLB_L1_MISSES,
	QUANTITY_DTLB_L2_HITS, /* first-level misses that the second level answered */
	QUANTITY_PAGE_WALKS,
	QUANTITY_WALK_CYCLES,    /* in which a walk was under way */
	QUANTITY_WALKER_FROM_L2, /* lines of page tables that the walker fetched */
	QUANTITY_WALKER_FROM_L3, /* and other caches */
	QUANTITY_WALKER_FROM_DRAM,
	QUANTITY_WALKS_4K, /* page walks, by the page size that the TLB got */
	QUANTITY_WALKS_2M,
	QUANTITY_WALKS_1G,
	QUANTITIES
};

/* How the values of one group's windows become quantities; borrows the group. */
struct reading {
	const struct group *group;           /* NULL: not known, times alone are read */
	int columns[GROUP_EVENTS];           /* in the dataset's event list; -1 absent */
	const char *formulas[QUANTITIES];    /* NULL where the group offers none */
	struct formula compiled[QUANTITIES]; /* of those */
	struct {
		struct formula left, right; /* without steps where they do not parse */
		uint32_t events;            /* that they name, by their bits */
	} sums[GROUP_IDENTITIES];           /* the group's identities */
	/* What an empty window shows, taken off every window. */
	double own_cpu_ns, own_wall_ns;
	double own_counts[GROUP_EVENTS];
	bool scaled; /* counts of a part of a window are extrapolated to all of it */
};

/* `group` may be NULL, and so may `cost`: then nothing is taken off. 0 or -ENOMEM;
 * release after success only. */
int reading_init(struct reading *reading, const struct group *group,
	const struct event_list *events, const struct environment_window_cost *cost);
void reading_release(struct reading *reading);

/* "Page walks per read"; NULL for what is not counted. */
const char *quantity_metric(enum quantity quantity);

/* Events of this group that the self-check found wrong, dead or absent have no value, and
 * what needs them is NaN: for each such quantity, `reasons` gets a verdict that is to
 * blame (in `verdicts`); others are left as they are. */
void reading_exclude(struct reading *reading, const struct event_verdict *verdicts,
	size_t count, const struct event_verdict *reasons[QUANTITIES]);

/* Counter values that did not run all of a window, and sums of the group's (IDENTITY)
 * that say whether those that did can be believed. */
struct reading_tally {
	size_t rejected; /* what needs them is NaN */
	size_t scaled;   /* extrapolated: count x enabled / running */
	size_t sums;     /* of counts enough to tell */
	size_t sums_broken;
	size_t silent; /* counts of 0 in broken sums: a lost counter's, rejected too */
};

/* The variables of a group's formulas: its events, then READS, WALL_NS, CPU_NS, time. */
enum { READING_VARIABLES = GROUP_EVENTS + 4 };
/* Their names alone, for formula_compile(); returns how many. */
size_t reading_name_variables(
	const struct group *group, struct variable variables[READING_VARIABLES]);
/* Their values, of counts by the event list: over a window, or over whatever else took
 * that time; `reads` may be NaN. Counts that cannot be believed are NaN. */
struct reading_tally reading_variables(const struct reading *reading,
	const struct counter_value *counts, double reads, double wall_ns, double cpu_ns,
	struct variable variables[READING_VARIABLES]);

void reading_tally_add(struct reading_tally *sum, struct reading_tally tally);

/*
 * The quantities of one window, less what an empty one shows (never below 0). A counter
 * that did not run all of the time it was enabled is rejected, or scaled where the
 * reading says so; one that never ran has no value. A counter that shows 0 in a sum that
 * does not hold is taken for one that was lost: it says that it ran, and counts nothing.
 */
struct reading_tally reading_quantities(const struct reading *reading,
	const struct measurement *measurement, double values[QUANTITIES]);

#endif
