/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/execution.h"

#define AT(member) offsetof(struct execution, member)

static const struct field fields[] = {
	{"allocator", "", "allocator that served the program", FIELD_NAME, AT(allocator),
		false},
	{"kind", "",
		"timed: undisturbed, gives times; watched: under counters, with its "
		"memory sampled",
		FIELD_NAME, AT(kind), false},
	{"group", "", "counter group that was counting; empty: none", FIELD_NAME,
		AT(group), false},
	{"round", "", "repetition, from 0", FIELD_U64, AT(round), false},
	{"end", "",
		"exit, signal, timeout, stopped; unready: a server that never served; load: "
		"its load failed",
		FIELD_NAME, AT(end), false},
	{"code", "", "exit status, or the signal's number", FIELD_INT, AT(code), false},
	{"wall_ns", "ns",
		"CLOCK_MONOTONIC_RAW from exec to the end of the first process; with a "
		"load, over the load; empty: not executed",
		FIELD_U64, AT(wall_ns), true},
	{"user_ns", "ns", "time in user space of all its processes", FIELD_U64,
		AT(user_ns), false},
	{"system_ns", "ns", "time in the kernel of all its processes", FIELD_U64,
		AT(system_ns), false},
	{"stolen_ns", "ns",
		"time that the hypervisor took from the CPUs that it may use, in ticks",
		FIELD_U64, AT(stolen_ns), false},
	{"minor_faults", "", "page faults without I/O", FIELD_U64, AT(minor_faults),
		false},
	{"major_faults", "", "page faults that waited for I/O", FIELD_U64,
		AT(major_faults), false},
	{"voluntary_switches", "", "context switches while waiting", FIELD_U64,
		AT(voluntary_switches), false},
	{"involuntary_switches", "", "context switches that it did not ask for",
		FIELD_U64, AT(involuntary_switches), false},
	{"peak_resident_bytes", "B",
		"ru_maxrss of its largest process: leaves hugetlb pages out; empty: too "
		"small to be told from our own before exec",
		FIELD_U64, AT(peak_resident_bytes), true},
	{"peak_memory_bytes", "B",
		"largest sum over its processes of resident and hugetlb pages; a page "
		"that several share counts for each; empty: not sampled",
		FIELD_U64, AT(peak_memory_bytes), true},
	{"peak_hugetlb_bytes", "B", "of that, on hugetlb pages", FIELD_U64,
		AT(peak_hugetlb_bytes), false},
	{"peak_anonymous_bytes", "B",
		"largest private memory, by smaps_rollup, hugetlb included; empty: not "
		"sampled",
		FIELD_U64, AT(peak_anonymous_bytes), true},
	{"peak_huge_bytes", "B",
		"largest part of it on transparent huge or hugetlb pages", FIELD_U64,
		AT(peak_huge_bytes), false},
	{"huge_share", "",
		"share of the private memory that lay on huge pages, over all samples",
		FIELD_DOUBLE, AT(huge_share), false},
	{"peak_processes", "", "most processes at once; empty: not sampled", FIELD_U64,
		AT(peak_processes), true},
	{"peak_threads", "", "most threads at once; empty: not sampled", FIELD_U64,
		AT(peak_threads), true},
	{"pool_bytes", "B",
		"most that it took out of the hugetlb pools, reservations included",
		FIELD_U64, AT(pool_bytes), false},
	{"left_behind", "", "processes that outlived the first and were ended", FIELD_U64,
		AT(left_behind), false},
	{"throughput", "", "number that the load's output gave; empty: none",
		FIELD_DOUBLE, AT(throughput), true},
	{"output_bytes", "B", "length of its standard output; 0 too where not taken",
		FIELD_U64, AT(output_bytes), false},
	{"output_digest", "",
		"low 53 bits of the FNV-1a hash of its standard output; empty: not taken",
		FIELD_U64, AT(output_digest), true},
	{"error", "", "what went wrong, or the end of its standard error; empty: nothing",
		FIELD_TEXT, AT(error), false},
};

const struct record_type execution_record = {
	.noun = "executions",
	.span = "in the whole execution, all its threads and children",
	.key = "allocator",
	.fields = fields,
	.fields_count = sizeof(fields) / sizeof(fields[0]),
	.size = sizeof(struct execution),
	.values = AT(values),
};

#define OF_SAMPLE(member) offsetof(struct memory_sample, member)

static const struct field sample_fields[] = {
	{"allocator", "", "allocator that served the program", FIELD_NAME,
		OF_SAMPLE(allocator), false},
	{"round", "", "repetition, from 0", FIELD_U64, OF_SAMPLE(round), false},
	{"elapsed_ns", "ns", "since the start of the execution, or of the load",
		FIELD_U64, OF_SAMPLE(elapsed_ns), false},
	{"processes", "", "alive", FIELD_U64, OF_SAMPLE(memory.processes), false},
	{"threads", "", "alive", FIELD_U64, OF_SAMPLE(memory.threads), false},
	{"resident_bytes", "B", "VmRSS over all processes: leaves hugetlb pages out",
		FIELD_U64, OF_SAMPLE(memory.resident_bytes), false},
	{"hugetlb_bytes", "B", "on hugetlb pages", FIELD_U64,
		OF_SAMPLE(memory.hugetlb_bytes), false},
	{"anonymous_bytes", "B", "private memory, hugetlb pages included", FIELD_U64,
		OF_SAMPLE(pages.anonymous_bytes), false},
	{"huge_bytes", "B", "of it on transparent huge or hugetlb pages", FIELD_U64,
		OF_SAMPLE(pages.huge_bytes), false},
};

const struct record_type memory_record = {
	.noun = "memory",
	.key = "elapsed_ns",
	.fields = sample_fields,
	.fields_count = sizeof(sample_fields) / sizeof(sample_fields[0]),
	.size = sizeof(struct memory_sample),
	.values = OF_SAMPLE(values),
};
