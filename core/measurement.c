/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/measurement.h"

#include <string.h>

bool measurement_is_clean(const struct measurement *measurement)
{
	return measurement->error[0] == '\0' && measurement->wall_ns > 0 &&
	       measurement->involuntary_switches == 0 &&
	       (double)measurement->cpu_ns > 0.995 * (double)measurement->wall_ns;
}

int event_list_find(const struct event_list *list, const char *name)
{
	for (size_t i = 0; i < list->count; i++)
		if (strcmp(list->names[i], name) == 0)
			return (int)i;
	return -1;
}

int event_list_add(struct event_list *list, const char *name)
{
	int found = event_list_find(list, name);
	size_t length = strlen(name);

	if (found >= 0)
		return found;
	if (list->count == MEASUREMENT_EVENTS || length >= EVENT_NAME)
		return -1;
	memcpy(list->names[list->count], name, length + 1);
	return (int)list->count++;
}

#define AT(member) offsetof(struct measurement, member)

const struct field fields[] = {
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
	{"error", "", "why there is no window, or a remark; empty: none", FIELD_TEXT,
		AT(error), false},
};
const size_t fields_count = sizeof(fields) / sizeof(fields[0]);

void measurement_describe_fields(struct text *text)
{
	text_append(text, "| column | unit | meaning |\n| --- | --- | --- |\n");
	for (size_t i = 0; i < fields_count; i++)
		text_format(text, "| `%s` | %s | %s |\n", fields[i].name, fields[i].unit,
			fields[i].meaning);
	text_append(text,
		"| `EVENT` | | count of the event in the window, user space only; empty: "
		"not counted |\n"
		"| `EVENT.enabled_ns` | ns | time for which the event was asked for |\n"
		"| `EVENT.running_ns` | ns | time for which a counter really counted it |\n");
}
