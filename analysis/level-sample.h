/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ANALYSIS_LEVEL_SAMPLE_H
#define ANALYSIS_LEVEL_SAMPLE_H

#include "analysis/levels.h"
#include "analysis/step-fit.h"
#include "analysis/step-place.h"
#include "analysis/steps.h"
#include "base/random.h"

#include <stdbool.h>
#include <stddef.h>

/* Private to the search for levels: a series condensed over its rounds, or over rounds
 * drawn from them. */

/* What a counter can tell: the share of reads that goes beyond a cache or TLB. */
struct level_border {
	enum level_kind kind;
	unsigned number;
	enum quantity sources[3]; /* of which it is the sum */
	size_t sources_count;
	double *beyond; /* by size: 0 to 1, never falling */
	bool known;     /* at every size */
	double half;    /* log2 of bytes, where it is half; NaN where it never is */
};
enum { LEVEL_BORDERS = 6 };

/* A cache that no counter tells of, but of its neighbours. */
struct level_placed {
	unsigned number;
	struct step step;
};

/* A TLB whose reach is announced. */
struct level_reach {
	unsigned number;
	double bytes;
	bool sure; /* of pages such as the series has */
};
enum { LEVEL_REACHES = 6, LEVEL_FIRST_REACHES = 14 };

struct block;
struct level_sample {
	const struct series *series;
	const struct machine *machine;
	bool per_page;                     /* as struct levels */
	size_t count;                      /* sizes with windows */
	const struct stair **stairs;       /* by size */
	const struct stair_round **rounds; /* by size and round; NULL: not measured */
	size_t rounds_count;
	struct stair_round *batches; /* NULL: rounds are drawn as they are */
	size_t *drawn;               /* rounds, rounds_count of them */
	double *x;                   /* log2 of bytes, by size */
	double *cycles, *ns;         /* by size; cycles may be NaN */
	double *errors;              /* relative standard errors of the time */
	bool cycles_known;           /* at every size */
	double *times; /* by size, never falling: of cycles where known, else ns */
	double *scratch;
	double *pool; /* of all rounds' times */
	struct block *blocks;
	struct level_border borders[LEVEL_BORDERS];
	size_t borders_count;
	size_t caches_counted, tlbs_counted; /* borders that are known */
	bool covers_caches;                  /* they are those of all caches */
	unsigned last_cache;                 /* level announced; 0: none */
	struct step_dictionary dictionary;
	struct step_list steps; /* of the times */
	/* Where counters tell of some caches and of others not, these are placed, as far
	 * as they show; the gap is not closed where they are too many. */
	bool gap_closed;
	struct level_placed placed[STEP_PLACES];
	size_t placed_count;
	/* Of the times less what counters, reaches and those placed explain; where
	 * nothing is counted, the same as `steps`. */
	struct step_list unexplained;
	struct level_reach reaches[LEVEL_REACHES];
	size_t reaches_count;
	double *given; /* what they explain, by size */
	double *parts; /* scratch: STEP_GIVEN + LEVEL_FIRST_REACHES of them, by size */
};

/* Of all rounds. 0 or -ENOMEM; release in any case. */
int level_sample_init(struct level_sample *sample, const struct staircase *staircase,
	const struct series *series, const struct machine *machine);
/*
 * Puts batches of consecutive rounds in the place of rounds, for drawing from them, where
 * there are more rounds than LEVEL_BATCHES: a batch has the medians of its rounds, of
 * each quantity. Batches keep what a long run drifts (Schmeiser, "Batch size effects in
 * the analysis of simulation output", 1982), and the median of their medians spreads a
 * quarter wider than that of all rounds, so that intervals are rather too wide. What was
 * found in all rounds stays. 0 or -ENOMEM.
 */
enum { LEVEL_BATCHES = 128 };
int level_sample_batch(struct level_sample *sample);
/* Again, of as many rounds drawn from them with replacement; the steps are drawn too only
 * where counters do not tell everything. 0 or -ENOMEM. */
int level_sample_draw(struct level_sample *sample, struct random *random);
void level_sample_release(struct level_sample *sample);

/* Where a share that never falls passes p, in log2 of bytes, linear between sizes; NaN
 * where it does not. */
double level_crossing(const struct level_sample *sample, const double *beyond, double p);

/* Lists the borders that this staircase's counters tell apart (served.h). */
void level_borders_list(struct level_sample *sample, const struct staircase *staircase,
	const struct machine *machine);
/* Lists announced reaches of the series' pages, or of smaller ones, where a host splits
 * them. */
void level_reaches_list(struct level_sample *sample, const struct machine *machine);
/* A cache's or TLB's border that is known; NULL. */
const struct level_border *level_border_find(
	const struct level_sample *sample, enum level_kind kind, unsigned number);

/* The largest page that any size of a series got; UINT64_MAX where none is known. */
uint64_t level_largest_page(const struct series *series);

struct level_parts;
/* Places the caches in the gap between those counted, and adds them to the parts. 0 or
 * -ENOMEM. */
int level_place_caches(struct level_parts *parts);
/* Moves an unexplained step of a cache to the mean place over the shapes that it may
 * have. `names`: of all those steps; NULL where nothing announced is named. 0 or -ENOMEM.
 */
int level_refine(
	struct level_sample *sample, const struct nominal *const *names, size_t index);

/* Sets kind, number, name, nominal and capacities of a level for each cache placed, and
 * for each step of the time that is left, by what the machine announces: not the slow
 * rise of memory. 0 or -ENOMEM. */
enum { LEVELS_TIMED = STEPS + STEP_PLACES };
int level_name_steps(struct level_sample *sample, const struct machine *machine,
	struct level levels[LEVELS_TIMED], size_t *count);

/* What is found in one sample. */
struct level_search {
	struct level_sample *sample;
	const struct machine *machine;
	struct levels *levels;
	const double *beyond[LEVELS]; /* by level: of its border; NULL: by its step */
	double *scratch;              /* twice as long as there are sizes */
};

/* Finds the levels of the sample: everything but intervals and confidence. 0 or -ENOMEM.
 */
int level_search(struct level_search *search);

#endif
