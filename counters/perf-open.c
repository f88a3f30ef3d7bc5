/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "counters/explain.h"
#include "counters/perf.h"
#include "counters/pmu.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct counter_target calling_thread = {.cpu = -1};

struct opening {
	struct counters *counters;
	struct pmus pmus;
	const struct group *group;
	struct event_parts *parts; /* of each event */
	struct counter_event_status *status;
};

/* These happen in the scheduler: with the kernel excluded they would read 0 for ever. */
static bool happens_in_kernel(const struct event_code *code)
{
	return code->type == PERF_TYPE_SOFTWARE &&
	       (code->config == PERF_COUNT_SW_CONTEXT_SWITCHES ||
		       code->config == PERF_COUNT_SW_CPU_MIGRATIONS ||
		       code->config == PERF_COUNT_SW_CGROUP_SWITCHES);
}

/* Units that CPUs share, and the kernel's own PMUs beside the classic ones, cannot tell
 * who caused an event, and refuse filters. */
static bool is_unfiltered(const struct event_part *part)
{
	return part->kind == PMU_SYSTEM ||
	       (part->kind == PMU_OTHER && part->code.type >= PERF_TYPE_MAX);
}

/* What the event is really filtered by. */
static struct counter_filter filter_of(const struct counter_target *target,
	const struct event_parts *parts, const struct event_part *part)
{
	struct counter_filter filter = parts->filtered ? parts->filter : target->filter;

	if (is_unfiltered(part))
		return (struct counter_filter){true, true, true, true, true};
	if (!filter.kernel && !filter.hypervisor)
		filter.user = true;
	if (!filter.guest)
		filter.host = true;
	filter.kernel = filter.kernel || happens_in_kernel(&part->code);
	return filter;
}

static struct perf_event_attr attr_of(const struct event_part *part,
	const struct event_unit *unit, const struct counter_filter *filter)
{
	return (struct perf_event_attr){
		.type = unit->type,
		.config = part->code.config,
		.config1 = part->code.config1,
		.config2 = part->code.config2,
		.exclude_user = !filter->user,
		.exclude_kernel = !filter->kernel,
		.exclude_hv = !filter->hypervisor,
		.exclude_host = !filter->host,
		.exclude_guest = !filter->guest,
	};
}

/* One group of the kernel's for each thread or CPU and PMU. Software events join that of
 * the cores, except on a hybrid CPU: there it stands still while the thread is on the
 * other type of core. */
static struct kernel_group *group_for(struct opening *opening,
	const struct event_part *part, const struct event_unit *unit, pid_t thread,
	int cpu)
{
	struct counters *counters = opening->counters;
	const bool joins = (part->kind == PMU_CORE || unit->type == PERF_TYPE_SOFTWARE) &&
			   pmus_count_cores(&opening->pmus) < 2;
	const uint32_t context = joins ? 0 : unit->pmu;
	struct kernel_group *grown;

	for (size_t i = 0; i < counters->groups_count; i++) {
		struct kernel_group *group = &counters->groups[i];

		if (group->thread == thread && group->cpu == cpu &&
			group->context == context)
			return group;
	}
	grown = realloc(counters->groups, (counters->groups_count + 1) * sizeof(*grown));
	if (!grown)
		return NULL;
	counters->groups = grown;
	grown[counters->groups_count] = (struct kernel_group){
		.thread = thread,
		.cpu = cpu,
		.context = context,
		.held = thread >= 0 && counters->target.on_exec,
	};
	return &grown[counters->groups_count++];
}

struct place {
	size_t event;
	size_t part;
	const struct event_unit *unit;
	pid_t thread;
	int cpu;
};

static int open_at(struct opening *opening, const struct place *place)
{
	const struct event_parts *parts = &opening->parts[place->event];
	const struct event_part *part = &parts->parts[place->part];
	const struct counter_target *target = &opening->counters->target;
	const struct counter_filter filter = filter_of(target, parts, part);
	struct perf_event_attr attr = attr_of(part, place->unit, &filter);
	struct kernel_group *group =
		group_for(opening, part, place->unit, place->thread, place->cpu);
	int error;

	if (!group)
		return -ENOMEM;
	attr.inherit = place->thread >= 0 && target->inherit;
	if (place->thread == 0 && !target->inherit && part->kind == PMU_CORE)
		attr.config1 |= pmus_user_read_bit(&opening->pmus, part->pmu);
	error = kernel_group_add(group, &attr, place->event, place->part);
	/* Heterogeneous Arm systems before 6.6 know no extended types: there the kernel
	 * picks the PMU. */
	if ((error == -EINVAL || error == -ENOENT) && part->extended &&
		place->part == 0) {
		attr.config &= UINT32_MAX;
		error = kernel_group_add(group, &attr, place->event, place->part);
	}
	return error;
}

