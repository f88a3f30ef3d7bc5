/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/environment.h"

#include "core/environment-counters.h"

#include "base/clock.h"
#include "base/file.h"

#include <errno.h>
#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The scalar fields: one table writes and reads them. */
enum scalar_type { SCALAR_TEXT, SCALAR_U64, SCALAR_DOUBLE, SCALAR_BOOL };
struct scalar {
	const char *key; /* carries the unit */
	enum scalar_type type;
	size_t offset;
	size_t size; /* of a text */
};
#define TEXT(member)                                                                     \
	{                                                                                \
#member, SCALAR_TEXT, offsetof(struct environment, member),              \
			sizeof(((struct environment *)0)->member)                        \
	}
#define SCALAR(type, member)                                                             \
	{                                                                                \
#member, type, offsetof(struct environment, member), 0                   \
	}

static const struct scalar scalars[] = {
	TEXT(version),
	TEXT(command),
	TEXT(started),
	TEXT(finished),
	SCALAR(SCALAR_BOOL, interrupted),
	SCALAR(SCALAR_U64, seed),
	SCALAR(SCALAR_U64, rounds_min),
	SCALAR(SCALAR_U64, rounds_max),
	SCALAR(SCALAR_U64, rounds_done),
	SCALAR(SCALAR_U64, windows),
	SCALAR(SCALAR_U64, window_ns),
	SCALAR(SCALAR_DOUBLE, target),
	SCALAR(SCALAR_U64, budget_ns),
	SCALAR(SCALAR_U64, elapsed_ns),
	SCALAR(SCALAR_U64, stolen_ns),
	SCALAR(SCALAR_U64, unresolved_sizes),
	SCALAR(SCALAR_U64, peak_memory_bytes),
	TEXT(counters),
	SCALAR(SCALAR_BOOL, scaled),
	TEXT(counters_missing),
	TEXT(baseline),
	TEXT(counter_filter),
	TEXT(checked),
	SCALAR(SCALAR_U64, slots_advertised),
	SCALAR(SCALAR_U64, slots_proved),
	SCALAR(SCALAR_DOUBLE, reading_share),
	SCALAR(SCALAR_DOUBLE, window_overhead_ns),
	SCALAR(SCALAR_DOUBLE, window_outside_ns),
};

/* What cannot be shown, between $' and ', where it is escaped. */
static void append_escaped_word(struct text *text, const char *word)
{
	struct text escaped;

	text_init(&escaped);
	for (; *word; word++) {
		if (*word == '\'' || *word == '\\')
			text_append(&escaped, "\\");
		text_append_bytes(&escaped, word, 1);
	}
	text_append(text, "$'");
	text_append_visible(text, escaped.bytes);
	text_append(text, "'");
	text_release(&escaped);
}

/* A word as a shell takes it again. */
static void append_word(struct text *text, const char *word)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789-_=+,./:@%";

	if (*word && !word[strspn(word, plain)]) {
		text_append(text, word);
		return;
	}
	if (!text_is_visible(word)) {
		append_escaped_word(text, word);
		return;
	}
	text_append(text, "'");
	for (; *word; word++) {
		if (*word == '\'')
			text_append(text, "'\\''");
		else
			text_append_bytes(text, word, 1);
	}
	text_append(text, "'");
}

void environment_begin(struct environment *environment, int argc, char **argv)
{
	struct text command;

	(void)snprintf(environment->version, sizeof(environment->version), "%s",
		ESCALIER_VERSION);
	(void)clock_stamp(environment->started);
	text_init(&command);
	text_append(&command, "escalier");
	for (int i = 0; i < argc; i++) {
		text_append(&command, " ");
		append_word(&command, argv[i]);
	}
	(void)snprintf(
		environment->command, sizeof(environment->command), "%s", command.bytes);
	text_end_whole(environment->command);
	text_release(&command);
}

void environment_note(struct environment *environment, const char *format, ...)
{
	va_list arguments;

	if (environment->notes_count == ENVIRONMENT_NOTES)
		return;
	va_start(arguments, format);
	(void)vsnprintf(environment->notes[environment->notes_count], ENVIRONMENT_TEXT,
		format, arguments);
	va_end(arguments);
	text_end_whole(environment->notes[environment->notes_count++]);
}

