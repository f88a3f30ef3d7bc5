/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef COUNTERS_PERF_H
#define COUNTERS_PERF_H

#include "counters/counters.h"
#include "counters/kernel-group.h"

/* Private to counters/: an open group of the perf backend is one or more of the kernel's:
 * one for each PMU, and for each CPU where all that runs is counted. */
struct counters {
	struct counter_target target;
	enum counter_read_path path;
	size_t events_count;
	enum counter_scope scopes[GROUP_EVENTS];
	size_t parts_count[GROUP_EVENTS];
	struct counter_value parts[GROUP_EVENTS][COUNTER_PARTS]; /* of the last read */
	struct kernel_group *groups;
	struct counter_value (*totals)[GROUP_EVENTS]; /* of a reading, by group */
	size_t groups_count;
};

int perf_open(struct counters **counters, const struct group *group,
	const struct counter_target *target, struct counter_event_status *status,
	struct complaint *complaint);
void perf_close(struct counters *counters);

/* Whether the kernel counts the event for the calling thread: 0 or -errno. */
int perf_try(uint32_t type, uint64_t config);

#endif