/* 0, 1 where the PMU is on none of the CPUs asked for, or -errno. */
static int open_on_cpus(struct opening *opening, struct place place)
{
	const struct event_parts *parts = &opening->parts[place.event];
	const bool system = parts->parts[place.part].kind == PMU_SYSTEM;
	const struct counter_target *target = &opening->counters->target;
	const struct cpus *cpus =
		place.unit->cpus ? place.unit->cpus : &opening->pmus.online;
	int result = 1;

	for (unsigned cpu = 0; cpu < CPUS_MAX && result >= 0; cpu++) {
		if (!cpus_has(cpus, cpu) ||
			(!system && !cpus_has(&opening->pmus.online, cpu)) ||
			(!system && target->cpu >= 0 && cpu != (unsigned)target->cpu))
			continue;
		place.thread = -1;
		place.cpu = (int)cpu;
		result = open_at(opening, &place);
	}
	return result;
}

/* All units of a part or none: a sum over some of them would be no sum. */
static int open_part(struct opening *opening, size_t event, size_t index)
{
	struct counters *counters = opening->counters;
	const struct event_part *part = &opening->parts[event].parts[index];
	int result = 1;

	for (size_t u = 0; u < part->units_count && result >= 0; u++) {
		struct place place = {.event = event,
			.part = index,
			.unit = &part->units[u],
			.thread = counters->target.thread,
			.cpu = counters->target.cpu};
		int here = part->kind == PMU_SYSTEM || place.thread < 0
				   ? open_on_cpus(opening, place)
				   : open_at(opening, &place);

		result = here <= 0 ? here : result;
	}
	for (size_t g = 0; g < counters->groups_count && result < 0; g++) {
		struct kernel_group *group = &counters->groups[g];

		if (group->count > 0 && group->members[group->count - 1].event == event &&
			group->members[group->count - 1].part == index)
			kernel_group_drop_last(group);
	}
	return result == 1 ? -ENODEV : result;
}

static void mark(
	struct counter_event_status *status, int error, const struct complaint *complaint)
{
	status->error = error;
	(void)snprintf(status->why, sizeof(status->why), "%s", complaint->why);
}

static enum counter_scope scope_of(
	const struct counter_target *target, const struct event_part *part)
{
	if (target->thread < 0 || part->kind == PMU_SYSTEM)
		return COUNTER_SCOPE_SYSTEM;
	return target->inherit ? COUNTER_SCOPE_PROGRAM : COUNTER_SCOPE_THREAD;
}

/* Part numbers in members and status are those of the parts that opened. */
static void open_event(struct opening *opening, size_t event)
{
	struct counter_event_status *status = &opening->status[event];
	struct event_parts *parts = &opening->parts[event];
	struct counters *counters = opening->counters;
	size_t opened = 0;
	bool lacking = false;
	int error = -ENODEV;

	for (size_t p = 0; p < parts->count; p++) {
		int result = -ENOENT;

		parts->parts[opened] = parts->parts[p];
		lacking = pmus_lack(&opening->pmus, &parts->parts[p]);
		if (!lacking)
			result = open_part(opening, event, opened);
		if (result) {
			error = result;
			continue;
		}
		(void)snprintf(status->parts[opened], sizeof(status->parts[opened]), "%s",
			parts->parts[opened].pmu);
		opened++;
	}
	status->parts_count = opened;
	counters->parts_count[event] = opened;
	counters->scopes[event] = status->scope;
	if (opened == 0 && lacking) {
		status->error = error;
		(void)snprintf(status->why, sizeof(status->why),
			"this CPU's PMU tells that it does not implement event 0x%02x: "
			"it is not among those of "
			"/sys/bus/event_source/devices/%s/events",
			(unsigned)parts->parts[0].code.config & 0xffff,
			parts->parts[0].pmu);
	} else if (opened == 0) {
		struct counter_failure failure = {.error = error,
			.event = opening->group->events[event].name,
			.scope = status->scope,
			.filter = status->filter,
			.thread = counters->target.thread};
		struct complaint complaint = {.what = ""};

		counters_explain_failure(&failure, &complaint);
		mark(status, error, &complaint);
	}
}

