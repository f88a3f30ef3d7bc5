/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ANALYSIS_STAIRCASE_H
#define ANALYSIS_STAIRCASE_H

#include "analysis/estimate.h"
#include "analysis/quantity.h"
#include "core/measurement.h"
#include "counters/group.h"
#include "topology/topology.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * From raw windows to estimates. A round is a fresh allocation, and allocations differ
 * more than windows do: windows are first condensed per round, rounds then give the
 * estimate and its spread.
 */

/* What one round says of one size: medians over its clean windows. */
struct stair_round {
	uint64_t number;
	bool unclean; /* something had no clean window: all windows were used for it */
	double values[QUANTITIES];
};

/* One size of a series. */
struct stair {
	uint64_t bytes;
	struct stair_round *rounds; /* by number; those with at least one window */
	size_t rounds_count;
	size_t rounds_unclean;
	size_t windows, windows_clean;
	struct reading_tally tally;
	size_t error_rows;   /* rows without a number */
	char *error;         /* text of the first; else NULL */
	uint64_t page_bytes; /* obtained in every window; 0 where mixed or unknown */
	struct estimate estimates[QUANTITIES];
	struct estimate cycles; /* counted, else by the clock: see cycles_counted */
	bool cycles_counted;
	/* Time to the baseline's, paired by round; count 0 for the baseline itself. */
	struct estimate ratio;
	enum verdict verdict;
	/* Narrower than the target in time or in cycles: the first is steadier in
	 * memory, the second in cache. */
	bool converged;
};

/* Everything at one place with one kernel, stride and backend, by size. */
struct series {
	const char *kernel, *backend; /* the points' */
	uint64_t stride;
	unsigned cpu;
	int node;
	bool baseline;
	struct stair *stairs;
	size_t count;
	size_t windows; /* 0: nothing but error rows */
};

/* Whether it was measured, and its reads depend on each other. */
bool series_is_latency(const struct series *series);
/* Series that differ in nothing but the backend stand together, in the dataset's order.
 */
bool series_same_facet(const struct series *a, const struct series *b);
/* The stair of this size, or NULL. */
const struct stair *series_find(const struct series *series, uint64_t bytes);
/* ns a read in the round of that number; NaN where the size was not in it. */
double stair_time_in_round(const struct stair *stair, uint64_t number);

struct staircase {
	struct series *series;
	size_t count;
	size_t windows, windows_clean, error_rows;
	struct reading_tally tally;
	size_t stairs_unconverged, stairs_measured;
	double target;             /* as given; 0 none */
	struct estimate clock_ghz; /* over all windows; no interval */
	bool known[QUANTITIES];    /* some round of some size knows it */
	/* The verdict of the self-check (in the options) that forbids it; NULL none.
	 * Where another group tells it too it may be known none the less. */
	const struct event_verdict *excluded[QUANTITIES];
	struct stair *stairs;       /* all of them; series refer to these */
	struct stair_round *rounds; /* likewise */
};

struct staircase_options {
	const struct group *groups; /* those measured */
	size_t groups_count;
	const struct environment_window_cost *costs; /* by group; what is missing is 0 */
	size_t costs_count;
	const struct event_verdict *verdicts; /* of the self-check; NULL none */
	size_t verdicts_count;
	bool scaled; /* as struct reading */
	const struct machine *machine;
	const char *baseline;
	double target; /* relative half-width; 0 none */
};

/* Of finished rounds, whose names outlive the staircase. 0 or -ENOMEM; release after
 * success only. */
struct rounds;
int staircase_of_rounds(struct staircase *staircase, struct rounds *rounds,
	const struct staircase_options *options);
/* The same of windows in memory, those of a round together: else -EBADMSG. */
int staircase_build(struct staircase *staircase, const struct dataset *dataset,
	const struct staircase_options *options);
void staircase_release(struct staircase *staircase);

/* The largest size that stays in caches no other core shares; 0 unknown. */
uint64_t staircase_private_bytes(const struct machine *machine, unsigned cpu);

#endif
