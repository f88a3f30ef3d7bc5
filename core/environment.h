/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CORE_ENVIRONMENT_H
#define CORE_ENVIRONMENT_H

#include "base/error.h"
#include "base/text.h"
#include "core/check/verdict.h"
#include "core/measurement.h"
#include "core/plan.h"
#include "topology/topology.h"

#include <stdbool.h>
#include <stdint.h>

/*
 * What a reader needs to trust or repeat a run, beside the machine itself:
 * environment.json. The machine stands in it too, for people and other tools; Escalier
 * reads that part back from machine.xml.
 */
enum {
	ENVIRONMENT_TEXT = 512,
	ENVIRONMENT_NOTES = 32,
	ENVIRONMENT_POOLS = 16,
	ENVIRONMENT_EVENTS = 256
};

/* Where an event's values come from. */
struct environment_source {
	char event[EVENT_NAME];
	char full_name[COUNTER_FULL_NAME];
	char pmus[COUNTER_PARTS * COUNTER_PMU_NAME]; /* the kernel's, ", " between */
	char scope[16];
	char filter[COUNTER_FILTER_TEXT];
	bool alone; /* read by itself, of another moment than its group */
};

/* What a group's windows cost and count by themselves, medians at start: raw windows hold
 * it, and the report takes it off. */
struct environment_window_cost {
	char group[64];     /* "none": windows of clocks alone */
	char read_path[16]; /* "read()" or "user space"; empty without a choice */
	double read_ns;     /* once, the way that was chosen */
	double read_syscall_ns, read_user_ns; /* either way; 0: not possible */
	char read_user_why[ENVIRONMENT_TEXT]; /* why not in user space */
	double inside_ns, inside_spread_ns, cpu_ns, outside_ns;
	struct environment_event_cost {
		char event[EVENT_NAME];
		double count, spread;
	} events[GROUP_EVENTS]; /* those that ran */
	size_t events_count;
};

struct environment {
	char version[32];
	char command[ENVIRONMENT_TEXT * 4];
	char started[32];  /* UTC, as clock_stamp */
	char finished[32]; /* empty: interrupted before it could say */
	bool interrupted;
	uint64_t seed;
	uint64_t rounds_min, rounds_max, rounds_done;
	uint64_t windows, window_ns;
	double target;
	uint64_t budget_ns, elapsed_ns;
	uint64_t stolen_ns; /* in a sweep's elapsed_ns, of its CPUs (base/stolen.h) */
	uint64_t unresolved_sizes;  /* wider than the target at the end */
	uint64_t peak_memory_bytes; /* resident, hugetlb pages included */
	char counters[32];          /* backend used */
	bool scaled; /* values that did not run all of a window are extrapolated */
	char counters_missing[ENVIRONMENT_TEXT]; /* why there are none, or which not;
						    empty */
	char baseline[32];           /* the backend that others are compared with */
	char groups[PLAN_NAMES][64]; /* measured, in order; their files are in groups/ */
	size_t groups_count;
	char counter_filter[COUNTER_FILTER_TEXT]; /* whose instructions: "user space" */
	double reading_share; /* of the elapsed time, spent in reading counters */
	struct environment_source sources[RECORD_EVENTS];
	size_t sources_count;
	/* Of the self-check; empty in folders from before there was one. */
	char checked[32]; /* when it was made, as clock_stamp; empty: not made */
	uint64_t slots_advertised, slots_proved; /* counters of the core; 0 unknown */
	struct event_verdict events[ENVIRONMENT_EVENTS];
	size_t events_count;
	struct environment_window_cost window_costs[PLAN_NAMES]; /* by group */
	size_t window_costs_count;
	/* Costs of measuring itself, medians at start. */
	double window_overhead_ns; /* of an empty window, inside the clocks */
	double window_outside_ns;  /* of what stands around a window */
	struct environment_kernel_cost {
		char kernel[32];
		double ns_per_read, cycles_per_read; /* of the loop without its reads */
	} kernel_costs[PLAN_NAMES];
	size_t kernel_costs_count;
	struct environment_pool {
		uint64_t page_bytes;
		uint64_t before, during, after; /* pages in the pool */
	} pools[ENVIRONMENT_POOLS];
	size_t pools_count;
	char notes[ENVIRONMENT_NOTES]
		  [ENVIRONMENT_TEXT]; /* what could not be done, and why */
	size_t notes_count;
};

/* Sets the version, the command (arguments behind "escalier") and the time of start. */
void environment_begin(struct environment *environment, int argc, char **argv);

void environment_note(struct environment *environment, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* "PREFIX what: why; try: advice" as a note. Returns the note. */
const char *environment_note_complaint(struct environment *environment,
	const char *prefix, const struct complaint *complaint);

enum environment_layout { ENVIRONMENT_INDENTED, ENVIRONMENT_ONE_LINE };

/* Appends the JSON; the machine under "machine". 0 or -ENOMEM. */
int environment_print_json(const struct environment *environment,
	const struct machine *machine, enum environment_layout layout, struct text *text);
/* 0, -errno, or -EINVAL with the complaint naming what is wrong. Unknown keys are passed
 * over. */
int environment_load(
	struct environment *environment, const char *path, struct complaint *complaint);

#endif
