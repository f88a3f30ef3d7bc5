/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CLI_COUNTING_H
#define CLI_COUNTING_H

#include "base/error.h"
#include "cli/sweep-options.h"
#include "core/environment.h"
#include "core/measurement.h"
#include "counters/counters.h"

/* Who counts, and what of what was asked can be counted here. */
struct counting {
	const struct counter_backend *backend;
	struct counter_filter filter;
	struct group groups[PLAN_NAMES];
	size_t groups_count;
	struct event_list events;
	bool partial; /* something that was asked for by name is left out */
};

enum { COUNTING_NONE_AVAILABLE = 1 };

/*
 * Chooses the backend, loads the groups, opens each once to learn what counts, and leaves
 * out those that cannot, with a note in the environment. Sets the plan's groups. 0;
 * COUNTING_NONE_AVAILABLE where counters were asked for and there are none; -errno with
 * the complaint (unknown backend, group file missing or wrong).
 */
int counting_choose(struct counting *counting, struct sweep_options *options,
	struct environment *environment, struct complaint *complaint);
void counting_release(struct counting *counting);

#endif
