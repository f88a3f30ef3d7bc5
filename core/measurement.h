/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CORE_MEASUREMENT_H
#define CORE_MEASUREMENT_H

#include "base/error.h"
#include "base/text.h"
#include "core/point.h"
#include "counters/counters.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { MEASUREMENT_EVENTS = 32, MEASUREMENT_ERROR = 256 };

/* One window, or (error non-empty) why a point has none. */
struct measurement {
	struct point point;
	uint64_t round;        /* from 0; each round is a fresh allocation */
	uint64_t window;       /* from 0, within the point and round */
	uint64_t page_bytes;   /* obtained, from the kernel's accounting; 0: mixed or
				  unknown */
	uint64_t huge_bytes;   /* of the buffer's mapping, on pages larger than the base
				  page */
	int64_t obtained_node; /* -1 mixed or unknown */
	uint64_t reads;
	uint64_t wall_ns;
	uint64_t cpu_ns;
	double clock_ghz; /* from a chain of dependent additions beside the window; 0
			     unknown */
	uint64_t involuntary_switches;
	bool clean; /* measurement_is_clean at the time of writing */
	/* By the dataset's or sink's event list; a value that never ran has running_ns 0.
	 */
	struct counter_value values[MEASUREMENT_EVENTS];
	char error[MEASUREMENT_ERROR];
};

/* No involuntary switch, and on the CPU for more than 99.5 % of the wall time. */
bool measurement_is_clean(const struct measurement *measurement);

/* The names of the events that columns stand for, in order; names are unique. */
struct event_list {
	char names[MEASUREMENT_EVENTS][EVENT_NAME];
	size_t count;
};
/* Position of the name, appended where it is new; -1 when full. */
int event_list_add(struct event_list *list, const char *name);
int event_list_find(const struct event_list *list, const char *name);

/*
 * The fields of a measurement: one table writes CSV and JSON, reads CSV, and documents
 * itself. Times and counts are decimal integers; an unknown value is empty (CSV) or null
 * (JSON).
 */
enum field_type {
	FIELD_NAME,
	FIELD_U64,
	FIELD_S64,
	FIELD_UNSIGNED,
	FIELD_INT,
	FIELD_DOUBLE,
	FIELD_BOOL,
	FIELD_TEXT
};
struct field {
	const char *name;
	const char *unit; /* "" for none */
	const char *meaning;
	enum field_type type;
	size_t offset; /* into struct measurement */
	bool zero_is_unknown;
};
extern const struct field fields[];
extern const size_t fields_count;

/*
 * CSV, RFC 4180, one header line: the fields' names, then for each event three columns:
 * NAME, NAME.enabled_ns, NAME.running_ns. No comment lines, so that every reader takes it
 * as it is.
 */
void measurement_csv_header(const struct event_list *events, struct text *text);
void measurement_csv_row(const struct measurement *measurement,
	const struct event_list *events, struct text *text);
/* One JSON object and a newline; values of events that never ran are null. */
void measurement_json_row(const struct measurement *measurement,
	const struct event_list *events, struct text *text);
/* The table of fields as Markdown. */
void measurement_describe_fields(struct text *text);

/* Measurements read back from CSV. */
struct dataset {
	struct measurement *measurements;
	size_t count;
	size_t capacity;
	struct event_list events;
	char **names; /* owns the strings that points refer to */
	size_t names_count;
};
/* Columns are found by their header names, in any order; a name that is no field is an
 * event. "bytes" must be there; other fields that are not stay zero. A last line cut
 * short (an interrupted run) is left out. 0, -EINVAL with the line in the complaint, or
 * -ENOMEM. Release after success only. */
int dataset_parse_csv(struct dataset *dataset, const char *csv, size_t length,
	struct complaint *complaint);
int dataset_load_csv(
	struct dataset *dataset, const char *path, struct complaint *complaint);
void dataset_release(struct dataset *dataset);

#endif
