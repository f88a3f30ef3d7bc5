/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ANALYSIS_DIFFERENCE_H
#define ANALYSIS_DIFFERENCE_H

#include "analysis/circumstances.h"
#include "analysis/comparison.h"
#include "analysis/staircase.h"
#include "analysis/unpaired.h"
#include "base/text.h"
#include "topology/topology.h"

#include <stdbool.h>
#include <stddef.h>

/*
 * What differs between two folders: a sweep or a run before and after, or of two
 * machines. Rounds of different sessions are no pairs, so that ratios are unpaired
 * (unpaired.h). A row is one thing compared: a size of a series, or a quantity of an
 * allocator. Claims are few things settled before the data are seen: all sizes of a
 * series in one announced cache, or past the last; the wall time of an allocator.
 */
enum { DIFFERENCE_TEXT = 96 };
struct difference {
	char subject[DIFFERENCE_TEXT]; /* "chase, small", "hp" */
	char what[32];                 /* "32K", "past 32M", "page faults" */
	const char *unit;              /* "ns", "cycles", ... */
	bool of_program;               /* else of a read */
	size_t quantity;               /* of a program: as the first run numbers it */
	bool claim;
	double *values; /* of the first folder, then of the second */
	size_t counts[2];
	double medians[2];
	struct estimate ratio; /* second to first, 95 % by itself */
	/* At the confidence at which all rows, or all claims, hold together; low and high
	 * are NaN where there are too few rounds for that. */
	struct estimate together;
	enum verdict verdict; /* of `together` */
};

struct differences {
	struct difference *list; /* as they came */
	size_t count, capacity;
	size_t claims; /* of them */
	/* Each interval's, so that all rows hold together with 95 %, and all claims with
	 * `claims_together`: 99 %, since a headline is one of many that might have been,
	 * but 95 % where no claim has rounds enough for that. */
	double row_confidence, claim_confidence, claims_together;
	size_t resolvable[2]; /* rows that are none, and are, claims: with rounds enough
			       */
	size_t unmatched;     /* series or allocators of one folder only */
	bool clipped;         /* not enough memory: the caller fails */
};

void differences_release(struct differences *differences);

/* Of two sweeps: series of the same kernel, backend and stride, at the same place where
 * both have it, else at the first; sizes that both measured; announced caches of the
 * first machine. 0, -ENODATA where nothing is in both, -ENOMEM. Release after success
 * only, as the next. */
int differences_of_sweeps(struct differences *differences, const struct staircase *a,
	const struct staircase *b, const struct machine *machine);

/* Of two runs of programs: allocators and quantities that both have. */
int differences_of_runs(struct differences *differences, const struct comparison *a,
	const struct comparison *b);

/* The most that can be claimed, in one clause. */
void differences_headline(const struct differences *differences, struct text *text);
/* For people, a line a row as CSV, and JSON. 0 or -ENOMEM. */
int differences_print(const struct differences *differences,
	const struct circumstances *circumstances, const char *const folders[2],
	struct text *text);
int differences_print_csv(const struct differences *differences,
	const struct circumstances *circumstances, struct text *text);
int differences_print_json(const struct differences *differences,
	const struct circumstances *circumstances, const char *const folders[2],
	struct text *text);

#endif
