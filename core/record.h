/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CORE_RECORD_H
#define CORE_RECORD_H

#include "base/error.h"
#include "base/text.h"
#include "counters/counters.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * A kind of raw row: a struct whose fields one table describes, and that carries the
 * values of the run's events. The table writes CSV and JSON, reads CSV, and documents
 * itself.
 */
enum { RECORD_EVENTS = 64 };

/* The names of the events that columns stand for, in order; names are unique. */
struct event_list {
	char names[RECORD_EVENTS][EVENT_NAME];
	size_t count;
};
/* Position of the name, appended where it is new; -1 when full. */
int event_list_add(struct event_list *list, const char *name);
int event_list_find(const struct event_list *list, const char *name);

/* Times and counts are decimal integers; an unknown value is empty (CSV) or null (JSON).
 */
enum field_type {
	FIELD_NAME, /* const char *, never NULL */
	FIELD_U64,
	FIELD_S64,
	FIELD_UNSIGNED,
	FIELD_INT,
	FIELD_DOUBLE,
	FIELD_BOOL,
	FIELD_TEXT /* char[RECORD_TEXT] */
};
enum { RECORD_TEXT = 256 };
struct field {
	const char *name;
	const char *unit; /* "" for none */
	const char *meaning;
	enum field_type type;
	size_t offset; /* into the record */
	bool zero_is_unknown;
};

struct record_type {
	const char *noun; /* of many, for messages: "windows" */
	const char *span; /* what an event is counted over: "in the window"; NULL: no
			     events */
	const char *key;  /* the column that a CSV of them must have */
	const struct field *fields;
	size_t fields_count;
	size_t size;
	size_t values; /* offset of its struct counter_value[RECORD_EVENTS], by the run's
			  event list; a value that never ran has running_ns 0 */
};

/*
 * CSV, RFC 4180, one header line: the fields' names, then for each event three columns:
 * NAME, NAME.enabled_ns, NAME.running_ns. No comment lines, so that every reader takes it
 * as it is.
 */
void record_csv_header(const struct record_type *type, const struct event_list *events,
	struct text *text);
void record_csv_row(const struct record_type *type, const void *record,
	const struct event_list *events, struct text *text);
/* One JSON object and a newline; values of events that never ran are null. */
void record_json_row(const struct record_type *type, const void *record,
	const struct event_list *events, struct text *text);
/* The table of fields as Markdown. */
void record_describe(const struct record_type *type, struct text *text);

/* Records read back from CSV. */
struct records {
	const struct record_type *type;
	void *rows; /* count of them, each type->size bytes */
	size_t count;
	size_t capacity;
	struct event_list events;
	char **names; /* owns the strings that fields refer to */
	size_t names_count, names_capacity;
};
/* Columns are found by their header names, in any order; a name that is no field is an
 * event. The type's key must be there; other fields that are not stay zero, and names
 * empty. A last line cut short (an interrupted run) is left out. 0, -EINVAL with the line
 * in the complaint, or -ENOMEM. Release after success only. */
int records_parse_csv(struct records *records, const struct record_type *type,
	const char *csv, size_t length, struct complaint *complaint);
int records_load_csv(struct records *records, const struct record_type *type,
	const char *path, struct complaint *complaint);

/* The same without keeping the rows, for files larger than memory: each is visited and
 * then gone; the names that it refers to, and the events, stay in `records` until its
 * release. Ends with the visitor's first error. */
typedef int record_visit(
	void *context, const void *record, const struct records *records);
int records_visit_csv(struct records *records, const struct record_type *type,
	const char *path, record_visit *visit, void *context,
	struct complaint *complaint);
void records_release(struct records *records);

#endif
