/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "counters/perf.h"
#include "counters/explain.h"
#include "counters/user-counter.h"
#include "counters/user-read.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TIMINGS = 11, MIDDLE = TIMINGS / 2 };

static int perf_switch(struct counters *counters, bool on)
{
	int error = 0;

	for (size_t g = 0; g < counters->groups_count && !error; g++)
		if (!on || !counters->groups[g].held)
			error = kernel_group_switch(&counters->groups[g], on);
	return error;
}

static int perf_start(struct counters *counters)
{
	return perf_switch(counters, true);
}

static int perf_stop(struct counters *counters)
{
	return perf_switch(counters, false);
}

/* The same event on several units at once: a unit's gap is the sum's. */
static void add_beside(struct counter_value *sum, const struct counter_value *value)
{
	uint64_t gap = sum->enabled_ns - sum->running_ns;

	if (value->enabled_ns - value->running_ns > gap)
		gap = value->enabled_ns - value->running_ns;
	sum->count += value->count;
	if (value->enabled_ns > sum->enabled_ns)
		sum->enabled_ns = value->enabled_ns;
	sum->running_ns = sum->enabled_ns > gap ? sum->enabled_ns - gap : 0;
}

/* A thread is on one type of core at a time: its parts' times make up the whole. */
static void add_in_turn(struct counter_value *sum, const struct counter_value *value)
{
	sum->count += value->count;
	sum->running_ns += value->running_ns;
	if (value->enabled_ns > sum->enabled_ns)
		sum->enabled_ns = value->enabled_ns;
	if (sum->running_ns > sum->enabled_ns)
		sum->running_ns = sum->enabled_ns;
}

/* From the kernel's groups to the group's events. */
static void gather(struct counters *counters, struct counter_value *values)
{
	bool seen[GROUP_EVENTS][COUNTER_PARTS] = {{false}};

	memset(counters->parts, 0, sizeof(counters->parts));
	for (size_t g = 0; g < counters->groups_count; g++) {
		const struct kernel_group *group = &counters->groups[g];

		for (size_t m = 0; m < group->count; m++) {
			const struct kernel_member *member = &group->members[m];
			struct counter_value *part =
				&counters->parts[member->event][member->part];

			if (seen[member->event][member->part])
				add_beside(part, &counters->totals[g][m]);
			else
				*part = counters->totals[g][m];
			seen[member->event][member->part] = true;
		}
	}
	for (size_t i = 0; i < counters->events_count; i++) {
		if (counters->parts_count[i] > 0)
			values[i] = counters->parts[i][0];
		for (size_t p = 1; p < counters->parts_count[i]; p++) {
			if (counters->scopes[i] == COUNTER_SCOPE_SYSTEM)
				add_beside(&values[i], &counters->parts[i][p]);
			else
				add_in_turn(&values[i], &counters->parts[i][p]);
		}
	}
}

static int read_by_system_calls(struct counters *counters)
{
	int error = 0;

	for (size_t g = 0; g < counters->groups_count && !error; g++)
		error = kernel_group_read(&counters->groups[g], counters->totals[g]);
	return error;
}

static int perf_read(struct counters *counters, struct counter_value *values)
{
	int error = -EAGAIN;

	memset(values, 0, counters->events_count * sizeof(*values));
	if (counters->path == COUNTER_READ_USER)
		error = user_read_groups(
			counters->groups, counters->groups_count, counters->totals, NULL);
	/* Off the PMU for a moment, or user space was shut out: the kernel knows. */
	if (error)
		error = read_by_system_calls(counters);
	if (!error)
		gather(counters, values);
	return error;
}

static const struct counter_value *perf_parts(
	const struct counters *counters, size_t event)
{
	return counters->parts[event];
}

/* Whether user space can read the counters at all: only those of the calling thread. */
static const char *user_read_obstacle(const struct counters *counters)
{
	if (!user_counter_exists())
		return "no instruction for it is known on this architecture";
	for (size_t g = 0; g < counters->groups_count; g++) {
		if (counters->groups[g].thread != 0 || counters->target.inherit)
			return "only what counts the calling thread alone can be read so";
		if (counters->groups[g].software)
			return "software events are known to the kernel alone";
	}
	return NULL;
}