static void find_parts(struct opening *opening)
{
	for (size_t i = 0; i < opening->group->events_count; i++) {
		struct counter_event_status *status = &opening->status[i];
		struct event_parts *parts = &opening->parts[i];
		const struct counter_target *target = &opening->counters->target;
		struct complaint why = {.what = ""};
		int error = event_parts_find(
			parts, &opening->pmus, opening->group->events[i].name, &why);

		if (error) {
			mark(status, error, &why);
			continue;
		}
		(void)snprintf(status->full_name, sizeof(status->full_name), "%s",
			parts->parts[0].code.full_name);
		status->scope = scope_of(target, &parts->parts[0]);
		status->filter = filter_of(target, parts, &parts->parts[0]);
	}
}

/* Hardware events come first: a software leader would carry its own, always complete,
 * times. */
static void open_events(struct opening *opening)
{
	for (int software = 0; software < 2; software++)
		for (size_t i = 0; i < opening->group->events_count; i++)
			if (!opening->status[i].error &&
				(opening->parts[i].parts[0].code.type ==
					PERF_TYPE_SOFTWARE) == software)
				open_event(opening, i);
}

/* Drops the groups that no event opened in, and marks what is not read with the rest. */
static int arrange(struct opening *opening)
{
	struct counters *counters = opening->counters;
	size_t kept = 0;

	for (size_t g = 0; g < counters->groups_count; g++)
		if (counters->groups[g].count > 0)
			counters->groups[kept++] = counters->groups[g];
	counters->groups_count = kept;
	/* An event of several units or types of core is where its first one is. */
	for (size_t g = kept; g-- > 0;)
		for (size_t m = 0; m < counters->groups[g].count; m++)
			opening->status[counters->groups[g].members[m].event].alone =
				g > 0 || counters->groups[g].apart;
	if (kept == 0)
		return 0;
	counters->totals = calloc(kept, sizeof(*counters->totals));
	return counters->totals ? 0 : -ENOMEM;
}

void perf_close(struct counters *counters)
{
	if (!counters)
		return;
	for (size_t g = 0; g < counters->groups_count; g++)
		kernel_group_close(&counters->groups[g]);
	free(counters->groups);
	free(counters->totals);
	free(counters);
}

/* Why nothing of the group is counted: the reason of its first event, cycles as a rule.
 */
static int complain_none(struct opening *opening, struct complaint *complaint)
{
	const struct group *group = opening->group;
	const struct counter_event_status *status = opening->status;
	struct event_parts parts;
	struct counter_failure failure;

	if (group->events_count == 0) {
		complaint_what(complaint, "group %s has no event", group->name);
		return -EINVAL;
	}
	failure = (struct counter_failure){.error = status[0].error,
		.event = group->events[0].name,
		.scope = status[0].scope,
		.filter = status[0].filter,
		.thread = opening->counters->target.thread};
	if (event_parts_find(&parts, &opening->pmus, group->events[0].name, complaint) ==
		0)
		counters_explain_failure(&failure, complaint);
	complaint_what(complaint, "no event of group %s can be counted", group->name);
	return status[0].error;
}

int perf_open(struct counters **counters, const struct group *group,
	const struct counter_target *target, struct counter_event_status *status,
	struct complaint *complaint)
{
	struct opening opening = {
		.counters = calloc(1, sizeof(struct counters)),
		.group = group,
		.parts = calloc(group->events_count + 1, sizeof(struct event_parts)),
		.status = status,
	};
	int error = opening.counters && opening.parts ? pmus_load(&opening.pmus, "")
						      : -ENOMEM;

	memset(status, 0, group->events_count * sizeof(*status));
	if (!error) {
		opening.counters->target = target ? *target : calling_thread;
		opening.counters->events_count = group->events_count;
		find_parts(&opening);
		open_events(&opening);
		error = arrange(&opening);
	}
	if (error) {
		complaint_what(complaint, "no memory for counters");
	} else if (opening.counters->groups_count == 0) {
		error = complain_none(&opening, complaint);
	}
	if (error)
		perf_close(opening.counters);
	else
		*counters = opening.counters;
	pmus_release(&opening.pmus);
	free(opening.parts);
	return error;
}

int perf_try(uint32_t type, uint64_t config)
{
	struct perf_event_attr attr = {
		.type = type,
		.size = sizeof(attr),
		.config = config,
		.disabled = 1,
		.exclude_kernel = 1,
		.exclude_hv = 1,
	};
	int fd = kernel_event_open(&attr, 0, -1, -1);

	if (fd < 0)
		return fd;
	(void)close(fd);
	return 0;
}
