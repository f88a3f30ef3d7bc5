/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/measurement.h"

#include <string.h>

bool measurement_is_clean(const struct measurement *measurement)
{
	return measurement->error[0] == '\0' && measurement->wall_ns > 0 &&
	       measurement->involuntary_switches == 0 &&
	       (double)measurement->cpu_ns > 0.995 * (double)measurement->wall_ns;
}

bool measurement_shared_counters(const struct measurement *measurement)
{
	for (size_t i = 0; i < RECORD_EVENTS; i++) {
		const struct counter_value *value = &measurement->values[i];

		if (value->running_ns > 0 && value->running_ns < value->enabled_ns)
			return true;
	}
	return false;
}

#define AT(member) offsetof(struct measurement, member)

static const struct field fields[] = {
	{"kernel", "", "access pattern", FIELD_NAME, AT(point.kernel), false},
	{"backend", "", "memory backend asked for", FIELD_NAME, AT(point.backend), false},
	{"group", "", "counter group that was counting", FIELD_NAME, AT(point.group),
		false},
	{"bytes", "B", "size of the buffer", FIELD_U64, AT(point.bytes), false},
	{"stride", "B", "distance of neighbouring elements in memory", FIELD_U64,
		AT(point.stride), false},
	{"cpu", "", "CPU that read, by the kernel's number", FIELD_UNSIGNED,
		AT(point.cpu), false},
	{"node", "", "NUMA node asked for; -1 any", FIELD_INT, AT(point.node), false},
	{"round", "", "repetition, each with a fresh allocation, from 0", FIELD_U64,
		AT(round), false},
	{"window", "", "window within the round, from 0", FIELD_U64, AT(window), false},
	{"page_bytes", "B", "page size obtained, by smaps; empty: mixed or unknown",
		FIELD_U64, AT(page_bytes), true},
	{"huge_bytes", "B", "part of the buffer's mapping on pages above the base page",
		FIELD_U64, AT(huge_bytes), false},
	{"obtained_node", "",
		"NUMA node of the pages, by move_pages; -1 mixed or unknown", FIELD_S64,
		AT(obtained_node), false},
	{"reads", "", "reads performed in the window", FIELD_U64, AT(reads), false},
	{"wall_ns", "ns", "CLOCK_MONOTONIC_RAW over the window; empty: no window",
		FIELD_U64, AT(wall_ns), true},
	{"cpu_ns", "ns", "CLOCK_THREAD_CPUTIME_ID over the window; empty: no window",
		FIELD_U64, AT(cpu_ns), true},
	{"clock_ghz", "GHz",
		"core clock beside the window, from a chain of dependent additions",
		FIELD_DOUBLE, AT(clock_ghz), true},
	{"involuntary_switches", "", "context switches that the thread did not ask for",
		FIELD_U64, AT(involuntary_switches), false},
	{"clean", "", "1: no involuntary switch and cpu_ns above 99.5 % of wall_ns",
		FIELD_BOOL, AT(clean), false},
	{"scaled", "",
		"1: a counter ran for a part of the window, and --scale extrapolates "
		"it",
		FIELD_BOOL, AT(scaled), false},
	{"error", "", "why there is no window, or a remark; empty: none", FIELD_TEXT,
		AT(error), false},
};

const struct record_type measurement_record = {
	.noun = "windows",
	.span = "in the window, under the filter that environment.json names",
	.key = "bytes",
	.fields = fields,
	.fields_count = sizeof(fields) / sizeof(fields[0]),
	.size = sizeof(struct measurement),
	.values = AT(values),
};

static void take_records(struct dataset *dataset, const struct records *records)
{
	*dataset = (struct dataset){.measurements = records->rows,
		.count = records->count,
		.capacity = records->capacity,
		.events = records->events,
		.names = records->names,
		.names_count = records->names_count};
}

int dataset_parse_csv(struct dataset *dataset, const char *csv, size_t length,
	struct complaint *complaint)
{
	struct records records;
	int error =
		records_parse_csv(&records, &measurement_record, csv, length, complaint);

	if (!error)
		take_records(dataset, &records);
	return error;
}

void dataset_release(struct dataset *dataset)
{
	struct records records = {.rows = dataset->measurements,
		.names = dataset->names,
		.names_count = dataset->names_count};

	records_release(&records);
	*dataset = (struct dataset){0};
}
