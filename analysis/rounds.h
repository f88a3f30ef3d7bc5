/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ANALYSIS_ROUNDS_H
#define ANALYSIS_ROUNDS_H

#include "analysis/quantity.h"
#include "analysis/staircase.h"
#include "core/measurement.h"

#include <stddef.h>
#include <stdint.h>

/*
 * Windows condensed to rounds, one window at a time in the order in which a run writes
 * them, so that the windows of one round alone are in memory.
 */

/* What makes a series (kernel, stride, place, backend), then the size, then the round.
 * Names, strides and places rank by their first appearance, which is the order of the
 * plan. */
struct round_key {
	uint32_t kernel, stride, place, backend;
	uint64_t bytes, number;
};

struct round {
	struct round_key key;
	struct point point; /* of its first window */
	double values[QUANTITIES];
	bool unclean; /* as struct stair_round */
	size_t windows, windows_clean;
	struct reading_tally tally;
	uint64_t page_bytes; /* obtained in every window; 0 where mixed or unknown */
	size_t error_rows;
	char *error; /* text of the first; NULL */
};

/* The distinct values of one attribute of points, by first appearance. */
struct ranks {
	struct point *points;
	size_t count, capacity;
	size_t last; /* found last: mostly the next one too */
};
enum { RANK_KERNEL, RANK_STRIDE, RANK_PLACE, RANK_BACKEND, RANK_GROUP, RANKS };

struct rounds {
	struct round *list;
	size_t count, capacity;
	struct ranks ranks[RANKS];
	/* As in struct staircase. */
	const struct event_verdict *excluded[QUANTITIES];
	/* Clocks seen beside the windows, GHz, evenly picked where they are many. */
	double *clocks;
	size_t clocks_count, clocks_capacity, clocks_seen, clocks_step;

	/* The windows of the round at hand, and how each group's are read. */
	const struct staircase_options *options;
	const struct event_list *events;
	struct reading *readings;
	size_t readings_count;
	double (*values)[QUANTITIES];
	bool *clean;
	double *sample;
	size_t windows, windows_capacity;
};

/* The options and the events, known by the first window, outlive it; and so do the names
 * that the windows' points refer to. */
void rounds_init(struct rounds *rounds, const struct staircase_options *options,
	const struct event_list *events);
/* 0 or -ENOMEM. */
int rounds_add(struct rounds *rounds, const struct measurement *window);
/* Once all are added: sorts the rounds by their keys. 0, or -EBADMSG where the windows of
 * a round did not stand together. */
int rounds_finish(struct rounds *rounds);
void rounds_release(struct rounds *rounds);

/* The first position after `from` whose key differs in what makes a series, or in that or
 * the size. */
size_t rounds_series_end(const struct rounds *rounds, size_t from);
size_t rounds_size_end(const struct rounds *rounds, size_t from);

#endif
