/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/counting.h"

#include "base/clock.h"
#include "base/cpus.h"
#include "cli/share.h"
#include "core/check/counted-loop.h"
#include "counters/split.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

/* Measured in turn where nothing else is asked for; then, without a PMU, what software
 * counts. */
static const char *const default_groups[] = {"cache", "tlb"};
static const char *const fallback_groups[] = {"software"};

/* Where groups are looked for, and for what they are split. */
struct loading {
	struct counting *counting;
	char folder[PATH_MAX];
	char arch[GROUP_NAME];
	struct counter_room room;
	bool survey;
	struct complaint last_left_out;
	struct environment *environment;
	struct complaint *complaint;
};

static const char not_asked_for[] = "not asked for";

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

static void keep_missing(struct counting *counting, struct environment *environment,
	const struct complaint *why)
{
	(void)complaint_line(why, environment->counters_missing,
		sizeof(environment->counters_missing));
	(void)snprintf(counting->advice, sizeof(counting->advice), "%s", why->advice);
}

static void note_left_out(
	struct loading *loading, const char *name, struct complaint *why)
{
	struct environment *environment = loading->environment;
	struct complaint *last = &loading->last_left_out;
	char prefix[GROUP_NAME + 32];

	(void)snprintf(prefix, sizeof(prefix), "group %s is left out: ", name);
	/* Where there is no PMU all groups are, for one reason. */
	if (last->why[0] && strcmp(last->why, why->why) == 0 &&
		strcmp(last->advice, why->advice) == 0)
		environment_note(environment, "%sthe same holds", prefix);
	else
		(void)environment_note_complaint(environment, prefix, why);
	*last = *why;
	if (environment->counters_missing[0] == '\0')
		keep_missing(loading->counting, environment, why);
	loading->counting->partial = true;
}

static int add_events(
	struct counting *counting, const struct group *group, struct complaint *complaint)
{
	for (size_t i = 0; i < group->events_count; i++) {
		if (event_list_add(&counting->events, group->events[i].name) < 0) {
			complaint_what(complaint, "the groups have too many events");
			complaint_why(complaint, "at most %d different ones at once",
				RECORD_EVENTS);
			return -EINVAL;
		}
	}
	return 0;
}

static int refuse_twice(
	const struct counting *counting, const char *name, struct complaint *complaint)
{
	for (size_t i = 0; i < counting->groups_count; i++) {
		if (strcmp(counting->groups[i].name, name) == 0) {
			complaint_what(complaint, "two groups are named %s", name);
			complaint_advise(complaint, "give one of the files another name");
			return -EINVAL;
		}
	}
	return 0;
}

/* What of the group's metrics no part can hold. */
static void note_lost(const struct loading *loading, const struct group *group,
	const struct group_split *split)
{
	struct environment *environment = loading->environment;

	for (size_t i = 0; i < group->metrics_count; i++)
		if (split->lost_metrics >> i & 1)
			environment_note(environment,
				"group %s: \"%s\" is left out: its counters do not fit "
				"the PMU at once",
				group->name, group->metrics[i].name);
	for (size_t i = 0; i < group->identities_count; i++)
		if (split->lost_identities >> i & 1)
			environment_note(environment,
				"group %s: the sum \"%s\" is not checked: its counters "
				"do not fit the PMU at once",
				group->name, group->identities[i].name);
	if (split->lost_metrics || split->lost_events)
		loading->counting->partial = true;
}

static int add_part(struct loading *loading, const struct group *whole,
	const struct group_split *split, size_t index)
{
	struct counting *counting = loading->counting;
	struct group *part = &counting->groups[counting->groups_count];
	struct complaint why = {0};
	int error;

	if (counting->groups_count == PLAN_NAMES) {
		complaint_what(loading->complaint, "too many groups");
		complaint_why(loading->complaint,
			"at most %d, counting the parts of groups that the PMU does not "
			"hold at once",
			PLAN_NAMES);
		return -EINVAL;
	}
	error = group_take_part(part, whole, split, index);
	if (error)
		return error;
	error = refuse_twice(counting, part->name, loading->complaint);
	if (error) {
		group_release(part);
		return error;
	}
	counting->groups_count++;
	if (loading->survey)
		return 0;
	if (!try_group(counting, part, loading->environment, &why)) {
		note_left_out(loading, part->name, &why);
		forget_last(counting);
		return 0;
	}
	return add_events(counting, part, loading->complaint);
}

static int add_group(struct loading *loading, const struct group *group)
{
	uint32_t allowed[GROUP_EVENTS];
	struct group_split split;
	int error;

	group_allowed(group, loading->arch, &loading->room, allowed);
	error = group_split(&split, group, allowed);
	if (error) {
		complaint_what(
			loading->complaint, "group %s does not fit the PMU", group->name);
		return error;
	}
	if (split.parts_count > 1)
		environment_note(loading->environment,
			"group %s asks for more counters than the %u at hand: it is "
			"measured in %zu parts, in turn",
			group->name, loading->room.proved, split.parts_count);
	note_lost(loading, group, &split);
	for (size_t i = 0; i < split.parts_count && !error; i++)
		error = add_part(loading, group, &split, i);
	return error;
}

static int load_group(
	struct loading *loading, const char *text, bool is_list, size_t lists_before)
{
	char name[GROUP_NAME];
	struct group group;
	int error;

	if (lists_before)
		(void)snprintf(name, sizeof(name), "events%zu", lists_before + 1);
	else
		(void)snprintf(name, sizeof(name), "events");
	error = is_list ? group_of_events(&group, name, text, loading->complaint)
			: group_load(&group, loading->folder, loading->arch, text,
				  loading->complaint);
	if (error)
		return error;
	error = add_group(loading, &group);
	group_release(&group);
	return error;
}

