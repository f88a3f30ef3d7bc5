/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "counters/counters.h"

#include <errno.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/*
 * One kernel group on the calling thread: its events are on the PMU together or not at
 * all, so that their ratios are of the same instructions.
 *
 * The group is not pinned. A pinned group that loses its counters falls into an error
 * state in which the kernel stops its enabled time too, and the gap no longer shows in
 * the totals; an ordinary one goes on accounting enabled against running time, and a
 * window that lost its counters tells so by itself.
 */
struct member {
	int fd;
	size_t event; /* index in the group */
	uint64_t id;  /* the kernel's, which tags its value in a read */
};

struct counters {
	struct counter_target target;
	size_t events_count;
	size_t members_count; /* the first is the leader */
	struct member members[GROUP_EVENTS];
};

/* What a read of a group returns under the read_format of open_event(). */
struct group_totals {
	uint64_t count;
	uint64_t enabled_ns;
	uint64_t running_ns;
	struct {
		uint64_t value;
		uint64_t id;
	} members[GROUP_EVENTS];
};

/* These happen in the scheduler: with the kernel excluded they would read 0 for ever. */
static bool happens_in_kernel(const struct event_code *code)
{
	return code->type == PERF_TYPE_SOFTWARE &&
	       (code->config == PERF_COUNT_SW_CONTEXT_SWITCHES ||
		       code->config == PERF_COUNT_SW_CPU_MIGRATIONS ||
		       code->config == PERF_COUNT_SW_CGROUP_SWITCHES);
}

static const struct counter_target calling_thread = {.cpu = -1};

/* What the event is really filtered by. */
static struct counter_filter filter_of(
	const struct counter_target *target, const struct event_code *code)
{
	struct counter_filter filter = target->filter;

	if (!filter.kernel && !filter.hypervisor)
		filter.user = true;
	if (!filter.guest)
		filter.host = true;
	filter.kernel = filter.kernel || happens_in_kernel(code);
	return filter;
}

/* A descriptor or -errno. The leader, opened with -1, starts disabled and holds the rest
 * back. */
static int open_event(
	const struct event_code *code, const struct counter_target *target, int leader)
{
	const struct counter_filter filter = filter_of(target, code);
	struct perf_event_attr attr = {
		.type = code->type,
		.size = sizeof(attr),
		.config = code->config,
		.config1 = code->config1,
		.config2 = code->config2,
		.read_format = PERF_FORMAT_GROUP | PERF_FORMAT_ID |
			       PERF_FORMAT_TOTAL_TIME_ENABLED |
			       PERF_FORMAT_TOTAL_TIME_RUNNING,
		.disabled = leader < 0,
		.inherit = target->inherit,
		.enable_on_exec = leader < 0 && target->on_exec,
		.exclude_user = !filter.user,
		.exclude_kernel = !filter.kernel,
		.exclude_hv = !filter.hypervisor,
		.exclude_host = !filter.host,
		.exclude_guest = !filter.guest,
	};
	long fd;

	do {
		fd = syscall(SYS_perf_event_open, &attr, target->thread, target->cpu,
			leader, PERF_FLAG_FD_CLOEXEC);
	} while (fd < 0 && errno == EINTR);
	return fd < 0 ? -errno : (int)fd;
}

/* -EINVAL for a further member means a bad code or a full PMU: alone, only the first
 * fails. */
static int tell_full(const struct counter_target *target, const struct event_code *code)
{
	int fd = open_event(code, target, -1);

	if (fd < 0)
		return fd;
	(void)close(fd);
	return -ENOSPC;
}

static int add_member(
	struct counters *counters, size_t event, const struct event_code *code)
{
	bool first = counters->members_count == 0;
	struct member member = {.event = event};

	member.fd =
		open_event(code, &counters->target, first ? -1 : counters->members[0].fd);
	if (member.fd == -EINVAL && !first)
		return tell_full(&counters->target, code);
	if (member.fd < 0)
		return member.fd;
	if (ioctl(member.fd, PERF_EVENT_IOC_ID, &member.id) != 0) {
		int error = -errno;

		(void)close(member.fd);
		return error;
	}
	counters->members[counters->members_count++] = member;
	return 0;
}

static void mark(
	struct counter_event_status *status, int error, const struct complaint *complaint)
{
	status->error = error;
	(void)snprintf(status->why, sizeof(status->why), "%s", complaint->why);
}

/* Hardware events come first: a software leader would carry its own, always complete,
 * times. */
static void add_members(struct counters *counters, const struct group *group,
	bool software, const struct event_code *codes,
	struct counter_event_status *status)
{
	for (size_t i = 0; i < group->events_count; i++) {
		struct complaint complaint;
		int error;

		if (status[i].error || (codes[i].type == PERF_TYPE_SOFTWARE) != software)
			continue;
		error = add_member(counters, i, &codes[i]);
		if (!error)
			continue;
		counters_explain(error, group->events[i].name, &complaint);
		mark(&status[i], error, &complaint);
	}
}

