/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The self-check against a machine whose PMU lies as told: every fault is found, and a
 * busy machine raises no false alarm.
 */
#include "core/check/check.h"

#include "core/check/counted-loop.h"
#include "tests/core/fake-pmu.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Simulated checks of a healthy machine, and minutes of a busy one for each fault. CHECKS
 * in the environment sets another number of the first. Fewer where a sanitizer makes each
 * an order of magnitude dearer. */
#if defined(__has_feature)
#define HAS_FEATURE(feature) __has_feature(feature)
#else
#define HAS_FEATURE(feature) 0
#endif
#if defined(__SANITIZE_ADDRESS__) || HAS_FEATURE(address_sanitizer) ||                   \
	defined(__SANITIZE_THREAD__) || HAS_FEATURE(thread_sanitizer)
enum { CHECKS = 100, MINUTES = 1 };
#else
enum { CHECKS = 2000, MINUTES = 6 };
#endif

/* Events, sums and ranges as the group files have them. */
static const char *const texts[] = {
	"SHORT Fills\n\nEVENTSET\n"
	"PMC0 perf::CYCLES\nPMC1 FROM_L2\nPMC2 FROM_L3\nPMC3 FROM_DRAM\nPMC4 FILLS\n\n"
	"METRICS\nCycles per read PMC0/READS\n\n"
	"IDENTITY\nFills by source PMC1+PMC2+PMC3=PMC4 ~ 0.01\n\n"
	"EXPECT\nloop PMC0/CYCLES 0.9 1.1\nchase-l1 PMC4/READS 0 0.02\n"
	"chase-l2 PMC1/READS 0.9 1.02\nchase-l2 PMC4/READS 0.98 1.02\n"
	"chase-l3 PMC2/READS 0.6 1.02\nchase-l3 PMC4/READS 0.98 1.02\n"
	"chase-dram PMC3/READS 0.98 1.02\nchase-dram PMC4/READS 0.99 1.02\n"
	"chase-dram (PMC1+PMC2)/READS 0 0.02\npages-walk PMC4/READS 0 0.05\n\n"
	"LONG\nNothing.\n",
	"SHORT Translations\n\nEVENTSET\n"
	"PMC0 perf::CYCLES\nPMC1 WALKS\nPMC2 TLB_HITS\nPMC3 DTLB_MISSES\n\n"
	"METRICS\nCycles per read PMC0/READS\n\n"
	"IDENTITY\nMisses by outcome PMC1+PMC2=PMC3 ~ 0.005\n\n"
	"EXPECT\nloop PMC0/CYCLES 0.9 1.1\nloop PMC3/READS 0 0.001\n"
	"pages-l1 PMC3/READS 0 0.02\npages-l2 PMC2/READS 0.98 1.02\n"
	"pages-l2 PMC3/READS 0.98 1.02\npages-l2 PMC1/READS 0 0.02\n"
	"pages-walk PMC1/READS 0.995 1.005\npages-walk PMC3/READS 0.995 1.01\n"
	"pages-walk PMC2/READS 0 0.02\n\nLONG\nNothing.\n",
	"SHORT Counts\n\nEVENTSET\n"
	"PMC0 perf::CYCLES\nPMC1 perf::INSTRUCTIONS\nPMC2 perf::BRANCH-INSTRUCTIONS\n\n"
	"METRICS\nCycles per read PMC0/READS\n\nLONG\nNothing.\n",
	"SHORT Software\n\nEVENTSET\n"
	"PMC0 perf::PAGE-FAULTS\nPMC1 perf::MINOR-FAULTS\nPMC2 perf::CONTEXT-SWITCHES\n"
	"PMC3 perf::CPU-MIGRATIONS\n\n"
	"METRICS\nFaults PMC0\n\n"
	"EXPECT\nloop PMC0/READS 0 0.001\ntouch PMC0/READS 0.995 1.005\n"
	"sleep PMC2/READS 0.99 2\nmigrate PMC3/READS 0.99 1.5\n\nLONG\nNothing.\n",
};
enum { GROUPS = sizeof(texts) / sizeof(texts[0]), FILLS = 0, TLB = 1, COUNTS = 2 };

