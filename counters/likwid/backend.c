/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/clock.h"
#include "base/text.h"
#include "counters/counters.h"
#include "counters/likwid.h"
#include "counters/likwid/event-name.h"
#include "counters/likwid/session.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * Counting through the CPU's registers: all that runs on the CPU is counted, in user
 * space or with the kernel. The caller is pinned to it as a rule; where it was found on
 * another one, the time since the last reading counts as not running.
 */
struct counters {
	struct likwid_set set;
	struct text events; /* the set's */
	size_t events_count;
	size_t members_count;
	size_t members[GROUP_EVENTS]; /* index in the group of each of the set's events */
	double totals[GROUP_EVENTS];
	uint64_t enabled_ns, running_ns;
	uint64_t last_ns; /* of the last reading, while it counts */
	bool here;        /* on the counted CPU, at that reading */
	bool counting;
};

static int likwid_probe(struct complaint *complaint)
{
	int cpu = sched_getcpu();
	struct likwid_trial trial;

	return likwid_trial_run(cpu < 0 ? 0 : (unsigned)cpu, "", &trial, complaint);
}

static int check_target(const struct counter_target *target, struct complaint *complaint)
{
	const struct counter_filter *filter = &target->filter;
	const char *why = NULL;

	if (target->thread != 0 || target->inherit || target->on_exec)
		why = "registers count what runs on a CPU, not what a program does";
	else if (filter->hypervisor || filter->guest || (filter->kernel && !filter->user))
		why = "registers count user space, or user space and the kernel";
	if (!why)
		return 0;
	complaint_what(complaint, "liblikwid cannot count this");
	complaint_why(complaint, "%s", why);
	complaint_advise(complaint, "give --counters perf");
	return -EOPNOTSUPP;
}

static void mark(struct counter_event_status *status, int error, const char *why)
{
	status->error = error;
	(void)snprintf(status->why, sizeof(status->why), "%s", why);
}

/* The line in which liblikwid speaks of the register or of the event. */
static void copy_reason(
	const char *output, const char *name, struct counter_event_status *status)
{
	size_t length = strcspn(name, ":");
	const char *line = output;

	status->error = -EINVAL;
	while (*line) {
		size_t line_length = strcspn(line, "\n");
		const char *found = memmem(line, line_length, name, length);

		if (found) {
			(void)snprintf(status->why, sizeof(status->why), "%.*s",
				(int)line_length, line);
			return;
		}
		line += line_length + (line[line_length] != '\0');
	}
	(void)snprintf(status->why, sizeof(status->why),
		"liblikwid takes %s for no event of this CPU and register", name);
}

static void describe(struct counter_event_status *status, const char *name, bool kernel)
{
	(void)snprintf(status->full_name, sizeof(status->full_name), "%s", name);
	status->scope = COUNTER_SCOPE_SYSTEM;
	status->filter = (struct counter_filter){.user = true, .kernel = kernel};
	(void)snprintf(status->parts[0], sizeof(status->parts[0]), "msr");
	status->parts_count = 1;
}

/* The events that have a name for liblikwid, all in one string. */
static void collect(struct counters *counters, const struct group *group, bool kernel,
	struct counter_event_status *status)
{
	for (size_t i = 0; i < group->events_count; i++) {
		struct complaint why = {.what = ""};
		char name[LIKWID_EVENT_NAME];
		int error = likwid_event_name(&group->events[i], kernel, name, &why);

		if (error) {
			mark(&status[i], error, why.why);
			continue;
		}
		describe(&status[i], name, kernel);
		text_format(&counters->events, "%s%s", counters->members_count ? "," : "",
			name);
		counters->members[counters->members_count++] = i;
	}
}

/* Leaves out those that the trial could not count. */
static void drop_unusable(struct counters *counters, const struct likwid_trial *trial,
	struct counter_event_status *status)
{
	size_t kept = 0;

	text_clear(&counters->events);
	for (size_t m = 0; m < counters->members_count; m++) {
		size_t event = counters->members[m];

		if (trial->usable[m] != '1') {
			copy_reason(
				trial->output, status[event].full_name, &status[event]);
			continue;
		}
		text_format(&counters->events, "%s%s", kept ? "," : "",
			status[event].full_name);
		counters->members[kept++] = event;
	}
	counters->members_count = kept;
}