const char *environment_note_complaint(struct environment *environment,
	const char *prefix, const struct complaint *complaint)
{
	environment_note(environment, "%s%s%s%s%s%s", prefix, complaint->what,
		complaint->why[0] ? ": " : "", complaint->why,
		complaint->advice[0] ? "; try: " : "", complaint->advice);
	return environment->notes[environment->notes_count - 1];
}

static json_t *scalar_to_json(
	const struct scalar *scalar, const struct environment *environment)
{
	const char *at = (const char *)environment + scalar->offset;

	switch (scalar->type) {
	case SCALAR_TEXT:
		return json_string(at);
	case SCALAR_U64:
		return json_integer((json_int_t) * (const uint64_t *)(const void *)at);
	case SCALAR_DOUBLE:
		return json_real(*(const double *)(const void *)at);
	case SCALAR_BOOL:
		return json_boolean(*(const bool *)(const void *)at);
	}
	return NULL;
}

static int scalar_from_json(
	const struct scalar *scalar, const json_t *value, struct environment *environment)
{
	char *at = (char *)environment + scalar->offset;

	switch (scalar->type) {
	case SCALAR_TEXT:
		if (!json_is_string(value))
			return -EINVAL;
		(void)snprintf(at, scalar->size, "%s", json_string_value(value));
		return 0;
	case SCALAR_U64:
		if (!json_is_integer(value))
			return -EINVAL;
		*(uint64_t *)(void *)at = (uint64_t)json_integer_value(value);
		return 0;
	case SCALAR_DOUBLE:
		if (!json_is_number(value))
			return -EINVAL;
		*(double *)(void *)at = json_number_value(value);
		return 0;
	case SCALAR_BOOL:
		if (!json_is_boolean(value))
			return -EINVAL;
		*(bool *)(void *)at = json_is_true(value);
		return 0;
	}
	return -EINVAL;
}

static json_t *lists_to_json(const struct environment *environment, json_t *root)
{
	json_t *groups = json_array();
	json_t *costs = json_array();
	json_t *pools = json_array();
	json_t *notes = json_array();

	for (size_t i = 0; i < environment->groups_count; i++)
		(void)json_array_append_new(groups, json_string(environment->groups[i]));
	for (size_t i = 0; i < environment->kernel_costs_count; i++)
		(void)json_array_append_new(
			costs, json_pack("{s:s, s:f, s:f}", "kernel",
				       environment->kernel_costs[i].kernel, "ns_per_read",
				       environment->kernel_costs[i].ns_per_read,
				       "cycles_per_read",
				       environment->kernel_costs[i].cycles_per_read));
	for (size_t i = 0; i < environment->pools_count; i++)
		(void)json_array_append_new(
			pools, json_pack("{s:I, s:I, s:I, s:I}", "page_bytes",
				       (json_int_t)environment->pools[i].page_bytes,
				       "before", (json_int_t)environment->pools[i].before,
				       "during", (json_int_t)environment->pools[i].during,
				       "after", (json_int_t)environment->pools[i].after));
	for (size_t i = 0; i < environment->notes_count; i++)
		(void)json_array_append_new(notes, json_string(environment->notes[i]));
	(void)json_object_set_new(root, "groups", groups);
	environment_counters_to_json(environment, root);
	(void)json_object_set_new(root, "kernel_costs", costs);
	(void)json_object_set_new(root, "pools", pools);
	(void)json_object_set_new(root, "notes", notes);
	return root;
}

int environment_print_json(const struct environment *environment,
	const struct machine *machine, enum environment_layout layout, struct text *text)
{
	const size_t flags =
		(layout == ENVIRONMENT_INDENTED ? JSON_INDENT(2) : JSON_COMPACT) |
		JSON_REAL_PRECISION(9);
	struct text machine_text;
	json_t *root = json_object();
	char *dump = NULL;

	text_init(&machine_text);
	for (size_t i = 0; i < sizeof(scalars) / sizeof(scalars[0]); i++)
		(void)json_object_set_new(
			root, scalars[i].key, scalar_to_json(&scalars[i], environment));
	(void)lists_to_json(environment, root);
	if (machine_print_json(machine, &machine_text) == 0)
		(void)json_object_set_new(
			root, "machine", json_loads(machine_text.bytes, 0, NULL));
	text_release(&machine_text);
	if (root)
		dump = json_dumps(root, flags);
	if (dump)
		text_append(text, dump);
	if (dump && layout == ENVIRONMENT_INDENTED)
		text_append(text, "\n");
	free(dump);
	json_decref(root);
	return dump ? text->error : -ENOMEM;
}

