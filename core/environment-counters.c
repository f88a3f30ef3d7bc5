/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/environment-counters.h"

#include "core/check/verdict-json.h"

#include <stdio.h>
#include <string.h>

static json_t *sources_to_json(const struct environment *environment)
{
	json_t *list = json_array();

	for (size_t i = 0; i < environment->sources_count; i++) {
		const struct environment_source *source = &environment->sources[i];

		(void)json_array_append_new(list,
			json_pack("{s:s, s:s, s:s, s:s, s:s, s:b}", "event",
				source->event, "full_name", source->full_name, "pmus",
				source->pmus, "scope", source->scope, "filter",
				source->filter, "read_alone", (int)source->alone));
	}
	return list;
}

static json_t *cost_to_json(const struct environment_window_cost *cost)
{
	json_t *events = json_array();

	for (size_t i = 0; i < cost->events_count; i++)
		(void)json_array_append_new(events,
			json_pack("{s:s, s:f, s:f}", "event", cost->events[i].event,
				"count", cost->events[i].count, "spread",
				cost->events[i].spread));
	return json_pack("{s:s, s:s, s:f, s:f, s:f, s:s, s:f, s:f, s:f, s:f, s:o}",
		"group", cost->group, "read_path", cost->read_path, "read_ns",
		cost->read_ns, "read_syscall_ns", cost->read_syscall_ns, "read_user_ns",
		cost->read_user_ns, "read_user_why", cost->read_user_why, "inside_ns",
		cost->inside_ns, "inside_spread_ns", cost->inside_spread_ns, "cpu_ns",
		cost->cpu_ns, "outside_ns", cost->outside_ns, "events", events);
}

void environment_counters_to_json(const struct environment *environment, json_t *root)
{
	json_t *costs = json_array();

	for (size_t i = 0; i < environment->window_costs_count; i++)
		(void)json_array_append_new(
			costs, cost_to_json(&environment->window_costs[i]));
	(void)json_object_set_new(root, "event_sources", sources_to_json(environment));
	(void)json_object_set_new(root, "window_costs", costs);
	(void)json_object_set_new(root, "events",
		verdicts_to_json(environment->events, environment->events_count));
}

static void take_text(const json_t *object, const char *key, char *text, size_t size)
{
	const char *value = json_string_value(json_object_get(object, key));

	(void)snprintf(text, size, "%s", value ? value : "");
}

static double take_number(const json_t *object, const char *key)
{
	return json_number_value(json_object_get(object, key));
}

static void load_sources(struct environment *environment, const json_t *list)
{
	size_t index;
	json_t *value;

	json_array_foreach(list, index, value)
	{
		struct environment_source *source =
			&environment->sources[environment->sources_count];

		if (environment->sources_count == RECORD_EVENTS)
			break;
		take_text(value, "event", source->event, sizeof(source->event));
		take_text(
			value, "full_name", source->full_name, sizeof(source->full_name));
		take_text(value, "pmus", source->pmus, sizeof(source->pmus));
		take_text(value, "scope", source->scope, sizeof(source->scope));
		take_text(value, "filter", source->filter, sizeof(source->filter));
		source->alone = json_is_true(json_object_get(value, "read_alone"));
		environment->sources_count++;
	}
}

static void load_events(struct environment_window_cost *cost, const json_t *list)
{
	size_t index;
	json_t *value;

	json_array_foreach(list, index, value)
	{
		struct environment_event_cost *event = &cost->events[cost->events_count];

		if (cost->events_count == GROUP_EVENTS)
			break;
		take_text(value, "event", event->event, sizeof(event->event));
		event->count = take_number(value, "count");
		event->spread = take_number(value, "spread");
		cost->events_count++;
	}
}

static void load_costs(struct environment *environment, const json_t *list)
{
	size_t index;
	json_t *value;

	json_array_foreach(list, index, value)
	{
		struct environment_window_cost *cost =
			&environment->window_costs[environment->window_costs_count];

		if (environment->window_costs_count == PLAN_NAMES)
			break;
		take_text(value, "group", cost->group, sizeof(cost->group));
		take_text(value, "read_path", cost->read_path, sizeof(cost->read_path));
		take_text(value, "read_user_why", cost->read_user_why,
			sizeof(cost->read_user_why));
		cost->read_ns = take_number(value, "read_ns");
		cost->read_syscall_ns = take_number(value, "read_syscall_ns");
		cost->read_user_ns = take_number(value, "read_user_ns");
		cost->inside_ns = take_number(value, "inside_ns");
		cost->inside_spread_ns = take_number(value, "inside_spread_ns");
		cost->cpu_ns = take_number(value, "cpu_ns");
		cost->outside_ns = take_number(value, "outside_ns");
		load_events(cost, json_object_get(value, "events"));
		environment->window_costs_count++;
	}
}

void environment_counters_from_json(struct environment *environment, const json_t *root)
{
	load_sources(environment, json_object_get(root, "event_sources"));
	load_costs(environment, json_object_get(root, "window_costs"));
	environment->events_count = verdicts_from_json(
		json_object_get(root, "events"), environment->events, ENVIRONMENT_EVENTS);
}
