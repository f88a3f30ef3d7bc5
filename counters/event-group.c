/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "counters/group.h"
#include "counters/pmu.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* The length of the list's first event: commas between slashes are its own, as in
 * cpu/event=0x45,umask=0xf0/. */
static size_t first_length(const char *list)
{
	size_t length = 0;

	for (bool terms = false; list[length]; length++) {
		if (list[length] == '/')
			terms = !terms;
		else if (list[length] == ',' && !terms)
			break;
	}
	return length;
}

static bool is_generic(const struct event_code *code, uint64_t config)
{
	return code->type == PERF_TYPE_HARDWARE && code->config == config;
}

/* "EVENT per read": cut where it is too long, and then told apart by its counter; the
 * names that analysis/ knows for cycles and instructions. */
static void name_metric(
	struct metric *metric, const struct event *event, const struct event_code *code)
{
	if (is_generic(code, PERF_COUNT_HW_CPU_CYCLES))
		(void)snprintf(metric->name, sizeof(metric->name), METRIC_CYCLES);
	else if (is_generic(code, PERF_COUNT_HW_INSTRUCTIONS))
		(void)snprintf(metric->name, sizeof(metric->name), METRIC_INSTRUCTIONS);
	else if (strlen(event->name) + strlen(" per read") < sizeof(metric->name))
		(void)snprintf(metric->name, sizeof(metric->name), "%.53s per read",
			event->name);
	else
		(void)snprintf(metric->name, sizeof(metric->name), "%.30s... %s per read",
			event->name, event->counter);
	(void)snprintf(
		metric->formula, sizeof(metric->formula), "%s/READS", event->counter);
}

/* Two spellings of one event would have one name. */
static bool is_metric(const struct group *group, const char *name)
{
	for (size_t i = 0; i < group->metrics_count; i++)
		if (strcmp(group->metrics[i].name, name) == 0)
			return true;
	return false;
}

static const char *refuse(const struct group *group, const char *name, size_t length)
{
	if (length == 0)
		return "an empty name";
	if (group->events_count == GROUP_EVENTS)
		return "more events than a group may hold";
	if (length >= EVENT_NAME)
		return "an event's name is too long";
	for (size_t i = 0; i < group->events_count; i++)
		if (strncmp(group->events[i].name, name, length) == 0 &&
			group->events[i].name[length] == '\0')
			return "an event stands in it twice";
	return NULL;
}

static int add_event(struct group *group, struct pmus *pmus, const char *name,
	size_t length, struct complaint *complaint)
{
	const char *wrong = refuse(group, name, length);
	struct metric metric = {.name = ""};
	struct event event = {.name = ""};
	struct event_parts parts;
	int error;

	if (wrong) {
		complaint_what(complaint, "event list: %s", wrong);
		complaint_why(complaint, "at \"%.60s\"", name);
		complaint_advise(complaint,
			"EVENT,EVENT,...: at most %d, and more in a further list",
			GROUP_EVENTS);
		return -EINVAL;
	}
	(void)snprintf(
		event.counter, sizeof(event.counter), "PMC%zu", group->events_count);
	(void)snprintf(event.name, sizeof(event.name), "%.*s", (int)length, name);
	error = event_parts_find(&parts, pmus, event.name, complaint);
	if (error)
		return error;
	name_metric(&metric, &event, &parts.parts[0].code);
	if (is_metric(group, metric.name))
		(void)snprintf(metric.name, sizeof(metric.name), "%.30s (%s) per read",
			event.name, event.counter);
	group->events[group->events_count++] = event;
	group->metrics[group->metrics_count++] = metric;
	return 0;
}

int group_of_events(struct group *group, const char *name, const char *list,
	struct complaint *complaint)
{
	struct pmus pmus;
	int error = pmus_load(&pmus, "");

	*group = (struct group){0};
	*complaint = (struct complaint){.what = ""};
	(void)snprintf(group->name, sizeof(group->name), "%s", name);
	(void)snprintf(group->summary, sizeof(group->summary), "Events given by name");
	for (const char *at = list; !error;) {
		const size_t length = first_length(at);

		error = add_event(group, &pmus, at, length, complaint);
		if (at[length] == '\0')
			break;
		at += length + 1;
	}
	pmus_release(&pmus);
	return error ? error
		     : group_compose(
			       group, "Source: the command line's list of events.\n");
}