static void load_groups(const json_t *root, struct environment *environment)
{
	size_t index;
	json_t *value;

	json_array_foreach(json_object_get(root, "groups"), index, value)
	{
		if (environment->groups_count == PLAN_NAMES || !json_is_string(value))
			break;
		(void)snprintf(environment->groups[environment->groups_count++],
			sizeof(environment->groups[0]), "%s", json_string_value(value));
	}
}

static void load_costs(const json_t *root, struct environment *environment)
{
	size_t index;
	json_t *value;

	json_array_foreach(json_object_get(root, "kernel_costs"), index, value)
	{
		struct environment_kernel_cost *cost =
			&environment->kernel_costs[environment->kernel_costs_count];
		const char *name = json_string_value(json_object_get(value, "kernel"));

		if (environment->kernel_costs_count == PLAN_NAMES || !name)
			break;
		(void)snprintf(cost->kernel, sizeof(cost->kernel), "%s", name);
		cost->ns_per_read =
			json_number_value(json_object_get(value, "ns_per_read"));
		cost->cycles_per_read =
			json_number_value(json_object_get(value, "cycles_per_read"));
		environment->kernel_costs_count++;
	}
}

static void load_pools(const json_t *root, struct environment *environment)
{
	size_t index;
	json_t *value;

	json_array_foreach(json_object_get(root, "pools"), index, value)
	{
		if (environment->pools_count == ENVIRONMENT_POOLS)
			break;
		environment->pools[environment->pools_count++] =
			(struct environment_pool){
				.page_bytes = (uint64_t)json_integer_value(
					json_object_get(value, "page_bytes")),
				.before = (uint64_t)json_integer_value(
					json_object_get(value, "before")),
				.during = (uint64_t)json_integer_value(
					json_object_get(value, "during")),
				.after = (uint64_t)json_integer_value(
					json_object_get(value, "after")),
			};
	}
}

static void load_notes(const json_t *root, struct environment *environment)
{
	size_t index;
	json_t *value;

	json_array_foreach(json_object_get(root, "notes"), index, value)
	{
		if (json_is_string(value))
			environment_note(environment, "%s", json_string_value(value));
	}
}

int environment_load(
	struct environment *environment, const char *path, struct complaint *complaint)
{
	json_error_t where;
	struct text text;
	json_t *root;
	int error;

	*environment = (struct environment){0};
	text_init(&text);
	error = file_read_all(path, &text);
	if (error) {
		text_release(&text);
		return complaint_cannot(complaint, "read", path, error);
	}
	root = json_loadb(text.bytes, text.length, 0, &where);
	if (!root) {
		complaint_what(complaint, "cannot read %s", path);
		complaint_why(complaint, "%s", text.length ? where.text : "it is empty");
		text_release(&text);
		return -EINVAL;
	}
	text_release(&text);
	for (size_t i = 0; i < sizeof(scalars) / sizeof(scalars[0]) && !error; i++) {
		const json_t *value = json_object_get(root, scalars[i].key);

		if (value && scalar_from_json(&scalars[i], value, environment)) {
			complaint_what(
				complaint, "%s is not an environment of Escalier", path);
			complaint_why(complaint, "\"%s\" has another type than it should",
				scalars[i].key);
			error = -EINVAL;
		}
	}
	if (!error && !json_is_object(root)) {
		complaint_what(complaint, "%s is not an environment of Escalier", path);
		complaint_why(complaint, "it is not a JSON object");
		error = -EINVAL;
	}
	if (!error) {
		load_groups(root, environment);
		environment_counters_from_json(environment, root);
		load_costs(root, environment);
		load_pools(root, environment);
		load_notes(root, environment);
	}
	json_decref(root);
	return error;
}
