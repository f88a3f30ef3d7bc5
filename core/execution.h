/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CORE_EXECUTION_H
#define CORE_EXECUTION_H

#include "core/process-tree.h"
#include "core/record.h"

/*
 * One execution of a program under one allocator, as a raw row. A timed execution runs
 * undisturbed and gives the times; a watched one runs under counters, with its memory
 * sampled, and gives the events and the memory: each context switch of a program costs
 * more the more counters are open.
 */
#define EXECUTION_TIMED "timed"
#define EXECUTION_WATCHED "watched"

struct execution {
	const char *allocator;
	const char *kind;
	const char *group; /* that was counting; "" none */
	uint64_t round;    /* from 0 */
	const char *end;   /* "exit", "signal", "timeout", "stopped", "unready", "load" */
	int code;          /* exit status or signal */
	uint64_t wall_ns;
	uint64_t user_ns, system_ns;
	uint64_t stolen_ns;
	uint64_t minor_faults, major_faults;
	uint64_t voluntary_switches, involuntary_switches;
	uint64_t peak_resident_bytes;
	/* Sampled, over all processes; 0 where no sample was taken. */
	uint64_t peak_memory_bytes;
	uint64_t peak_hugetlb_bytes;
	uint64_t peak_anonymous_bytes;
	uint64_t peak_huge_bytes;
	double huge_share;
	uint64_t peak_processes, peak_threads;
	uint64_t pool_bytes;
	uint64_t left_behind;
	double throughput;
	uint64_t output_bytes;
	uint64_t output_digest;
	char error[RECORD_TEXT];
	struct counter_value values[RECORD_EVENTS];
};
extern const struct record_type execution_record;

/* Memory of a watched execution at one moment. No events. */
struct memory_sample {
	const char *allocator;
	uint64_t round;
	uint64_t elapsed_ns;
	struct process_memory memory;
	struct process_pages pages;
	struct counter_value values[RECORD_EVENTS];
};
extern const struct record_type memory_record;

#endif
