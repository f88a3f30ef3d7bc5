/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef COUNTERS_KERNEL_GROUP_H
#define COUNTERS_KERNEL_GROUP_H

#include "counters/counters.h"

#include <linux/perf_event.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * Private to counters/: one group of perf_event's, of one PMU on one thread or CPU. Its
 * events are on the PMU together or not at all, so that their ratios are of the same
 * instructions.
 *
 * The group is not pinned. A pinned group that loses its counters falls into an error
 * state in which the kernel stops its enabled time too, and the gap no longer shows in
 * the totals; an ordinary one goes on accounting enabled against running time, and a
 * window that lost its counters tells so by itself.
 */
struct kernel_member {
	int fd;
	size_t event; /* index in the counter group */
	size_t part;  /* of that event */
	uint64_t id;  /* the kernel's, which tags its value in a read */
	struct perf_event_mmap_page
		*page; /* for reading in user space; NULL: not mapped */
};

struct kernel_group {
	pid_t thread;
	int cpu;
	uint32_t context; /* the PMU's type; 0 where software events may join */
	bool apart; /* members are read one by one: the kernel has no group reads for it
		     */
	bool software; /* has an event that the kernel counts itself */
	bool held;     /* begins with the thread's exec, not with start */
	size_t count;  /* the first is the leader */
	struct kernel_member members[GROUP_EVENTS];
};

/*
 * Opens an event as the last member. The leader starts disabled and holds the rest back.
 * 0; -errno; -ENOSPC also where the event opens alone but not beside the others. The
 * attributes are the caller's but for size, read_format, disabled and enable_on_exec.
 */
int kernel_group_add(struct kernel_group *group, struct perf_event_attr *attr,
	size_t event, size_t part);
/* Takes the last member off again. */
void kernel_group_drop_last(struct kernel_group *group);
void kernel_group_close(struct kernel_group *group);

int kernel_group_switch(const struct kernel_group *group, bool on); /* 0 or -errno */

/*
 * The members' running totals by system calls: one where the group is read together, one
 * each where apart. 0; -ENODATA where the kernel has put the group in error, -EIO where
 * it sends anything else, -errno.
 */
int kernel_group_read(
	const struct kernel_group *group, struct counter_value values[GROUP_EVENTS]);

/* perf_event_open; a descriptor or -errno. */
int kernel_event_open(
	const struct perf_event_attr *attr, pid_t thread, int cpu, int leader);

#endif
