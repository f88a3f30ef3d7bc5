/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Groups that ask for more counters than there are. Run from the top of the source tree.
 */
#include "counters/pmu.h"
#include "counters/split.h"
#include "tests/counters/record.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Of the PMUs in sysfs; "": the live ones. */
static const char *pmus_root = "";

int __real_pmus_load(struct pmus *pmus, const char *root);
int __wrap_pmus_load(struct pmus *pmus, const char *root);

int __wrap_pmus_load(struct pmus *pmus, const char *root)
{
	assert_string_equal(root, "");
	return __real_pmus_load(pmus, pmus_root);
}

static void parse(struct group *group, const char *text)
{
	struct complaint complaint = {.what = ""};

	if (group_parse(group, "whole", text, strlen(text), &complaint))
		fail_msg("%s", complaint.what);
}

/* Each event may use any of the first `count` counters. */
static void allow(uint32_t allowed[GROUP_EVENTS], unsigned count)
{
	for (size_t i = 0; i < GROUP_EVENTS; i++)
		allowed[i] = (1u << count) - 1;
}

static const char seven[] = "SHORT Seven events\n"
			    "EVENTSET\n"
			    "PMC0 r76\n"
			    "PMC1 r1\n"
			    "PMC2 r2\n"
			    "PMC3 r3\n"
			    "PMC4 r4\n"
			    "PMC5 r5\n"
			    "PMC6 rc0\n"
			    "METRICS\n"
			    "Cycles per read PMC0/READS\n"
			    "Instructions per read PMC6/READS\n"
			    "Share PMC1/PMC2\n"
			    "Five PMC5/READS\n"
			    "IDENTITY\n"
			    "Sum PMC3+PMC4=PMC1 ~ 0.01\n"
			    "EXPECT\n"
			    "loop PMC0/CYCLES 0.9 1.1\n"
			    "chase-dram (PMC1+PMC5)/READS 0.5 1\n"
			    "LONG\n"
			    "Source: a test.\n";

static void test_fits(void **state)
{
	uint32_t allowed[GROUP_EVENTS];
	struct group_split split;
	struct group group, part;

	(void)state;
	parse(&group, seven);
	allow(allowed, 7);
	assert_int_equal(group_split(&split, &group, allowed), 0);
	assert_int_equal(split.parts_count, 1);
	assert_int_equal(split.parts[0], 0x7f);
	assert_int_equal(
		split.lost_metrics | split.lost_identities | split.lost_events, 0);
	/* One part is the group itself, all but for the order of its events. */
	assert_int_equal(group_take_part(&part, &group, &split, 0), 0);
	assert_string_equal(part.name, "whole");
	assert_string_equal(part.summary, group.summary);
	assert_int_equal(part.events_count, 7);
	assert_string_equal(part.events[1].counter, "PMC6");
	assert_int_equal(part.metrics_count, group.metrics_count);
	assert_int_equal(part.identities_count, 1);
	assert_int_equal(part.expectations_count, 2);
	group_release(&part);
	group_release(&group);
}

/* Cycles and instructions begin every part; formulas find all of their counters in one.
 */
static void test_parts(void **state)
{
	uint32_t allowed[GROUP_EVENTS];
	struct group_split split;
	struct group group, part;
	uint32_t all = 0;
	size_t metrics = 0, identities = 0;

	(void)state;
	parse(&group, seven);
	allow(allowed, 5);
	assert_int_equal(group_split(&split, &group, allowed), 0);
	assert_int_equal(split.parts_count, 2);
	assert_int_equal(split.common, 1u << 0 | 1u << 6);
	assert_int_equal(
		split.lost_metrics | split.lost_identities | split.lost_events, 0);
	for (size_t i = 0; i < split.parts_count; i++) {
		char name[32];

		all |= split.parts[i];
		assert_true(__builtin_popcount(split.parts[i]) <= 5);
		assert_int_equal(group_take_part(&part, &group, &split, i), 0);
		(void)snprintf(name, sizeof(name), "whole-%zu", i + 1);
		assert_string_equal(part.name, name);
		assert_non_null(strstr(part.summary, "of 2)"));
		assert_string_equal(part.events[0].name, "r76");
		assert_string_equal(part.events[1].name, "rc0");
		assert_string_equal(part.metrics[0].name, METRIC_CYCLES);
		assert_string_equal(part.metrics[1].name, METRIC_INSTRUCTIONS);
		assert_string_equal(group_notes(&part), "Source: a test.\n");
		metrics += part.metrics_count;
		identities += part.identities_count;
		group_release(&part);
	}
	assert_int_equal(all, 0x7f);
	assert_int_equal(metrics, 2 * 2 + 2);
	assert_int_equal(identities, 1);
	group_release(&group);
}

