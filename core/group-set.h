/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CORE_GROUP_SET_H
#define CORE_GROUP_SET_H

#include "core/measurement.h"
#include "core/plan.h"
#include "counters/counters.h"

#include <stddef.h>

/*
 * The counter groups of a run, opened once on the calling thread: opening and enabling
 * cost more than a window does. One of them counts at a time.
 */
struct open_group {
	const struct group *group;
	struct counters *counters;
	int columns[GROUP_EVENTS]; /* of its events in the run's event list; -1 none */
};

struct group_set {
	const struct counter_backend *backend;
	struct open_group open[PLAN_NAMES];
	size_t count;
	struct open_group *counting; /* NULL none */
};

/* Opens all groups on the calling thread. The set is to be closed after a failure too. 0
 * or -errno with the complaint. */
int group_set_open(struct group_set *set, const struct counter_backend *backend,
	const struct counter_filter *filter, const struct group *groups, size_t count,
	const struct event_list *events, struct complaint *complaint);
void group_set_close(struct group_set *set);

/* Lets this group count, and the one before it no longer: the counters of both together
 * may be more than there are. Nothing is done where it is counting, so that a single
 * group is enabled once for the whole run. 0 or -errno. */
int group_set_switch(struct group_set *set, struct open_group *open);

/* By name; NULL for a point that is measured by clocks alone. */
struct open_group *group_set_find(struct group_set *set, const char *name);

/* Moves the first values of a measurement, in the group's order, to the columns of the
 * run. */
void open_group_spread(const struct open_group *open, struct measurement *measurement);

#endif
