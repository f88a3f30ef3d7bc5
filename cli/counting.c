/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/counting.h"

#include "cli/share.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

/* Measured in turn where nothing else is asked for; then, without a PMU, what software
 * counts. */
static const char *const default_groups[] = {"cache", "tlb"};
static const char *const fallback_groups[] = {"software"};

static void forget_last(struct counting *counting)
{
	group_release(&counting->groups[--counting->groups_count]);
}

/* What the environment says of an event's values. */
static void record_source(struct environment *environment, const struct event *event,
	const struct counter_event_status *status)
{
	struct environment_source *source =
		&environment->sources[environment->sources_count];
	size_t used = 0;

	for (size_t i = 0; i < environment->sources_count; i++)
		if (strcmp(environment->sources[i].event, event->name) == 0)
			return;
	if (environment->sources_count == RECORD_EVENTS)
		return;
	environment->sources_count++;
	(void)snprintf(source->event, sizeof(source->event), "%s", event->name);
	(void)snprintf(
		source->full_name, sizeof(source->full_name), "%s", status->full_name);
	for (size_t i = 0; i < status->parts_count && used < sizeof(source->pmus); i++)
		used += (size_t)snprintf(source->pmus + used, sizeof(source->pmus) - used,
			"%s%s", i ? ", " : "", status->parts[i]);
	(void)snprintf(source->scope, sizeof(source->scope), "%s",
		counter_scope_name(status->scope));
	(void)counter_filter_describe(&status->filter, source->filter);
	source->alone = status->alone;
}

/* Whether any event of the group counts here. Notes those that do not; `why` keeps the
 * group's. */
static bool try_group(struct counting *counting, const struct group *group,
	struct environment *environment, struct complaint *why)
{
	struct counter_event_status status[GROUP_EVENTS];
	const struct counter_target target = {.cpu = -1, .filter = counting->filter};
	struct counters *counters;

	if (counting->backend->open(&counters, group, &target, status, why))
		return false;
	counting->backend->close(counters);
	for (size_t i = 0; i < group->events_count; i++) {
		if (status[i].error) {
			environment_note(environment, "group %s: %s is not counted: %s",
				group->name, group->events[i].name, status[i].why);
			counting->partial = true;
		} else {
			record_source(environment, &group->events[i], &status[i]);
		}
	}
	return true;
}

static int add_group(struct counting *counting, const char *folder, const char *arch,
	const char *name, struct environment *environment, struct complaint *complaint)
{
	struct group *group = &counting->groups[counting->groups_count];
	struct complaint why = {0};
	char prefix[GROUP_NAME + 32];
	int error = group_load(group, folder, arch, name, complaint);

	if (error)
		return error;
	counting->groups_count++;
	if (!try_group(counting, group, environment, &why)) {
		(void)snprintf(prefix, sizeof(prefix), "group %s is left out: ", name);
		(void)environment_note_complaint(environment, prefix, &why);
		if (environment->counters_missing[0] == '\0')
			(void)complaint_line(&why, environment->counters_missing,
				sizeof(environment->counters_missing));
		counting->partial = true;
		forget_last(counting);
		return 0;
	}
	for (size_t i = 0; i < group->events_count; i++) {
		if (event_list_add(&counting->events, group->events[i].name) < 0) {
			complaint_what(complaint, "the groups have too many events");
			complaint_why(complaint, "at most %d different ones in a sweep",
				RECORD_EVENTS);
			return -EINVAL;
		}
	}
	return 0;
}

static int add_groups(struct counting *counting, const char *const *names, size_t count,
	struct environment *environment, struct complaint *complaint)
{
	char folder[PATH_MAX];
	char arch[GROUP_NAME];
	char pmu[GROUP_NAME];
	int error = share_find("counters/groups", folder, sizeof(folder));

	if (error) {
		complaint_what(complaint, "the folder of the counter groups is missing");
		complaint_why(complaint, "%s", strerror(-error));
		complaint_advise(
			complaint, "install Escalier again, or set ESCALIER_SHARE");
		return error;
	}
	counters_arch(arch, pmu);
	for (size_t i = 0; i < count && !error; i++)
		error = add_group(
			counting, folder, arch, names[i], environment, complaint);
	return error;
}

static int find_backend(struct counting *counting, const struct sweep_options *options,
	struct environment *environment, struct complaint *complaint)
{
	struct complaint why = {0};

	counting->backend = counters_find(options->counters, &why);
	if (!counting->backend) {
		complaint_what(complaint, "--counters: \"%s\" is not possible",
			options->counters);
		complaint_why(complaint, "accepted: auto, perf, none, fake");
		return -EINVAL;
	}
	if (counting->backend == &counters_none && why.what[0])
		(void)complaint_line(&why, environment->counters_missing,
			sizeof(environment->counters_missing));
	else if (counting->backend == &counters_none)
		(void)snprintf(environment->counters_missing,
			sizeof(environment->counters_missing), "not asked for");
	return 0;
}

int counting_choose(struct counting *counting, struct sweep_options *options,
	struct environment *environment, struct complaint *complaint)
{
	struct plan_options *plan = &options->plan;
	bool asked = options->groups_asked || options->counters_asked;
	int error;

	*counting = (struct counting){.filter = options->filter};
	(void)counter_filter_describe(&options->filter, environment->counter_filter);
	error = find_backend(counting, options, environment, complaint);
	if (error)
		return error;
	if (counting->backend != &counters_none) {
		if (plan->groups_count)
			error = add_groups(counting, plan->groups, plan->groups_count,
				environment, complaint);
		else
			error = add_groups(
				counting, default_groups, 2, environment, complaint);
		if (!error && !counting->groups_count && !plan->groups_count)
			error = add_groups(
				counting, fallback_groups, 1, environment, complaint);
	}
	if (error) {
		counting_release(counting);
		return error;
	}
	if (counting->groups_count == 0)
		counting->backend = &counters_none;
	/* Points are named after the groups that count, which may be fewer than were
	 * asked for. */
	plan->groups_count = counting->groups_count;
	for (size_t i = 0; i < counting->groups_count; i++) {
		plan->groups[i] = counting->groups[i].name;
		(void)snprintf(environment->groups[i], sizeof(environment->groups[i]),
			"%s", counting->groups[i].name);
	}
	environment->groups_count = counting->groups_count;
	(void)snprintf(environment->counters, sizeof(environment->counters), "%s",
		counting->backend->name);
	counting->partial = counting->partial && asked;
	return asked && counting->groups_count == 0 ? COUNTING_NONE_AVAILABLE : 0;
}

void counting_release(struct counting *counting)
{
	while (counting->groups_count)
		forget_last(counting);
}
