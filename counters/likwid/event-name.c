/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "counters/likwid/event-name.h"

#include <errno.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <string.h>

/* Fields of the event select registers that Intel and AMD share, and AMD's further bits
 * of the event (Intel SDM volume 3B, 20.2.1; AMD APM volume 2, 13.2.1). Who is counted
 * and the enable bits are liblikwid's to set. */
static const uint64_t event_bits = 0xff;
static const uint64_t amd_event_bits = 0xfULL << 32;
static const uint64_t privilege_bits = 1ULL << 16 | 1ULL << 17 | 1ULL << 20 | 1ULL << 22;
enum { UMASK = 8, EDGE = 18, ANY = 21, INVERT = 23, THRESHOLD = 24 };

/* perf's generic events that a register of every core counts under the same meaning:
 * Intel's architectural events (SDM volume 3B, table 20-1), and what the kernel takes for
 * them on AMD (arch/x86/events/amd/core.c). */
static const struct generic {
	uint64_t config;
	uint64_t intel, amd;
} generic_events[] = {
	{PERF_COUNT_HW_CPU_CYCLES, 0x3c, 0x76},
	{PERF_COUNT_HW_INSTRUCTIONS, 0xc0, 0xc0},
	{PERF_COUNT_HW_BRANCH_INSTRUCTIONS, 0xc4, 0xc2},
	{PERF_COUNT_HW_BRANCH_MISSES, 0xc5, 0xc3},
};

static const struct flag {
	unsigned bit;
	const char *option;
} flags[] = {{EDGE, ":EDGEDETECT"}, {ANY, ":ANYTHREAD"}, {INVERT, ":INVERT"}};

static bool is_amd(void)
{
	char arch[GROUP_NAME];
	char pmu[GROUP_NAME];

	counters_arch(arch, pmu);
	return strncmp(pmu, "amd64", strlen("amd64")) == 0;
}

static void refuse(const struct event *event, const char *why, const char *advice,
	struct complaint *complaint)
{
	complaint_what(complaint, "liblikwid cannot count %s", event->name);
	complaint_why(complaint, "%s", why);
	complaint_advise(complaint, "%s", advice);
}

/* The code of a generic event in the registers' form; others stay as they are. */
static void specialise(struct event_code *code)
{
	if (code->type != PERF_TYPE_HARDWARE)
		return;
	for (size_t i = 0; i < sizeof(generic_events) / sizeof(generic_events[0]); i++) {
		const struct generic *generic = &generic_events[i];

		if (generic->config != code->config)
			continue;
		code->type = PERF_TYPE_RAW;
		code->config = is_amd() ? generic->amd : generic->intel;
		return;
	}
}

static int write_code(const struct event *event, const struct event_code *code,
	bool kernel, char name[LIKWID_EVENT_NAME], struct complaint *complaint)
{
	uint64_t known = event_bits | privilege_bits | 0xffULL << UMASK |
			 0xffULL << THRESHOLD | (is_amd() ? amd_event_bits : 0);
	unsigned event_select = (unsigned)(code->config & event_bits);
	unsigned threshold = (unsigned)(code->config >> THRESHOLD & 0xff);
	size_t used;

	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
		known |= 1ULL << flags[i].bit;
	if (code->type != PERF_TYPE_RAW) {
		refuse(event, "it is none of the core's own events",
			"name an event of this CPU, or give --counters perf", complaint);
		return -EOPNOTSUPP;
	}
	if (code->config & ~known || code->config1 || code->config2) {
		refuse(event, "it needs a second register, which liblikwid does not set",
			"give --counters perf", complaint);
		return -EOPNOTSUPP;
	}
	if (is_amd())
		event_select |= (unsigned)((code->config & amd_event_bits) >> 24);
	used = (size_t)snprintf(name, LIKWID_EVENT_NAME,
		"GENERIC_EVENT:%s:CONFIG=0x%02x:UMASK=0x%02x", event->counter,
		event_select, (unsigned)(code->config >> UMASK & 0xff));
	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
		if (code->config & 1ULL << flags[i].bit)
			used += (size_t)snprintf(name + used, LIKWID_EVENT_NAME - used,
				"%s", flags[i].option);
	if (threshold)
		used += (size_t)snprintf(name + used, LIKWID_EVENT_NAME - used,
			":THRESHOLD=0x%x", threshold);
	(void)snprintf(
		name + used, LIKWID_EVENT_NAME - used, "%s", kernel ? ":KERNEL" : "");
	return 0;
}

int likwid_event_name(const struct event *event, bool kernel,
	char name[LIKWID_EVENT_NAME], struct complaint *complaint)
{
	struct complaint unknown = {.what = ""};
	struct event_code code;

	if (strncmp(event->counter, "PMC", strlen("PMC")) == 0 &&
		counters_encode(event->name, &code, &unknown) == 0) {
		specialise(&code);
		return write_code(event, &code, kernel, name, complaint);
	}
	if (strpbrk(event->name, ":,.-")) {
		/* Libpfm4 has the better reason: it names what comes near. */
		*complaint = unknown;
		if (!unknown.what[0])
			refuse(event, "that is no name of an event of liblikwid's",
				"see `likwid-perfctr -e`", complaint);
		return -EINVAL;
	}
	(void)snprintf(name, LIKWID_EVENT_NAME, "%s:%s%s", event->name, event->counter,
		kernel ? ":KERNEL" : "");
	return 0;
}