static struct group groups[GROUPS];
static struct machine machine;

static int parse_groups(void **state)
{
	struct complaint complaint = {.what = ""};
	static const char *const names[] = {"fills", "tlb", "counts", "software"};

	(void)state;
	for (size_t i = 0; i < GROUPS; i++)
		if (group_parse(&groups[i], names[i], texts[i], strlen(texts[i]),
			    &complaint) != 0) {
			print_message("%s: %s\n", complaint.what, complaint.why);
			return -1;
		}
	return topology_load(&machine,
		"pack:1 l3:1(size=8MiB) l2:1(size=512KiB) l1d:1(size=32KiB) core:2 pu:1",
		&complaint);
}

static int release_groups(void **state)
{
	(void)state;
	for (size_t i = 0; i < GROUPS; i++)
		group_release(&groups[i]);
	topology_release(&machine);
	return 0;
}

static void check(struct checked_groups *checked, struct fake_pmu *pmu, uint64_t seed)
{
	struct complaint complaint = {.what = ""};
	struct cpus allowed;

	fake_pmu_install(pmu, seed);
	assert_int_equal(cpus_allowed(&allowed), 0);
	const struct check_setup setup = {
		.machine = &machine,
		.cpu = (unsigned)cpus_first(&allowed),
		.clocks = &fake_pmu_clocks,
		.backend = &counters_fake,
		.kernels = fake_kernels,
		.loop = fake_loop,
		.seed = seed,
	};

	assert_int_equal(check_groups(checked, &setup, groups, GROUPS, &complaint), 0);
}

static enum event_judgement judgement(
	const struct checked_groups *checked, size_t group, size_t event)
{
	return checked->judged[group].verdicts[event].judgement;
}

static void print_verdicts(const struct checked_groups *checked)
{
	for (size_t g = 0; g < checked->count; g++)
		for (size_t e = 0; e < groups[g].events_count; e++) {
			const struct event_verdict *v = &checked->judged[g].verdicts[e];

			print_message("%s %s: %s (%s %g in %g to %g) %s\n", v->group,
				v->event, event_judgement_name(v->judgement), v->kernel,
				v->counted, v->low, v->high, v->why);
		}
}

static size_t count_judged(
	const struct checked_groups *checked, enum event_judgement wanted)
{
	size_t count = 0;

	for (size_t g = 0; g < GROUPS; g++)
		for (size_t e = 0; e < groups[g].events_count; e++)
			count += judgement(checked, g, e) == wanted;
	return count;
}

static void test_healthy(void **state)
{
	struct fake_pmu pmu = {.slots = 6};
	struct checked_groups checked;

	(void)state;
	check(&checked, &pmu, 1);
	for (size_t g = 0; g < GROUPS; g++)
		for (size_t e = 0; e < groups[g].events_count; e++)
			if (judgement(&checked, g, e) != EVENT_RIGHT) {
				print_verdicts(&checked);
				fail();
			}
	assert_int_equal(checked.slots.proved, 6);
	assert_false(checked.slots_changed);
	for (size_t g = 0; g < GROUPS; g++) {
		assert_int_equal(checked.judged[g].lost, 0);
		assert_int_equal(checked.judged[g].rejected, 0);
		for (size_t t = 0; t < checked.judged[g].tests_count; t++)
			assert_int_equal(checked.judged[g].tests[t].outcome, TEST_HOLDS);
	}
	checked_groups_release(&checked);
}

/* Neighbours, interrupts, a clock that moves: nothing is called wrong, dead or absent,
 * and what they do not touch is still right. */