/* A part's text is a group file that says the same. */
static void test_text(void **state)
{
	uint32_t allowed[GROUP_EVENTS];
	struct complaint complaint = {.what = ""};
	struct group_split split;
	struct group group, part, again;

	(void)state;
	parse(&group, seven);
	allow(allowed, 5);
	assert_int_equal(group_split(&split, &group, allowed), 0);
	assert_int_equal(group_take_part(&part, &group, &split, 0), 0);
	assert_int_equal(
		group_parse(&again, part.name, part.text, strlen(part.text), &complaint),
		0);
	assert_memory_equal(again.events, part.events, sizeof(part.events));
	assert_memory_equal(again.metrics, part.metrics, sizeof(part.metrics));
	assert_memory_equal(again.identities, part.identities, sizeof(part.identities));
	assert_memory_equal(
		again.expectations, part.expectations, sizeof(part.expectations));
	assert_string_equal(again.summary, part.summary);
	assert_string_equal(again.text, part.text);
	group_release(&again);
	group_release(&part);
	group_release(&group);
}

/* What cannot be on the PMU at once is told, and the rest goes on. */
static void test_lost(void **state)
{
	uint32_t allowed[GROUP_EVENTS];
	struct group_split split;
	struct group group;

	(void)state;
	parse(&group, seven);
	allow(allowed, 4);
	assert_int_equal(group_split(&split, &group, allowed), 0);
	/* Three beside cycles and instructions need five. */
	assert_int_equal(split.lost_identities, 1);
	assert_int_equal(split.lost_metrics, 0);
	allow(allowed, 3);
	assert_int_equal(group_split(&split, &group, allowed), 0);
	assert_int_equal(split.lost_identities, 1);
	assert_int_equal(split.lost_metrics, 1u << 2);
	assert_int_equal(split.common, 1u << 0 | 1u << 6);
	/* Two: cycles alone go along. One: no ratio to cycles is left. */
	allow(allowed, 2);
	assert_int_equal(group_split(&split, &group, allowed), 0);
	assert_int_equal(split.common, 1u << 0);
	assert_int_equal(split.parts_count, 6);
	allow(allowed, 1);
	assert_int_equal(group_split(&split, &group, allowed), 0);
	assert_int_equal(split.common, 0);
	assert_int_equal(split.parts_count, 7);
	assert_int_equal(split.lost_events, 0);
	group_release(&group);
}

/* Counters for each at once are found where there are any, whatever the order. */
static void test_constraints(void **state)
{
	uint32_t allowed[GROUP_EVENTS] = {0};
	struct group_split split;
	struct group group;

	(void)state;
	parse(&group, seven);
	/* A fixed counter for cycles and instructions each; r1 to r5 fit 0 to 3 only. */
	for (size_t i = 1; i <= 5; i++)
		allowed[i] = 0x0f;
	allowed[0] = 0xff | ROOM_FIXED_CYCLES;
	allowed[6] = 0xff | ROOM_FIXED_INSTRUCTIONS;
	assert_int_equal(group_split(&split, &group, allowed), 0);
	assert_int_equal(split.parts_count, 2);
	/* One moves aside for the other: r1 must have 0, r2 0 or 1, r3 1 or 2. */
	for (size_t i = 0; i < GROUP_EVENTS; i++)
		allowed[i] = 1u << (8 + i);
	allowed[3] = 0x6;
	allowed[2] = 0x3;
	allowed[1] = 0x1;
	assert_int_equal(group_split(&split, &group, allowed), 0);
	assert_int_equal(split.parts_count, 1);
	/* An event that needs no counter takes no room. */
	allow(allowed, 2);
	for (size_t i = 1; i <= 5; i++)
		allowed[i] = 0;
	assert_int_equal(group_split(&split, &group, allowed), 0);
	assert_int_equal(split.parts_count, 1);
	group_release(&group);
}

