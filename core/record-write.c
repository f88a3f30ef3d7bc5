/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/record.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const struct counter_value *values_of(
	const struct record_type *type, const void *record)
{
	return (const void *)((const char *)record + type->values);
}

/* The field's value as text without quoting; empty where it is unknown. Returns whether
 * it is a string (to be quoted in JSON). */
static bool field_text(const struct field *field, const void *record, const char **string,
	char number[32])
{
	const char *at = (const char *)record + field->offset;
	uint64_t whole = 0;

	number[0] = '\0';
	*string = number;
	switch (field->type) {
	case FIELD_NAME:
		*string = *(const char *const *)(const void *)at;
		return true;
	case FIELD_TEXT:
		*string = at;
		return true;
	case FIELD_DOUBLE: {
		double value = *(const double *)(const void *)at;

		if (value != 0 || !field->zero_is_unknown)
			(void)snprintf(number, 32, "%.6g", value);
		return false;
	}
	case FIELD_S64:
		(void)snprintf(
			number, 32, "%" PRId64, *(const int64_t *)(const void *)at);
		return false;
	case FIELD_INT:
		(void)snprintf(number, 32, "%d", *(const int *)(const void *)at);
		return false;
	case FIELD_U64:
		whole = *(const uint64_t *)(const void *)at;
		break;
	case FIELD_UNSIGNED:
		whole = *(const unsigned *)(const void *)at;
		break;
	case FIELD_BOOL:
		whole = *(const bool *)(const void *)at;
		break;
	}
	if (whole != 0 || !field->zero_is_unknown)
		(void)snprintf(number, 32, "%" PRIu64, whole);
	return false;
}

static void append_csv_string(struct text *text, const char *string)
{
	if (!string[strcspn(string, "\",\r\n")]) {
		text_append(text, string);
		return;
	}
	text_append(text, "\"");
	for (const char *c = string; *c; c++)
		text_append_bytes(text, *c == '"' ? "\"\"" : c, *c == '"' ? 2 : 1);
	text_append(text, "\"");
}

void record_csv_header(const struct record_type *type, const struct event_list *events,
	struct text *text)
{
	for (size_t i = 0; i < type->fields_count; i++)
		text_format(text, "%s%s", i ? "," : "", type->fields[i].name);
	for (size_t i = 0; i < events->count; i++) {
		static const char *const suffixes[] = {"", ".enabled_ns", ".running_ns"};

		for (size_t j = 0; j < 3; j++) {
			char column[EVENT_NAME + 16];

			(void)snprintf(column, sizeof(column), "%s%s", events->names[i],
				suffixes[j]);
			text_append(text, ",");
			append_csv_string(text, column);
		}
	}
	text_append(text, "\n");
}

void record_csv_row(const struct record_type *type, const void *record,
	const struct event_list *events, struct text *text)
{
	for (size_t i = 0; i < type->fields_count; i++) {
		char number[32];
		const char *string;

		(void)field_text(&type->fields[i], record, &string, number);
		if (i)
			text_append(text, ",");
		append_csv_string(text, string);
	}
	for (size_t i = 0; i < events->count; i++) {
		const struct counter_value *value = &values_of(type, record)[i];

		if (value->running_ns)
			text_format(text, ",%" PRIu64 ",%" PRIu64 ",%" PRIu64,
				value->count, value->enabled_ns, value->running_ns);
		else if (value->enabled_ns)
			text_format(text, ",,%" PRIu64 ",0", value->enabled_ns);
		else
			text_append(text, ",,,");
	}
	text_append(text, "\n");
}

static void append_json_string(struct text *text, const char *string)
{
	struct text valid;

	text_init(&valid);
	text_append_valid(&valid, string);
	text_append(text, "\"");
	for (const char *c = valid.bytes; *c; c++) {
		if (*c == '"' || *c == '\\')
			text_format(text, "\\%c", *c);
		else if ((unsigned char)*c < 0x20)
			text_format(text, "\\u%04x", (unsigned char)*c);
		else
			text_append_bytes(text, c, 1);
	}
	text_append(text, "\"");
	text_release(&valid);
}

static void append_json_events(const struct counter_value *values,
	const struct event_list *events, struct text *text)
{
	bool first = true;

	text_append(text, ",\"events\":{");
	for (size_t i = 0; i < events->count; i++) {
		const struct counter_value *value = &values[i];

		if (!value->enabled_ns)
			continue;
		if (!first)
			text_append(text, ",");
		first = false;
		append_json_string(text, events->names[i]);
		text_append(text, ":{\"count\":");
		if (value->running_ns)
			text_format(text, "%" PRIu64, value->count);
		else
			text_append(text, "null");
		text_format(text,
			",\"enabled_ns\":%" PRIu64 ",\"running_ns\":%" PRIu64 "}",
			value->enabled_ns, value->running_ns);
	}
	text_append(text, "}}\n");
}

void record_json_row(const struct record_type *type, const void *record,
	const struct event_list *events, struct text *text)
{
	text_append(text, "{");
	for (size_t i = 0; i < type->fields_count; i++) {
		char number[32];
		const char *string;
		bool is_string = field_text(&type->fields[i], record, &string, number);

		text_format(text, "%s\"%s\":", i ? "," : "", type->fields[i].name);
		if (is_string)
			append_json_string(text, string);
		else if (type->fields[i].type == FIELD_BOOL)
			text_append(text, string[0] == '1' ? "true" : "false");
		else
			text_append(text, string[0] ? string : "null");
	}
	append_json_events(values_of(type, record), events, text);
}
