/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CORE_CHECK_JUDGE_EVENTS_H
#define CORE_CHECK_JUDGE_EVENTS_H

#include "core/check/judge.h"

/* Fewer windows with a value than this decide nothing. */
enum { WINDOWS_LEAST = 4 };

/* Private to core/check/: a judgement in the making. */
struct judging {
	struct judged_group *judged;
	const struct counter_event_status *status;
	const struct check_series *series;
	size_t series_count;
	struct expectation expectations[EXPECTATIONS];
	size_t expectations_count;
	/* The event counts in another order, and nothing in this one. */
	bool lost[CHECK_ORDERS][GROUP_EVENTS];
	bool at_times[GROUP_EVENTS]; /* counts in some windows of an order only */
	/* The kernel in every window of which it must count, and does not; NULL none. */
	const char *dead[GROUP_EVENTS];
	bool impossible[GROUP_EVENTS]; /* more events than can happen in the time */
	size_t shared[GROUP_EVENTS];   /* windows that it was on its counter for a part of
					*/
	size_t whole[GROUP_EVENTS];    /* windows that it ran all of */
};

/* Finds what counts nothing, or the impossible, before any test. */
void find_silent(struct judging *judging);

/* From the tests to a verdict on each event. */
void judge_events(struct judging *judging);

#endif