static void test_no_false_alarm(void **state)
{
	const char *asked = getenv("CHECKS");
	unsigned long count = asked ? strtoul(asked, NULL, 10) : CHECKS;
	size_t right = 0, unproven = 0;

	(void)state;
	for (unsigned long i = 0; i < count; i++) {
		struct fake_pmu pmu = {.slots = 6, .busy = true};
		struct checked_groups checked;

		check(&checked, &pmu, i + 1);
		if (count_judged(&checked, EVENT_WRONG) +
			count_judged(&checked, EVENT_DEAD) +
			count_judged(&checked, EVENT_ABSENT)) {
			print_message("check %lu\n", i);
			print_verdicts(&checked);
			fail();
		}
		right += count_judged(&checked, EVENT_RIGHT);
		unproven += count_judged(&checked, EVENT_UNPROVEN);
		assert_int_equal(judgement(&checked, COUNTS, 1), EVENT_RIGHT);
		assert_int_equal(judgement(&checked, COUNTS, 2), EVENT_RIGHT);
		assert_int_equal(judgement(&checked, FILLS, 3), EVENT_RIGHT);
		assert_int_equal(judgement(&checked, FILLS, 4), EVENT_RIGHT);
		checked_groups_release(&checked);
	}
	print_message(
		"# %lu checks of a busy machine: %zu right, %zu unproven, no alarm\n",
		count, right, unproven);
}

/* What a fault must lead to for the event that it strikes. */
struct injected {
	struct fake_pmu pmu;
	size_t group, event;
	enum event_judgement wanted;
	bool any_bad; /* wrong, dead or absent */
};

/* Where others take nearly all of L3, hardly anything is left of its event to judge. */
static bool drowned(const struct fake_pmu *pmu)
{
	return pmu->event == H_FROM_L3 && pmu->lost_l3 > 0.5;
}

static void find(const struct injected *injected, bool busy)
{
	for (uint64_t seed = 1; seed <= (busy ? MINUTES : 1); seed++) {
		struct fake_pmu pmu = injected->pmu;
		struct checked_groups checked;
		enum event_judgement got;

		pmu.busy = busy;
		check(&checked, &pmu, seed);
		got = judgement(&checked, injected->group, injected->event);
		if (injected->any_bad ? event_excluded(got) : got == injected->wanted) {
			checked_groups_release(&checked);
			continue;
		}
		if (!(got == EVENT_UNPROVEN && drowned(&pmu))) {
			print_message("fault %d of %s: wanted %s\n", (int)pmu.fault,
				groups[injected->group].events[injected->event].name,
				event_judgement_name(injected->wanted));
			print_verdicts(&checked);
			fail();
		}
		checked_groups_release(&checked);
	}
}

static void find_all(const struct injected *injected)
{
	find(injected, false);
	find(injected, true);
}

static void test_faults_of_events(void **state)
{
	static const struct {
		size_t group, event;
		enum happening happening;
	} struck[] = {
		{FILLS, 1, H_FROM_L2},
		{FILLS, 2, H_FROM_L3},
		{FILLS, 3, H_FROM_DRAM},
		{FILLS, 4, H_FILLS},
		{TLB, 1, H_WALKS},
		{TLB, 2, H_TLB_HITS},
		{TLB, 3, H_DTLB_MISSES},
		{COUNTS, 0, H_CYCLES},
		{COUNTS, 1, H_INSTRUCTIONS},
		{COUNTS, 2, H_BRANCHES},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(struck) / sizeof(struck[0]); i++) {
		struct injected injected = {.group = struck[i].group,
			.event = struck[i].event,
			.pmu = {.slots = 6, .event = struck[i].happening}};

		injected.pmu.fault = FAULT_DEAD_EVENT;
		injected.wanted = EVENT_DEAD;
		find_all(&injected);
		injected.pmu.fault = FAULT_DOUBLED;
		injected.wanted = EVENT_WRONG;
		find_all(&injected);
		injected.pmu.fault = FAULT_CONSTANT;
		injected.pmu.amount = 0;
		injected.wanted = EVENT_DEAD;
		find_all(&injected);
		injected.pmu.amount = 9000;
		injected.wanted = EVENT_WRONG;
		find_all(&injected);
		injected.pmu.fault = FAULT_SATURATED;
		injected.pmu.amount = 1000;
		injected.any_bad = true;
		find_all(&injected);
		injected.any_bad = false;
		injected.pmu.fault = FAULT_WRAPPED;
		injected.pmu.amount = 50021;
		injected.wanted = EVENT_WRONG;
		find_all(&injected);
	}
}

