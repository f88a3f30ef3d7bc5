/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ANALYSIS_COST_ROWS_H
#define ANALYSIS_COST_ROWS_H

#include "analysis/costs.h"

/* The observations that costs are fitted to: one round of one size of a series. Private
 * to the costs' files. */
struct cost_row {
	const struct series *series;
	uint64_t bytes;
	size_t round; /* index into the session's rounds */
	double cycles, ns;
	double events[COST_TERMS];
};
struct cost_rows {
	struct cost_terms terms;
	struct cost_row *rows;
	size_t count, rounds;
	size_t left_out; /* rounds of sizes that lack one of the terms */
	/* The first series whose reads depend on each other: its place is the rows'. NULL
	 * none. */
	const struct series *place;
	bool cycles_counted;
};

/* By another session's terms, or NULL: by what the staircase knows. 0 or -ENOMEM; release
 * after success only. A term that fewer than half of the rounds know is as one that is
 * not counted. */
int cost_rows_init(struct cost_rows *rows, const struct staircase *staircase,
	const struct cost_terms *terms);
void cost_rows_release(struct cost_rows *rows);

/* Rows to leave out: those of the backend, of the kernel; NULL: of none. */
struct cost_filter {
	const char *backend, *kernel;
};
bool cost_filter_hides(const struct cost_filter *filter, const struct cost_row *row);

/* Sums over rows of products, weighted by 1/latency^2. */
struct cost_sums {
	double gram[COST_TERMS][COST_TERMS], rhs[COST_TERMS];
	double most[COST_TERMS];
	size_t rows;
};
void cost_sums_add(struct cost_sums *sums, const struct cost_row *row);
void cost_sums_add_all(struct cost_sums *sums, const struct cost_sums *more);

/* Which terms these sums can tell apart, then what they cost. Whether there is a fit. */
bool cost_fit_select(struct cost_fit *fit, const struct cost_terms *terms,
	const struct cost_sums *sums);
bool cost_fit_solve(struct cost_fit *fit, const struct cost_sums *sums);

/* Errors of rows, absolute and signed: two arrays that hold all of them. */
struct cost_error_list {
	double *sizes, *signs;
	size_t count;
};
/* 0 or -ENOMEM; released by free(list->sizes). */
int cost_error_list_init(struct cost_error_list *list, size_t rows);
/* Appends those of the rows that the filter hides (`hidden`), or does not; `errors` is of
 * these alone. */
void cost_errors_collect(const struct cost_fit *fit, const struct cost_rows *rows,
	const struct cost_filter *filter, bool hidden, struct cost_error_list *list,
	struct cost_errors *errors);
/* Of all that were collected. */
void cost_errors_pool(struct cost_error_list *list, struct cost_errors *errors);

#endif
