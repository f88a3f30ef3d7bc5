/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ANALYSIS_PREDICTION_H
#define ANALYSIS_PREDICTION_H

#include "analysis/prediction-model.h"
#include "analysis/profile.h"
#include "core/environment.h"
#include "core/execution.h"
#include "counters/group.h"

#include <stdbool.h>

/*
 * What huge pages under malloc's memory would change for a program, from executions on
 * small pages alone. Changes are shares of the run time; negative is faster.
 *
 * Faults: those of memory that malloc gave out become one for each huge page, but for
 * the ends of its ranges, which fill no huge page, and what mremap has moved
 * (trace_split_bytes). How many they are follows from the
 * peak of private memory and the part of it that malloc had handed out. Large blocks are
 * mapped anew each time: faults beyond that peak and the files' may be theirs. What one
 * costs was measured on this machine.
 *
 * Page walks: where they are counted, walks and what the walker fetched times their cost
 * in the sweep, less what the same costs on huge pages at the size of the program's heap.
 * Out-of-order execution hides part of it, which no counter tells: from nothing to all of
 * it, half of it as the estimate. Where they are not counted, the sweep's times stand in:
 * half of what a random read of every line of a buffer of the heap's size gains is the
 * estimate, and what one of one line a page gains, whose line is in a cache and its
 * translation is not, the most.
 */

/* The facts, medians over the executions of the reference; NaN: not known. */
struct program_facts {
	size_t rounds; /* timed executions that ended well */
	bool traced;   /* one was, whatever came of it */
	double wall_ns, user_ns, system_ns;
	double faults;          /* minor */
	double anonymous_bytes; /* peak of private memory */
	double file_bytes;      /* resident beside that at most: files */
	double huge_share;      /* of private memory, on huge pages already */
	double processes;
	double heap_bytes;         /* peak of malloc's part of it, headers included */
	double traced_bytes;       /* of what malloc had handed out, touched or not */
	double large_bytes;        /* ever handed out in blocks of 2 MiB and more */
	double split_bytes;        /* of those that grew, on small pages all the same */
	char allocator[64];        /* file of the malloc, where not the C library's */
	double events[COST_TERMS]; /* in one execution; NaN where not counted */
	double cycles;             /* likewise */
	double walk_cycles;        /* in which a walk was under way, likewise */
};

/* `totals` of one traced execution, of no process where none left a trace; NULL: none.
 * `groups` are those of the run. Borrows nothing. 0 or -ENOMEM. */
int program_facts_take(struct program_facts *facts, const struct records *executions,
	const struct allocation_totals *totals, const struct group *groups,
	size_t groups_count, const struct environment *environment);

struct change {
	double share, low, high; /* low is the faster end */
};

enum walks_known {
	WALKS_COUNTED,
	WALKS_BOUNDED, /* by the sweep's times */
	WALKS_MISSING, /* the total is one-sided: of faults alone */
};

struct prediction {
	char refusal[256]; /* why there is none; empty: there is */
	char advice[128];  /* what would help; empty only where there is no refusal */
	struct program_facts facts;
	double heap_faults, heap_faults_low, heap_faults_high; /* that would go */
	double huge_faults;                                    /* that would come */
	double small_ns, huge_ns;                              /* what one costs here */
	double heap_share; /* of private memory, that malloc gave out */
	struct change faults, walks, total;
	struct change faults_elsewhere; /* where blocks grow on huge pages: not in libc */
	double walk_share;              /* of the cycles, where they are counted; NaN */
	enum walks_known walks_known;
	char walks_why[160]; /* why they are not counted, or nothing is known of them */
};

void prediction_make(struct prediction *prediction, const struct program_facts *facts,
	const struct prediction_model *model);

/* Beside it, what was measured: of the contenders whose memory lies on huge pages. */
struct comparison;

/* For people; `comparison` may be NULL. 0 or -ENOMEM, as the next. */
int prediction_print(const struct prediction *prediction,
	const struct prediction_model *model, const struct comparison *comparison,
	struct text *text);
int prediction_print_json(const struct prediction *prediction, struct text *text);

/* Whether an allocator puts malloc's memory on huge pages: what is predicted. */
bool prediction_is_of(const char *allocator);
/* Whether its calls cost what libc's do: of another allocator only the part that huge
 * pages make is predicted, not its own speed. */
bool prediction_is_whole(const char *allocator);
/* What is predicted for it: of faults, and in all. */
struct change prediction_faults(
	const struct prediction *prediction, const char *allocator);
struct change prediction_total(
	const struct prediction *prediction, const char *allocator);

#endif
