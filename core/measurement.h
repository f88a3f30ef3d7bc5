/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CORE_MEASUREMENT_H
#define CORE_MEASUREMENT_H

#include "base/error.h"
#include "core/point.h"
#include "core/record.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

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
	/* A counter did not run all of the window, and the run asked for such values to
	 * be extrapolated; `values` themselves never are. */
	bool scaled;
	/* By the dataset's or sink's event list; a value that never ran has running_ns 0.
	 */
	struct counter_value values[RECORD_EVENTS];
	char error[RECORD_TEXT];
};

/* No involuntary switch, and on the CPU for more than 99.5 % of the wall time. */
bool measurement_is_clean(const struct measurement *measurement);

/* Whether a counter ran for a part of the window only. */
bool measurement_shared_counters(const struct measurement *measurement);

extern const struct record_type measurement_record;

/* Measurements read back from CSV. */
struct dataset {
	struct measurement *measurements;
	size_t count;
	size_t capacity;
	struct event_list events;
	char **names; /* owns the strings that points refer to */
	size_t names_count;
};
/* As records_parse_csv. */
int dataset_parse_csv(struct dataset *dataset, const char *csv, size_t length,
	struct complaint *complaint);
void dataset_release(struct dataset *dataset);

#endif