static void split_shipped(const char *arch, const char *name, unsigned proved,
	struct group_split *split, struct group *group)
{
	struct counter_room room = counter_room_of(arch);
	struct complaint complaint = {.what = ""};
	uint32_t allowed[GROUP_EVENTS];

	if (proved)
		room.proved = proved;
	assert_int_equal(group_load(group, "counters/groups", arch, name, &complaint), 0);
	group_allowed(group, arch, &room, allowed);
	assert_int_equal(group_split(split, group, allowed), 0);
}

/* With all counters, and with five of six, no formula of a shipped group is lost. */
static void test_shipped(void **state)
{
	static const struct {
		const char *arch, *name;
		unsigned proved; /* 0: all */
		size_t parts;
	} cases[] = {
		{"zen5", "cache", 0, 1},
		{"zen5", "cache", 5, 1},
		{"zen5", "fills", 5, 1},
		{"zen5", "tlb", 5, 1},
		{"zen5", "cpu", 5, 1},
		{"zen5", "stalls", 5, 1},
		{"zen5", "walks", 5, 2},
		{"zen5", "walks", 6, 2},
		{"zen5", "prefetch", 5, 2},
		{"zen5", "nodes", 5, 1},
		/* Four of MEM_LOAD_RETIRED at once, and DTLB_LOAD_MISSES likewise. */
		{"gnr", "cache", 0, 1},
		{"gnr", "fills", 0, 2},
		{"gnr", "tlb", 0, 1},
		{"gnr", "walks", 0, 2},
		{"gnr", "cpu", 0, 1},
		{"gnr", "stalls", 0, 1},
#if defined(__x86_64__)
		{"spr", "cache", 0, 1},
		{"spr", "fills", 0, 2},
		{"spr", "tlb", 0, 1},
		{"spr", "walks", 0, 2},
		{"spr", "prefetch", 0, 2},
		{"icx", "fills", 0, 2},
		{"skx", "cache", 0, 1},
		{"skx", "fills", 0, 2},
		{"skx", "prefetch", 0, 2},
		{"zen3", "fills", 5, 1},
		{"zen4", "walks", 5, 2},
#endif
		{"arm_ac72", "fills", 0, 1},
		{"generic", "software", 0, 1},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct group_split split;
		struct group group;

		split_shipped(
			cases[i].arch, cases[i].name, cases[i].proved, &split, &group);
		if (split.parts_count != cases[i].parts || split.lost_metrics ||
			split.lost_identities || split.lost_events)
			fail_msg("%s/%s with %u counters: %zu parts, lost 0x%x 0x%x 0x%x",
				cases[i].arch, cases[i].name, cases[i].proved,
				split.parts_count, split.lost_metrics,
				split.lost_identities, split.lost_events);
		group_release(&group);
	}
}