static int load_named(struct loading *loading, const char *const *names, size_t count)
{
	int error = 0;

	for (size_t i = 0; i < count && !error; i++)
		error = load_group(loading, names[i], false, 0);
	return error;
}

static int load_of_cpu(const char *name, void *context)
{
	return load_group(context, name, false, 0);
}

static int load_requested(struct loading *loading, const struct counter_request *request)
{
	size_t lists = 0;
	int error = 0;

	for (size_t i = 0; i < request->groups_count && !error; i++) {
		error = load_group(loading, request->groups[i].text,
			request->groups[i].is_list, lists);
		lists += request->groups[i].is_list;
	}
	return error;
}

static int begin_loading(struct loading *loading, int cpu)
{
	const struct slots *slots = &loading->counting->slots;
	char pmu[GROUP_NAME];
	int error = share_find_groups(
		loading->folder, sizeof(loading->folder), loading->complaint);

	if (error)
		return error;
	counters_arch_on(cpu, loading->arch, pmu);
	loading->room = counter_room_of(loading->arch);
	counter_room_prove(&loading->room, (unsigned)slots->proved,
		(unsigned)slots->events[SLOTS_CYCLES].proved,
		(unsigned)slots->events[SLOTS_INSTRUCTIONS].proved);
	return 0;
}

static int load_all(
	struct loading *loading, const struct counter_request *request, int cpu)
{
	struct counting *counting = loading->counting;
	int error = begin_loading(loading, cpu);

	if (error)
		return error;
	if (request->groups_count)
		return load_requested(loading, request);
	if (loading->survey)
		return group_each(loading->folder, loading->arch, load_of_cpu, loading);
	error = load_named(loading, default_groups, 2);
	if (!error && !counting->groups_count)
		error = load_named(loading, fallback_groups, 1);
	return error;
}

static int find_backend(struct counting *counting, const struct counter_request *request,
	struct environment *environment, struct complaint *complaint)
{
	struct complaint why = {0};

	counting->backend = counters_find(request->backend, &why);
	if (!counting->backend) {
		complaint_what(complaint, "--counters: \"%s\" is not possible",
			request->backend);
		complaint_why(complaint, "accepted: auto, perf, likwid, none, fake");
		return -EINVAL;
	}
	if (counting->backend == &counters_none && why.what[0])
		keep_missing(counting, environment, &why);
	else if (counting->backend == &counters_none &&
		 environment->counters_missing[0] == '\0')
		(void)snprintf(environment->counters_missing,
			sizeof(environment->counters_missing), "%s", not_asked_for);
	return 0;
}

/* No group is made to ask for more counters than count at once. */
static void prove_counters(
	struct counting *counting, int cpu, struct environment *environment)
{
	struct slots *slots = &counting->slots;
	struct cpus allowed;
	int error = cpus_allowed(&allowed);

	if (!error && cpu >= 0)
		error = cpus_pin((unsigned)cpu);
	if (!error)
		error = slots_probe(
			slots, counting->backend, &clocks_system, counted_loop);
	(void)cpus_unpin(&allowed);
	if (error)
		environment_note(environment,
			"how many counters count at once could not be found out: %s",
			strerror(-error));
	environment->slots_advertised = slots->advertised;
	environment->slots_proved = slots->proved;
	if (slots->advertised > 0 && slots->proved == 0)
		environment_note(environment,
			"of %zu advertised counters none has proved itself",
			slots->advertised);
}

int counting_choose(struct counting *counting, const struct counter_request *request,
	int cpu, struct environment *environment, struct complaint *complaint)
{
	struct loading loading = {.counting = counting,
		.survey = request->survey,
		.environment = environment,
		.complaint = complaint};
	bool asked = request->groups_asked || request->backend_asked;
	int error;

	*counting = (struct counting){.filter = request->filter};
	(void)counter_filter_describe(&request->filter, environment->counter_filter);
	error = find_backend(counting, request, environment, complaint);
	if (!error && request->check != SELF_CHECK_NONE &&
		counting->backend != &counters_none)
		prove_counters(counting, cpu, environment);
	if (!error && counting->backend != &counters_none)
		error = load_all(&loading, request, cpu);
	if (error) {
		counting_release(counting);
		return error;
	}
	if (counting->groups_count == 0)
		counting->backend = &counters_none;
	for (size_t i = 0; i < counting->groups_count; i++)
		(void)snprintf(environment->groups[i], sizeof(environment->groups[i]),
			"%s", counting->groups[i].name);
	environment->groups_count = counting->groups_count;
	(void)snprintf(environment->counters, sizeof(environment->counters), "%s",
		counting->backend->name);
	environment->scaled = request->scaled;
	counting->partial = counting->partial && asked;
	if (!asked || counting->groups_count)
		return 0;
	complaint_what(complaint, "counters were asked for and none can count");
	complaint_why(complaint, "%.250s", environment->counters_missing);
	complaint_advise(complaint, "%s", counting->advice);
	return COUNTING_NONE_AVAILABLE;
}

void counting_advise_without(struct complaint *complaint, const char *how)
{
	char own[sizeof(complaint->advice)];

	(void)snprintf(own, sizeof(own), "%s", complaint->advice);
	complaint_advise(complaint, "%.170s%s%s", own, own[0] ? "; " : "", how);
}

void counting_release(struct counting *counting)
{
	while (counting->groups_count)
		forget_last(counting);
}

void counting_warn(const struct environment *environment)
{
	const char *missing = environment->counters_missing;

	if (missing[0] && strcmp(missing, not_asked_for) != 0)
		fprintf(stderr, "escalier: hardware counters: %s\n", missing);
}
