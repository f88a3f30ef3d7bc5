/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "counters/kernel-group.h"

#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { TIMES = PERF_FORMAT_TOTAL_TIME_ENABLED | PERF_FORMAT_TOTAL_TIME_RUNNING };

/* What a read of a group returns under PERF_FORMAT_GROUP, the times and the ids. */
struct group_totals {
	uint64_t count;
	uint64_t enabled_ns;
	uint64_t running_ns;
	struct {
		uint64_t value;
		uint64_t id;
	} members[GROUP_EVENTS];
};

/* The same of a single event. */
struct event_totals {
	uint64_t value;
	uint64_t enabled_ns;
	uint64_t running_ns;
	uint64_t id;
};

int kernel_event_open(
	const struct perf_event_attr *attr, pid_t thread, int cpu, int leader)
{
	long fd;

	do {
		fd = syscall(SYS_perf_event_open, attr, thread, cpu, leader,
			PERF_FLAG_FD_CLOEXEC);
	} while (fd < 0 && errno == EINTR);
	return fd < 0 ? -errno : (int)fd;
}

/* -EINVAL for a further member means a bad code or a full PMU: alone, only the first
 * fails. */
static int tell_full(const struct kernel_group *group, const struct perf_event_attr *attr)
{
	struct perf_event_attr alone = *attr;
	int fd;

	alone.disabled = 1;
	fd = kernel_event_open(&alone, group->thread, group->cpu, -1);
	if (fd < 0)
		return fd;
	(void)close(fd);
	return -ENOSPC;
}

/* Kernels before 4.13 have no group reads of events that are inherited: there the members
 * are read one by one. */
static int open_leader(struct kernel_group *group, struct perf_event_attr *attr)
{
	int fd = kernel_event_open(attr, group->thread, group->cpu, -1);

	if (fd != -EINVAL || !attr->inherit || group->apart)
		return fd;
	attr->read_format &= ~(uint64_t)PERF_FORMAT_GROUP;
	fd = kernel_event_open(attr, group->thread, group->cpu, -1);
	group->apart = fd >= 0;
	return fd;
}

int kernel_group_add(struct kernel_group *group, struct perf_event_attr *attr,
	size_t event, size_t part)
{
	const bool first = group->count == 0;
	struct kernel_member member = {.event = event, .part = part};

	attr->size = sizeof(*attr);
	attr->read_format =
		TIMES | PERF_FORMAT_ID | (group->apart ? 0 : (unsigned)PERF_FORMAT_GROUP);
	attr->disabled = first;
	/* Linux's driver for Arm leaves a leader that is off out of what has to fit
	 * together, but for one that an exec will enable: it opens a member too many,
	 * and the group then never counts. The calling thread execs nothing; what it
	 * starts may, and would count before its time. */
	attr->enable_on_exec =
		first && (group->held || (group->thread == 0 && !attr->inherit));
	member.fd = first ? open_leader(group, attr)
			  : kernel_event_open(attr, group->thread, group->cpu,
				    group->members[0].fd);
	if (member.fd == -EINVAL && !first)
		return tell_full(group, attr);
	if (member.fd < 0)
		return member.fd;
	if (ioctl(member.fd, PERF_EVENT_IOC_ID, &member.id) != 0) {
		int error = -errno;

		(void)close(member.fd);
		return error;
	}
	group->software = group->software || attr->type == PERF_TYPE_SOFTWARE;
	group->members[group->count++] = member;
	return 0;
}

void kernel_group_drop_last(struct kernel_group *group)
{
	struct kernel_member *member = &group->members[--group->count];

	if (member->page)
		(void)munmap(member->page, (size_t)sysconf(_SC_PAGESIZE));
	(void)close(member->fd);
}

void kernel_group_close(struct kernel_group *group)
{
	/* The leader last: without it the members would become groups of their own. */
	while (group->count > 0)
		kernel_group_drop_last(group);
}

int kernel_group_switch(const struct kernel_group *group, bool on)
{
	if (ioctl(group->members[0].fd,
		    on ? PERF_EVENT_IOC_ENABLE : PERF_EVENT_IOC_DISABLE,
		    PERF_IOC_FLAG_GROUP))
		return -errno;
	return 0;
}

static int read_exactly(int fd, void *bytes, size_t size)
{
	ssize_t length;

	do {
		length = read(fd, bytes, size);
	} while (length < 0 && errno == EINTR);
	if (length < 0)
		return -errno;
	if (length == 0)
		return -ENODATA;
	return (size_t)length == size ? 0 : -EIO;
}

static int read_together(
	const struct kernel_group *group, struct counter_value values[GROUP_EVENTS])
{
	struct group_totals totals;
	int error = read_exactly(group->members[0].fd, &totals,
		offsetof(struct group_totals, members) +
			group->count * sizeof(totals.members[0]));

	if (error)
		return error;
	if (totals.count != group->count)
		return -EIO;
	/* Members open and read in the same order; the ids are there to prove it. */
	for (size_t i = 0; i < group->count; i++)
		if (totals.members[i].id != group->members[i].id)
			return -EIO;
	for (size_t i = 0; i < group->count; i++)
		values[i] = (struct counter_value){
			.count = totals.members[i].value,
			.enabled_ns = totals.enabled_ns,
			.running_ns = totals.running_ns,
		};
	return 0;
}

static int read_apart(
	const struct kernel_group *group, struct counter_value values[GROUP_EVENTS])
{
	for (size_t i = 0; i < group->count; i++) {
		struct event_totals totals;
		int error = read_exactly(group->members[i].fd, &totals, sizeof(totals));

		if (error)
			return error;
		if (totals.id != group->members[i].id)
			return -EIO;
		values[i] = (struct counter_value){
			totals.value, totals.enabled_ns, totals.running_ns};
	}
	return 0;
}

int kernel_group_read(
	const struct kernel_group *group, struct counter_value values[GROUP_EVENTS])
{
	return group->apart ? read_apart(group, values) : read_together(group, values);
}
