/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/check-print.h"
#include "core/check/verdict-json.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>

static json_t *slots_to_json(const struct slots *slots)
{
	json_t *list = json_array();

	for (size_t i = 0; i < slots->events_count; i++) {
		const struct slots_event *event = &slots->events[i];

		(void)json_array_append_new(list,
			json_pack("{s:s, s:I, s:I, s:s}", "event", event->event,
				"advertised", (json_int_t)event->advertised, "proved",
				(json_int_t)event->proved, "why", event->why));
	}
	return list;
}

static json_t *reading_to_json(const struct checked_groups *checked)
{
	const struct counter_read_cost *cost = &checked->read_cost;

	if (!checked->read_cost_known)
		return json_null();
	return json_pack("{s:s, s:f, s:f, s:s}", "path",
		counter_read_path_name(cost->path), "syscall_ns", cost->syscall_ns,
		"user_ns", cost->user_ns, "user_why", cost->user_why);
}

static json_t *events_to_json(const struct checked_groups *checked)
{
	json_t *list = json_array();

	for (size_t g = 0; g < checked->count; g++) {
		const struct judged_group *judged = &checked->judged[g];
		json_t *events =
			verdicts_to_json(judged->verdicts, judged->group->events_count);

		(void)json_array_extend(list, events);
		json_decref(events);
	}
	return list;
}

int check_print_json(const struct counting *counting,
	const struct checked_groups *checked, const struct environment *environment,
	struct text *text)
{
	json_t *notes = json_array();
	json_t *root;
	char *bytes;

	for (size_t i = 0; i < environment->notes_count; i++)
		(void)json_array_append_new(notes, json_string(environment->notes[i]));
	root = json_pack("{s:s, s:s, s:f, s:o, s:I, s:I, s:b, s:o, s:o, s:o}", "version",
		ESCALIER_VERSION, "counters", counting->backend->name, "elapsed_ns",
		(double)checked->elapsed_ns, "slots", slots_to_json(&checked->slots),
		"slots_advertised", (json_int_t)checked->slots.advertised, "slots_proved",
		(json_int_t)checked->slots.proved, "slots_changed",
		(int)checked->slots_changed, "reading", reading_to_json(checked),
		"events", events_to_json(checked), "notes", notes);
	bytes = root ? json_dumps(root, JSON_INDENT(2)) : NULL;
	if (bytes)
		text_format(text, "%s\n", bytes);
	json_decref(root);
	free(bytes);
	return bytes ? text->error : -ENOMEM;
}