static void perf_close(struct counters *counters)
{
	if (!counters)
		return;
	/* The leader last: without it the members would become groups of their own. */
	while (counters->members_count > 0)
		(void)close(counters->members[--counters->members_count].fd);
	free(counters);
}

/* Why nothing of the group is counted: the reason of its first event, cycles as a rule.
 */
static int complain_none(const struct group *group,
	const struct counter_event_status *status, struct complaint *complaint)
{
	struct event_code code;

	if (group->events_count == 0) {
		complaint_what(complaint, "group %s has no event", group->name);
		return -EINVAL;
	}
	if (counters_encode(group->events[0].name, &code, complaint) == 0)
		counters_explain(status[0].error, group->events[0].name, complaint);
	complaint_what(complaint, "no event of group %s can be counted", group->name);
	return status[0].error;
}

static enum counter_scope scope_of(const struct counter_target *target)
{
	if (target->thread < 0)
		return COUNTER_SCOPE_SYSTEM;
	return target->inherit ? COUNTER_SCOPE_PROGRAM : COUNTER_SCOPE_THREAD;
}

static int perf_open(struct counters **counters, const struct group *group,
	const struct counter_target *target, struct counter_event_status *status,
	struct complaint *complaint)
{
	struct event_code codes[GROUP_EVENTS];
	struct counters *opened = calloc(1, sizeof(*opened));
	int error;

	if (!opened) {
		complaint_what(complaint, "no memory for counters");
		return -ENOMEM;
	}
	opened->target = target ? *target : calling_thread;
	opened->events_count = group->events_count;
	memset(status, 0, group->events_count * sizeof(*status));
	for (size_t i = 0; i < group->events_count; i++) {
		struct complaint why = {.what = ""};

		error = counters_encode(group->events[i].name, &codes[i], &why);
		if (error) {
			mark(&status[i], error, &why);
			continue;
		}
		(void)snprintf(status[i].full_name, sizeof(status[i].full_name), "%s",
			codes[i].full_name);
		status[i].scope = scope_of(&opened->target);
		status[i].filter = filter_of(&opened->target, &codes[i]);
	}
	add_members(opened, group, false, codes, status);
	add_members(opened, group, true, codes, status);
	if (opened->members_count == 0) {
		perf_close(opened);
		return complain_none(group, status, complaint);
	}
	*counters = opened;
	return 0;
}

static int perf_start(struct counters *counters)
{
	if (ioctl(counters->members[0].fd, PERF_EVENT_IOC_ENABLE, PERF_IOC_FLAG_GROUP))
		return -errno;
	return 0;
}

static int perf_stop(struct counters *counters)
{
	if (ioctl(counters->members[0].fd, PERF_EVENT_IOC_DISABLE, PERF_IOC_FLAG_GROUP))
		return -errno;
	return 0;
}

/* -ENODATA where the kernel has put the group in error, -EIO where it sends anything
 * else. */
static int read_totals(const struct counters *counters, struct group_totals *totals)
{
	size_t size = offsetof(struct group_totals, members) +
		      counters->members_count * sizeof(totals->members[0]);
	ssize_t length;

	do {
		length = read(counters->members[0].fd, totals, size);
	} while (length < 0 && errno == EINTR);
	if (length < 0)
		return -errno;
	if (length == 0)
		return -ENODATA;
	if ((size_t)length != size || totals->count != counters->members_count)
		return -EIO;
	return 0;
}

static int perf_read(struct counters *counters, struct counter_value *values)
{
	struct group_totals totals;
	int error = read_totals(counters, &totals);

	memset(values, 0, counters->events_count * sizeof(*values));
	/* Members open and read in the same order; the ids are there to prove it. */
	for (size_t i = 0; i < counters->members_count && !error; i++)
		if (totals.members[i].id != counters->members[i].id)
			error = -EIO;
	for (size_t i = 0; i < counters->members_count && !error; i++)
		values[counters->members[i].event] = (struct counter_value){
			.count = totals.members[i].value,
			.enabled_ns = totals.enabled_ns,
			.running_ns = totals.running_ns,
		};
	return error;
}

static int try_event(uint32_t type, uint64_t config)
{
	struct event_code code = {.type = type, .config = config};
	int fd = open_event(&code, &calling_thread, -1);

	if (fd < 0)
		return fd;
	(void)close(fd);
	return 0;
}

static int perf_probe(struct complaint *complaint)
{
	int error = try_event(PERF_TYPE_HARDWARE, PERF_COUNT_HW_CPU_CYCLES);

	if (!error || try_event(PERF_TYPE_SOFTWARE, PERF_COUNT_SW_PAGE_FAULTS) == 0)
		return 0;
	counters_explain(error, "cycles", complaint);
	return error;
}

const struct counter_backend counters_perf = {
	.name = "perf",
	.summary = "the kernel's perf_event, by names of libpfm4",
	.probe = perf_probe,
	.open = perf_open,
	.start = perf_start,
	.read = perf_read,
	.stop = perf_stop,
	.close = perf_close,
};