/* Each of the user's values must lie between two of the kernel's. */
static int prove_user_read(struct counters *counters, struct counter_read_cost *cost)
{
	const size_t count = counters->groups_count;
	struct counter_value(*user)[GROUP_EVENTS] = calloc(count + 1, sizeof(*user));
	struct counter_value(*before)[GROUP_EVENTS] = calloc(count + 1, sizeof(*before));
	const char *why = "it was not on a hardware counter while that was tried";
	int error = user && before ? read_by_system_calls(counters) : -ENOMEM;

	if (!error) {
		memcpy(before, counters->totals, count * sizeof(*before));
		error = user_read_groups(
			counters->groups, counters->groups_count, user, &why);
		if (error) {
			(void)snprintf(cost->user_why, sizeof(cost->user_why), "%s", why);
		} else {
			error = read_by_system_calls(counters);
		}
	}
	for (size_t g = 0; g < counters->groups_count && !error; g++)
		for (size_t m = 0; m < counters->groups[g].count; m++)
			if (user[g][m].count < before[g][m].count ||
				user[g][m].count > counters->totals[g][m].count)
				error = -EBADMSG;
	if (error == -EBADMSG)
		(void)snprintf(cost->user_why, sizeof(cost->user_why),
			"its values do not agree with the kernel's");
	free(user);
	free(before);
	return error;
}

static int compare_ns(const void *a, const void *b)
{
	const uint64_t *x = a;
	const uint64_t *y = b;

	return (*x > *y) - (*x < *y);
}

static double median_ns(uint64_t ns[TIMINGS])
{
	qsort(ns, TIMINGS, sizeof(ns[0]), compare_ns);
	return (double)ns[MIDDLE];
}

/* In turn, so that whatever slows one slows the other. */
static int time_paths(struct counters *counters, const struct clocks *clocks, bool user,
	struct counter_read_cost *cost)
{
	uint64_t ns[2][TIMINGS];
	int error = 0;

	for (unsigned i = 0; i < TIMINGS && !error; i++) {
		uint64_t start = clocks->wall_ns();

		error = read_by_system_calls(counters);
		ns[COUNTER_READ_SYSCALL][i] = clocks->wall_ns() - start;
		if (!user || error)
			continue;
		start = clocks->wall_ns();
		if (user_read_groups(counters->groups, counters->groups_count,
			    counters->totals, NULL))
			user = false;
		ns[COUNTER_READ_USER][i] = clocks->wall_ns() - start;
	}
	if (error)
		return error;
	cost->syscall_ns = median_ns(ns[COUNTER_READ_SYSCALL]);
	if (user)
		cost->user_ns = median_ns(ns[COUNTER_READ_USER]);
	else if (!cost->user_why[0])
		(void)snprintf(cost->user_why, sizeof(cost->user_why),
			"it was taken off its hardware counters while it was timed");
	return 0;
}

/* Whether the group can be read in user space: the pages map, and prove themselves. */
static bool can_read_user(struct counters *counters, struct counter_read_cost *cost)
{
	const char *obstacle = user_read_obstacle(counters);
	struct complaint complaint = {.what = ""};
	struct host_facts facts;
	int error;

	if (obstacle) {
		(void)snprintf(cost->user_why, sizeof(cost->user_why), "%s", obstacle);
		return false;
	}
	error = user_read_map(counters->groups, counters->groups_count);
	if (!error && prove_user_read(counters, cost) == 0)
		return true;
	host_facts_read("", &facts);
	if (!explain_user_access(&facts, &complaint)) {
		if (!error)
			return false;
		explain_page(&facts, error, &complaint);
	}
	(void)snprintf(cost->user_why, sizeof(cost->user_why), "%.240s%s%.240s",
		complaint.why, complaint.advice[0] ? "; try: " : "", complaint.advice);
	return false;
}

static int perf_choose_read_path(struct counters *counters, const struct clocks *clocks,
	struct counter_read_cost *cost)
{
	int error;

	*cost = (struct counter_read_cost){.path = COUNTER_READ_SYSCALL};
	error = time_paths(counters, clocks, can_read_user(counters, cost), cost);
	if (!error && cost->user_ns > 0 && cost->user_ns < cost->syscall_ns)
		cost->path = COUNTER_READ_USER;
	counters->path = cost->path;
	return error;
}

static int perf_probe(struct complaint *complaint)
{
	int error = perf_try(PERF_TYPE_HARDWARE, PERF_COUNT_HW_CPU_CYCLES);

	if (!error || perf_try(PERF_TYPE_SOFTWARE, PERF_COUNT_SW_PAGE_FAULTS) == 0)
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
	.parts = perf_parts,
	.choose_read_path = perf_choose_read_path,
	.stop = perf_stop,
	.close = perf_close,
};