/* Full at some moment of the check: it counted before, and nothing after. */
static void test_saturated_midway(void **state)
{
	static const double shares[] = {0.02, 0.1, 0.3, 0.5, 0.7, 0.9};

	(void)state;
	for (size_t i = 0; i < sizeof(shares) / sizeof(shares[0]); i++) {
		struct fake_pmu pmu = {.slots = 6};
		struct checked_groups checked;

		check(&checked, &pmu, 1);
		checked_groups_release(&checked);
		pmu.fault = FAULT_SATURATED;
		pmu.event = H_FROM_DRAM;
		pmu.amount = pmu.totals[H_FROM_DRAM] * shares[i];
		check(&checked, &pmu, 1);
		if (!event_excluded(judgement(&checked, FILLS, 3))) {
			print_message("%g\n", shares[i]);
			print_verdicts(&checked);
			fail();
		}
		checked_groups_release(&checked);
	}
}

static void test_swapped_events(void **state)
{
	static const enum happening pairs[][2] = {{H_FROM_L2, H_FROM_L3},
		{H_FROM_L2, H_FROM_DRAM}, {H_FROM_L3, H_FROM_DRAM}, {H_WALKS, H_TLB_HITS},
		{H_INSTRUCTIONS, H_BRANCHES}};
	static const struct {
		size_t group, first, second;
	} struck[] = {
		{FILLS, 1, 2}, {FILLS, 1, 3}, {FILLS, 2, 3}, {TLB, 1, 2}, {COUNTS, 1, 2}};

	(void)state;
	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		for (uint64_t seed = 0; seed <= MINUTES; seed++) {
			struct fake_pmu pmu = {.slots = 6,
				.busy = seed > 0,
				.fault = FAULT_SWAPPED,
				.event = pairs[i][0],
				.other = pairs[i][1]};
			struct checked_groups checked;
			bool found;

			check(&checked, &pmu, seed + 1);
			found = event_excluded(judgement(
					&checked, struck[i].group, struck[i].first)) ||
				event_excluded(judgement(
					&checked, struck[i].group, struck[i].second));
			if (!found ||
				judgement(&checked, struck[i].group, struck[i].first) ==
					EVENT_RIGHT ||
				judgement(&checked, struck[i].group, struck[i].second) ==
					EVENT_RIGHT) {
				print_message("pair %zu, seed %d\n", i, (int)seed);
				print_verdicts(&checked);
				fail();
			}
			checked_groups_release(&checked);
		}
	}
}

/* The kernel hands out six, and one of them is none: found by the probe, and by the
 * orders for whatever event stands on it. */
static void test_dead_slot(void **state)
{
	(void)state;
	for (size_t slot = 0; slot < 5; slot++) {
		for (uint64_t seed = 0; seed <= MINUTES; seed++) {
			struct fake_pmu pmu = {.slots = 5,
				.busy = seed > 0,
				.fault = FAULT_DEAD_SLOT,
				.slot = slot};
			struct checked_groups checked;

			check(&checked, &pmu, seed + 1);
			assert_int_equal(checked.slots.advertised, 5);
			assert_int_equal(checked.slots.proved, slot);
			if (judgement(&checked, FILLS, slot) != EVENT_DEAD) {
				print_verdicts(&checked);
				fail();
			}
			assert_true(checked.judged[FILLS].lost > 0);
			/* The others are not to blame. */
			for (size_t e = 0; e < 5; e++)
				if (e != slot &&
					event_excluded(judgement(&checked, FILLS, e))) {
					print_verdicts(&checked);
					fail();
				}
			checked_groups_release(&checked);
		}
	}
}