static int open_set(struct counters *counters, const struct group *group,
	struct counter_event_status *status, struct complaint *complaint)
{
	int cpu = sched_getcpu();
	unsigned on = cpu < 0 ? 0 : (unsigned)cpu;
	struct likwid_trial trial;
	int error = counters->events.error;

	/* With no event too: that the CPU's registers are out of reach comes first. */
	if (!error)
		error = likwid_trial_run(on, counters->events.bytes, &trial, complaint);
	if (error)
		return error;
	drop_unusable(counters, &trial, status);
	if (counters->members_count == 0) {
		complaint_what(
			complaint, "no event of group %s can be counted", group->name);
		complaint_why(complaint, "%s",
			group->events_count ? status[0].why : "it has none");
		return group->events_count ? status[0].error : -EINVAL;
	}
	counters->set.events = counters->events.bytes;
	error = counters->events.error;
	return error ? error : likwid_session_add(&counters->set, on, complaint);
}

static int likwid_open(struct counters **counters, const struct group *group,
	const struct counter_target *target, struct counter_event_status *status,
	struct complaint *complaint)
{
	static const struct counter_target self;
	bool kernel = target && target->filter.kernel;
	struct counters *opened;
	int error = check_target(target ? target : &self, complaint);

	if (error)
		return error;
	opened = calloc(1, sizeof(*opened));
	if (!opened) {
		complaint_what(complaint, "no memory for counters");
		return -ENOMEM;
	}
	text_init(&opened->events);
	opened->events_count = group->events_count;
	memset(status, 0, group->events_count * sizeof(*status));
	collect(opened, group, kernel, status);
	error = open_set(opened, group, status, complaint);
	if (error) {
		text_release(&opened->events);
		free(opened);
		return error;
	}
	*counters = opened;
	return 0;
}

static int likwid_start(struct counters *counters)
{
	int error = likwid_session_start(&counters->set);

	if (error)
		return error;
	counters->counting = true;
	counters->here = likwid_session_here();
	counters->last_ns = clocks_system.wall_ns();
	return 0;
}

/* What was counted since the last reading. */
static int add_up(struct counters *counters)
{
	double counts[GROUP_EVENTS];
	uint64_t now = clocks_system.wall_ns();
	bool here = likwid_session_here();

	for (size_t m = 0; m < counters->members_count; m++) {
		int error = likwid_session_delta(&counters->set, (int)m, &counts[m]);

		if (error)
			return error;
	}
	for (size_t m = 0; m < counters->members_count; m++)
		counters->totals[m] += counts[m];
	counters->enabled_ns += now - counters->last_ns;
	if (here && counters->here)
		counters->running_ns += now - counters->last_ns;
	counters->here = here;
	counters->last_ns = now;
	return 0;
}

static int likwid_read(struct counters *counters, struct counter_value *values)
{
	int error = counters->counting ? likwid_session_read() : 0;

	memset(values, 0, counters->events_count * sizeof(*values));
	if (!error && counters->counting)
		error = add_up(counters);
	for (size_t m = 0; m < counters->members_count && !error; m++)
		values[counters->members[m]] = (struct counter_value){
			.count = (uint64_t)counters->totals[m],
			.enabled_ns = counters->enabled_ns,
			.running_ns = counters->running_ns,
		};
	return error;
}

static int likwid_stop(struct counters *counters)
{
	int error = likwid_session_stop(&counters->set);

	if (!error && counters->counting)
		error = add_up(counters);
	counters->counting = false;
	return error;
}

static void likwid_close(struct counters *counters)
{
	if (!counters)
		return;
	likwid_session_remove(&counters->set);
	text_release(&counters->events);
	free(counters);
}

const struct counter_backend counters_likwid = {
	.name = "likwid",
	.summary = "the CPU's registers, through liblikwid",
	.probe = likwid_probe,
	.open = likwid_open,
	.start = likwid_start,
	.read = likwid_read,
	.stop = likwid_stop,
	.close = likwid_close,
};