/* The room of a hybrid's PMU terms is that of their codes. */
static void test_rooms(void **state)
{
	uint32_t allowed[GROUP_EVENTS];
	struct counter_room room = counter_room_of("gnr");
	struct group group;

	(void)state;
	parse(&group, "SHORT s\nEVENTSET\nA r3c\nB rc0\nC r8d1\nD r412e\nE r40004a3\n"
		      "F r2012\nG perf::PAGE-FAULTS\nH perf::CYCLES\nMETRICS\n");
	group_allowed(&group, "gnr", &room, allowed);
	assert_int_equal(allowed[0], 0xff | ROOM_FIXED_CYCLES);
	assert_int_equal(allowed[1], 0xff | ROOM_FIXED_INSTRUCTIONS);
	assert_int_equal(allowed[2], 0x0f);
	assert_int_equal(allowed[3], 0xff);
	assert_int_equal(allowed[4], 0xff);
	assert_int_equal(allowed[5], 0x0f);
	assert_int_equal(allowed[6], 0);
	assert_int_equal(allowed[7], 0xff | ROOM_FIXED_CYCLES);
	/* One counter is gone: it may be one of those that only some events can use. */
	room.proved = 7;
	group_allowed(&group, "gnr", &room, allowed);
	assert_int_equal(allowed[2], 0x0e);
	assert_int_equal(allowed[3], 0xfe);
	room.proved = 1;
	group_allowed(&group, "gnr", &room, allowed);
	assert_int_equal(allowed[2], 0x0f);
	assert_int_equal(allowed[3], 0x80);
	/* A CPU of which nothing is known but what was proved, as an Armv8 core's six
	 * and one for cycles. */
	room = counter_room_of("generic");
	counter_room_prove(&room, 0, 0, 0);
	assert_int_equal(room.proved, 4);
	counter_room_prove(&room, 6, 7, 6);
	group_allowed(&group, "generic", &room, allowed);
	assert_int_equal(allowed[3], 0x3f);
	assert_int_equal(allowed[7], 0x3f | ROOM_FIXED_CYCLES);
	counter_room_prove(&room, 2, 3, 3);
	group_allowed(&group, "generic", &room, allowed);
	assert_int_equal(allowed[3], 0x03);
	assert_true(room.fixed == (ROOM_FIXED_CYCLES | ROOM_FIXED_INSTRUCTIONS));
	/* Of a known one the constraints are known too: two threads' counters do not
	 * become one's. */
	room = counter_room_of("skx");
	counter_room_prove(&room, 8, 9, 9);
	assert_int_equal(room.nominal, 4);
	group_release(&group);
	assert_int_equal(counter_room_of("zen3").nominal, 6);
	assert_int_equal(counter_room_of("nonesuch").nominal, 4);
}

/* An Armv8 core that has no folder of groups: 0x3c stalls there, and 0x11 are cycles. */
static void test_room_of_unknown_arm(void **state)
{
	char root[] = "/tmp/test-split-XXXXXX";
	struct counter_room room = counter_room_of("generic");
	uint32_t allowed[GROUP_EVENTS];
	struct group group;

	(void)state;
	assert_non_null(mkdtemp(root));
	record_neoverse(root);
	pmus_root = root;
	counter_room_prove(&room, 6, 7, 6);
	parse(&group, "SHORT s\nEVENTSET\nA r3c\nB r11\nC armv8_pmuv3_0/event=0x11/\n"
		      "D perf::CYCLES\nMETRICS\n");
	group_allowed(&group, "generic", &room, allowed);
	assert_int_equal(allowed[0], 0x3f);
	assert_int_equal(allowed[1], 0x3f | ROOM_FIXED_CYCLES);
	assert_int_equal(allowed[2], 0x3f | ROOM_FIXED_CYCLES);
	assert_int_equal(allowed[3], 0x3f | ROOM_FIXED_CYCLES);
	group_release(&group);
	record_remove(root);
	pmus_root = "";
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fits),
		cmocka_unit_test(test_parts),
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_lost),
		cmocka_unit_test(test_constraints),
		cmocka_unit_test(test_shipped),
		cmocka_unit_test(test_rooms),
		cmocka_unit_test(test_room_of_unknown_arm),
	};

	/* The names of other CPUs' events are to be encoded too. */
	if (unsetenv("LIBPFM_FORCE_PMU") || setenv("LIBPFM_ENCODE_INACTIVE", "1", 1))
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
