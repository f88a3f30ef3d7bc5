/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef COUNTERS_USER_READ_H
#define COUNTERS_USER_READ_H

#include "counters/counters.h"
#include "counters/kernel-group.h"

#include <stddef.h>

/*
 * Private to counters/: reading kernel groups of the calling thread in user space,
 * through the page that the kernel maps for each event (struct perf_event_mmap_page,
 * perf_event_open(2)).
 */

/* Maps the pages of all members. 0 or -errno; what was mapped goes with the group's
 * close. */
int user_read_map(struct kernel_group *groups, size_t count);

/*
 * The totals of all groups' members, each of values[group][member], of one moment: no
 * page changed from the first to the last. The groups of a thread are of different PMUs
 * (the types of core of a hybrid CPU), of which one counts at a time. 0; -EAGAIN where no
 * group is on the PMU now, or where pages went on changing: the kernel then knows better.
 * -EOPNOTSUPP with the reason (where `why` is not NULL) where the kernel does not allow
 * it.
 */
int user_read_groups(const struct kernel_group *groups, size_t count,
	struct counter_value (*values)[GROUP_EVENTS], const char **why);

#endif
