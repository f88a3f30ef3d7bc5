/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef TESTS_ANALYSIS_STAIRCASES_H
#define TESTS_ANALYSIS_STAIRCASES_H

#include "analysis/levels.h"
#include "analysis/staircase.h"
#include "base/random.h"
#include "topology/topology.h"

#include <stdbool.h>
#include <stddef.h>

/*
 * Random staircases whose levels are known: two to five levels, caches that hold less
 * than they announce, TLB reaches beside and on the edges of caches, in several families
 * of shapes, with residuals recorded in real sweeps (data/residuals.tsv) as noise.
 */
enum staircase_family {
	FAMILY_LOGISTIC, /* the steps of the fit's own dictionary, at any position */
	FAMILY_SETS,     /* least recently used in sets, pages at random places */
	FAMILY_RANDOM,   /* random replacement: 1 - C/x, as a TLB */
	FAMILY_RAMP,     /* linear over the logarithm of the size */
	FAMILIES
};
enum staircase_counting {
	COUNT_NOTHING,
	COUNT_MISSES, /* L1 and last-level misses, walks */
	COUNT_FILLS,  /* fills by source, first-level dTLB misses, walks */
	COUNT_PART,   /* the same with a fourth cache, which none of them tells */
	COUNTINGS
};

struct staircase_truth {
	struct machine machine;
	size_t levels;             /* caches and memory */
	double caches[4], tlbs[2]; /* bytes: half of reads go beyond a cache; a reach */
	double announced[4];
	bool tlbs_announced;
	bool tlb_apart[2]; /* its step is no part of a cache's, and high enough to see */
	struct staircase staircase; /* of one series */
};

struct residuals; /* recorded ones */
struct residuals *residuals_load(const char *path);
void residuals_release(struct residuals *residuals);
/* One of those of private caches and of memory, where a sweep has most of its sizes. */
double residuals_draw(const struct residuals *residuals, struct random *random);

/* The same seed gives the same. Release after use. */
void staircase_truth_init(struct staircase_truth *truth, enum staircase_family family,
	enum staircase_counting counting, unsigned rounds,
	const struct residuals *residuals, uint64_t seed);
void staircase_truth_release(struct staircase_truth *truth);

/* Whether all levels are found and nothing else is, each within half an octave; else why
 * not. TLB reaches count where counters tell of them; without, those found have to be
 * true, and those apart need not be found. */
bool staircase_truth_holds(
	const struct staircase_truth *truth, const struct levels *levels, char why[256]);

#endif