/* Another user takes a counter during the check, and may give it back: whatever stood on
 * it in that while is not believed. */
static void test_slot_taken_meanwhile(void **state)
{
	struct fake_pmu pmu = {.slots = 5};
	struct checked_groups checked;
	uint64_t readings;

	(void)state;
	check(&checked, &pmu, 1);
	readings = pmu.readings;
	checked_groups_release(&checked);
	for (int part = 0; part < 12; part++) {
		bool found = false;

		pmu.fault = FAULT_TAKEN_SLOT;
		pmu.slot = 2;
		pmu.from = readings * (uint64_t)part / 12;
		pmu.until = part % 2 ? UINT64_MAX : pmu.from + readings / 6;
		check(&checked, &pmu, 1);
		for (size_t g = 0; g < GROUPS; g++)
			found = found || checked.judged[g].lost > 0;
		found = found || checked.slots.proved < 5 || checked.slots_changed;
		if (!found)
			print_verdicts(&checked);
		assert_true(found);
		checked_groups_release(&checked);
	}
}

/* More events than counters: those that the kernel refuses are absent, and the others
 * right. */
static void test_too_many_events(void **state)
{
	struct fake_pmu pmu = {.slots = 3};
	struct checked_groups checked;

	(void)state;
	check(&checked, &pmu, 1);
	assert_int_equal(judgement(&checked, FILLS, 3), EVENT_ABSENT);
	assert_int_equal(judgement(&checked, FILLS, 4), EVENT_ABSENT);
	assert_int_equal(judgement(&checked, FILLS, 1), EVENT_RIGHT);
	checked_groups_release(&checked);
}

static void test_multiplexed(void **state)
{
	struct fake_pmu pmu = {.slots = 6, .fault = FAULT_MULTIPLEXED};
	struct checked_groups checked;

	(void)state;
	check(&checked, &pmu, 1);
	assert_int_equal(checked.slots.proved, 0);
	for (size_t e = 0; e < groups[FILLS].events_count; e++) {
		const struct event_verdict *v = &checked.judged[FILLS].verdicts[e];

		assert_int_equal(v->judgement, EVENT_UNPROVEN);
		assert_non_null(strstr(v->why, "share the counters"));
	}
	assert_true(checked.judged[FILLS].rejected > 0);
	/* What the kernel counts is not touched by it. */
	assert_int_equal(judgement(&checked, 3, 0), EVENT_RIGHT);
	checked_groups_release(&checked);
}

/* A machine without a known L3 proves nothing about it, and alarms nobody. */
static void test_absent_kernel(void **state)
{
	struct fake_pmu pmu = {.slots = 6, .absent = {[3] = true}};
	struct checked_groups checked;
	const struct event_verdict *l3;

	(void)state;
	check(&checked, &pmu, 1);
	l3 = &checked.judged[FILLS].verdicts[2];
	assert_int_equal(l3->judgement, EVENT_UNPROVEN);
	assert_non_null(strstr(l3->why, "the fake machine has none"));
	assert_int_equal(judgement(&checked, FILLS, 1), EVENT_RIGHT);
	checked_groups_release(&checked);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_healthy),
		cmocka_unit_test(test_no_false_alarm),
		cmocka_unit_test(test_faults_of_events),
		cmocka_unit_test(test_saturated_midway),
		cmocka_unit_test(test_swapped_events),
		cmocka_unit_test(test_dead_slot),
		cmocka_unit_test(test_slot_taken_meanwhile),
		cmocka_unit_test(test_too_many_events),
		cmocka_unit_test(test_multiplexed),
		cmocka_unit_test(test_absent_kernel),
	};

	return cmocka_run_group_tests(tests, parse_groups, release_groups);
}
