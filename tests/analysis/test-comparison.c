/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Comparisons of executions whose truth is known. */
#include "analysis/comparison-print.h"
#include "analysis/comparison.h"
#include "analysis/perf-stat-print.h"
#include "base/random.h"
#include "counters/group.h"
#include "tests/analysis/noise.h"

#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { ROUNDS = 12, ROWS_MAX = 8 * 2 * ROUNDS };

/* How an allocator compares with the first one. */
struct truth {
	const char *allocator;
	double time, faults, counting; /* factors */
};

struct fixture {
	struct execution rows[ROWS_MAX];
	struct records records;
	struct comparison comparison;
	struct random random;
};

static struct fixture *make(
	const struct truth *truths, size_t count, double spread, uint64_t seed)
{
	struct fixture *f = calloc(1, sizeof(*f));

	assert_non_null(f);
	random_init(&f->random, seed);
	f->records = (struct records){.type = &execution_record, .rows = f->rows};
	assert_int_equal(event_list_add(&f->records.events, "cycles"), 0);
	for (uint64_t round = 0; round < ROUNDS; round++) {
		/* What all allocators of a round share, the clock for one, falls out of
		 * paired ratios. */
		double shared = noise(&f->random, 0.2);

		for (size_t i = 0; i < count; i++) {
			for (int watched = 0; watched < 2; watched++) {
				struct execution *row = &f->rows[f->records.count++];
				double wall = 1e9 * shared * truths[i].time *
					      noise(&f->random, spread);

				*row = (struct execution){
					.allocator = truths[i].allocator,
					.kind = watched ? EXECUTION_WATCHED
							: EXECUTION_TIMED,
					.group = watched ? "cpu" : "",
					.round = round,
					.end = "exit",
					.wall_ns = (uint64_t)wall,
					.user_ns = (uint64_t)wall,
					.minor_faults =
						(uint64_t)(10000 * truths[i].faults),
				};
				if (!watched)
					continue;
				row->wall_ns = (uint64_t)(wall * truths[i].counting);
				row->peak_memory_bytes = 100 << 20;
				row->peak_anonymous_bytes = 50 << 20;
				row->huge_share = 0.5;
				row->values[0] = (struct counter_value){
					.count = (uint64_t)(3 * wall),
					.enabled_ns = 1000,
					.running_ns = 1000};
			}
		}
	}
	return f;
}

static void discard(struct fixture *f)
{
	comparison_release(&f->comparison);
	free(f);
}

static void build(struct fixture *f)
{
	static const struct environment environment;

	assert_int_equal(
		comparison_build(&f->comparison, &f->records, &environment, NULL, 0), 0);
}

static void finds_what_is_faster_and_what_slower(void **state)
{
	static const struct truth truths[] = {{"libc", 1, 1, 1.5}, {"hp", 0.8, 0.1, 1.5},
		{"je", 1.25, 1, 1.5}, {"mi", 1, 1, 1.5}};
	struct fixture *f = make(truths, 4, 0.005, 1);
	const struct contender *c = f->comparison.contenders;

	(void)state;
	build(f);
	assert_int_equal(f->comparison.count, 4);
	assert_int_equal(f->comparison.rounds, ROUNDS);
	assert_int_equal(c[1].verdicts[COMPARE_WALL], VERDICT_FASTER);
	assert_int_equal(c[2].verdicts[COMPARE_WALL], VERDICT_SLOWER);
	assert_int_equal(c[3].verdicts[COMPARE_WALL], VERDICT_SAME);
	assert_int_equal(c[0].verdicts[COMPARE_WALL], VERDICT_NONE);
	assert_true(fabs(c[1].ratios[COMPARE_WALL].median - 0.8) < 0.01);
	assert_true(fabs(c[1].ratios[COMPARE_FAULTS].median - 0.1) < 1e-9);
	/* Times are from undisturbed executions, events from watched ones. */
	assert_true(fabs(c[1].tax.median - 1.5) < 0.02);
	assert_true(fabs(c[1].ratios[COMPARISON_FIXED].median - 0.8) < 0.01);
	assert_ptr_equal(comparison_best(&f->comparison), &c[1]);
	discard(f);
}

static void leaves_failures_out_and_names_them(void **state)
{
	static const struct truth truths[] = {{"libc", 1, 1, 1}, {"hp", 0.8, 1, 1}};
	struct fixture *f = make(truths, 2, 0.005, 2);
	struct text text;
	struct environment environment = {.command = "escalier run -- x"};

	(void)state;
	for (size_t i = 0; i < f->records.count; i++) {
		struct execution *row = &f->rows[i];

		if (strcmp(row->allocator, "hp") != 0)
			continue;
		row->end = "signal";
		row->code = 11;
		row->wall_ns = 1; /* it crashed early: no gain */
		(void)snprintf(row->error, sizeof(row->error), "double free");
	}
	build(f);
	assert_int_equal(f->comparison.contenders[1].failed, 2 * ROUNDS);
	assert_int_equal(f->comparison.contenders[1].ratios[COMPARE_WALL].count, 0);
	assert_null(comparison_best(&f->comparison));
	text_init(&text);
	assert_int_equal(comparison_print(&f->comparison, &environment, false, &text), 0);
	assert_non_null(strstr(text.bytes, "fails: Segmentation fault (signal 11)"));
	assert_non_null(strstr(text.bytes, "24 of 24 executions"));
	assert_non_null(strstr(text.bytes, "double free"));
	text_release(&text);
	discard(f);
}

/* Only what the timed executions lost, and only where it may explain something. */
static void tells_what_the_hypervisor_took(void **state)
{
	static const struct truth truths[] = {{"libc", 1, 1, 1}, {"hp", 1, 1, 1}};
	const struct environment environment = {.command = "escalier run -- x"};

	(void)state;
	for (unsigned per_cent = 0; per_cent <= 4; per_cent += 4) {
		struct fixture *f = make(truths, 2, 0.005, 4);
		struct text text;

		for (size_t i = 0; i < f->records.count; i++)
			f->rows[i].stolen_ns =
				strcmp(f->rows[i].kind, EXECUTION_TIMED) == 0
					? f->rows[i].wall_ns * per_cent / 100
					: f->rows[i].wall_ns;
		build(f);
		text_init(&text);
		assert_int_equal(
			comparison_print(&f->comparison, &environment, false, &text), 0);
		if (per_cent)
			assert_non_null(strstr(text.bytes,
				"the hypervisor gave 4.0 % of the time to others"));
		else
			assert_null(strstr(text.bytes, "hypervisor"));
		text_release(&text);
		discard(f);
	}
}

static void an_early_other_exit_is_no_gain(void **state)
{
	static const struct truth truths[] = {{"libc", 1, 1, 1}, {"hp", 0.1, 1, 1}};
	struct fixture *f = make(truths, 2, 0.005, 3);

	(void)state;
	for (size_t i = 0; i < f->records.count; i++)
		f->rows[i].code = strcmp(f->rows[i].allocator, "hp") == 0 ? 1 : 3;
	build(f);
	assert_int_equal(f->comparison.contenders[0].failed, 0);
	assert_int_equal(f->comparison.contenders[1].failed, 2 * ROUNDS);
	discard(f);
}

static void tells_outputs_that_differ(void **state)
{
	static const struct truth truths[] = {{"libc", 1, 1, 1}, {"hp", 0.8, 1, 1}};
	struct fixture *f = make(truths, 2, 0.005, 4);

	(void)state;
	for (size_t i = 0; i < f->records.count; i++)
		f->rows[i].output_digest = 7;
	f->rows[2].output_digest = 8;
	assert_string_equal(f->rows[2].allocator, "hp");
	build(f);
	assert_int_equal(f->comparison.contenders[0].outputs_differ, 0);
	assert_int_equal(f->comparison.contenders[1].outputs_differ, 1);
	discard(f);
}

static void rejects_counts_that_did_not_run_all_the_time(void **state)
{
	static const struct truth truths[] = {{"libc", 1, 1, 1}, {"hp", 0.8, 1, 1}};
	static const struct environment scaling = {.scaled = true};
	struct fixture *f = make(truths, 2, 0.005, 5);

	(void)state;
	for (size_t i = 0; i < f->records.count; i++)
		if (f->rows[i].values[0].running_ns)
			f->rows[i].values[0].running_ns = 999;
	build(f);
	assert_true(f->comparison.counts.tally.rejected > 0);
	assert_int_equal(f->comparison.contenders[1].values[COMPARISON_FIXED].count, 0);
	comparison_release(&f->comparison);
	assert_int_equal(
		comparison_build(&f->comparison, &f->records, &scaling, NULL, 0), 0);
	assert_int_equal(f->comparison.counts.tally.rejected, 0);
	assert_true(f->comparison.counts.tally.scaled > 0);
	assert_true(f->comparison.contenders[1].values[COMPARISON_FIXED].count > 0);
	discard(f);
}

/* What no kernel took, what was opened and never counted, and what counted. */
static void tells_as_perf_does_why_nothing_is_counted(void **state)
{
	static const struct truth truths[] = {{"libc", 1, 1, 1}, {"hp", 0.8, 1, 1}};
	static struct environment environment = {
		.sources = {{.event = "cycles"}, {.event = "r3"}}, .sources_count = 2};
	struct fixture *f = make(truths, 2, 0, 5);
	struct text text;

	(void)state;
	assert_int_equal(event_list_add(&f->records.events, "r3"), 1);
	assert_int_equal(event_list_add(&f->records.events, "branches"), 2);
	build(f);
	text_init(&text);
	assert_int_equal(perf_stat_print_fields(&f->comparison, &environment,
				 &f->comparison.contenders[0], ",", &text),
		0);
	assert_non_null(strstr(text.bytes, ",,cycles,"));
	assert_non_null(strstr(text.bytes, "\n<not counted>,,r3,0.00%,0,100.00,,\n"));
	assert_non_null(
		strstr(text.bytes, "\n<not supported>,,branches,0.00%,0,100.00,,\n"));
	text_clear(&text);
	assert_int_equal(perf_stat_print(&f->comparison, &environment,
				 &f->comparison.contenders[0], &text),
		0);
	assert_non_null(strstr(text.bytes, " <not counted>      r3 "));
	assert_non_null(strstr(text.bytes, " <not supported>      branches "));
	text_release(&text);
	discard(f);
}

/* In whichever group: a row does not tell which one it was counted in. */
static void leaves_out_what_the_self_check_forbids(void **state)
{
	static const struct truth truths[] = {{"libc", 1, 1, 1}, {"hp", 0.8, 1, 1}};
	static struct environment environment = {.events_count = 2};
	struct fixture *f = make(truths, 2, 0.005, 5);
	const char *name = f->records.events.names[0];
	struct text text;

	(void)state;
	environment.events[0] = (struct event_verdict){.judgement = EVENT_RIGHT};
	environment.events[1] = (struct event_verdict){.judgement = EVENT_DEAD,
		.group = "cache",
		.why = "counts nothing over chase-l2"};
	for (size_t i = 0; i < 2; i++)
		(void)snprintf(environment.events[i].event,
			sizeof(environment.events[i].event), "%s", name);
	build(f);
	assert_true(f->comparison.contenders[1].values[COMPARISON_FIXED].count > 0);
	comparison_release(&f->comparison);
	assert_int_equal(
		comparison_build(&f->comparison, &f->records, &environment, NULL, 0), 0);
	assert_int_equal(f->comparison.contenders[1].values[COMPARISON_FIXED].count, 0);
	assert_true(f->comparison.contenders[1].values[COMPARE_WALL].count > 0);
	text_init(&text);
	assert_int_equal(comparison_print(&f->comparison, &environment, false, &text), 0);
	assert_non_null(strstr(text.bytes, "is left out, dead in group cache: counts"));
	text_release(&text);
	discard(f);
}

/* In the first execution one counter of a sum is silent: its value is no value. What
 * needs the reads of a kernel is nothing for a program. */
static void derives_what_its_groups_tell(void **state)
{
	static const struct truth truths[] = {{"libc", 1, 1, 1}, {"hp", 0.5, 1, 1}};
	static const char text[] = "SHORT Parts of a sum\n\nEVENTSET\nPMC0 ALL\nPMC1 A\n"
				   "PMC2 B\n\nMETRICS\nAll per read PMC0/READS\n"
				   "Share of A PMC1/PMC0\nAll per ns PMC0/CPU_NS\n\n"
				   "IDENTITY\nParts PMC1+PMC2=PMC0 ~ 0.01\n\nLONG\n";
	static const struct environment environment = {.counter_filter = "user space"};
	struct fixture *f = make(truths, 2, 0.005, 7);
	struct complaint complaint = {.what = ""};
	struct group group;
	struct text printed;
	size_t silent = 0;

	(void)state;
	assert_int_equal(group_parse(&group, "sum", text, strlen(text), &complaint), 0);
	f->records.events = (struct event_list){.names = {"ALL", "A", "B"}, .count = 3};
	for (size_t i = 0; i < f->records.count; i++) {
		struct execution *row = &f->rows[i];

		if (!row->values[0].running_ns)
			continue;
		row->group = "sum";
		/* Nothing of the kernel's time is in the counts. */
		row->system_ns = 2 * row->user_ns;
		row->values[2] = row->values[1] = row->values[0];
		row->values[1].count /= 4;
		row->values[2].count -= row->values[1].count;
		if (silent++ == 0)
			row->values[1].count = 0;
	}
	assert_int_equal(
		comparison_build(&f->comparison, &f->records, &environment, &group, 1),
		0);
	assert_int_equal(f->comparison.quantities, COMPARISON_FIXED + 5);
	assert_string_equal(
		comparison_name(&f->comparison, COMPARISON_FIXED + 3), "Share of A");
	assert_string_equal(
		comparison_name(&f->comparison, COMPARISON_FIXED + 4), "All per ns");
	assert_int_equal(f->comparison.counts.tally.sums, 2 * ROUNDS);
	assert_int_equal(f->comparison.counts.tally.sums_broken, 1);
	assert_int_equal(f->comparison.counts.tally.silent, 1);
	for (size_t i = 0; i < 2; i++) {
		const struct estimate *values = &f->comparison.contenders[i].values[0];
		const struct estimate *share = &values[COMPARISON_FIXED + 3];
		const struct estimate *rate = &values[COMPARISON_FIXED + 4];

		assert_int_equal(values[COMPARISON_FIXED + 1].count, ROUNDS - (i == 0));
		assert_int_equal(share->count, ROUNDS - (i == 0));
		assert_true(fabs(share->median - 0.25) < 1e-6);
		assert_int_equal(rate->count, ROUNDS);
		assert_true(fabs(rate->median - 3) < 1e-6);
	}
	/* A quarter is no 0. */
	text_init(&printed);
	assert_int_equal(
		comparison_print(&f->comparison, &environment, false, &printed), 0);
	assert_non_null(strstr(printed.bytes, "Share of A\n  libc                0.250"));
	text_release(&printed);
	group_release(&group);
	discard(f);
}

/* The same allocator under two names and more: intervals hold the truth as often as they
 * say, and something is claimed of one in twenty comparisons at the most. */
static void claims_nothing_of_equals(void **state)
{
	static const struct truth truths[] = {
		{"a", 1, 1, 1}, {"b", 1, 1, 1}, {"c", 1, 1, 1}, {"d", 1, 1, 1}};
	enum { TRIALS = 1000 };
	int covered = 0, families_wrong = 0;

	(void)state;
	for (uint64_t seed = 0; seed < TRIALS; seed++) {
		struct fixture *f = make(truths, 4, 0.03, 1000 + seed);
		bool claimed = false;

		build(f);
		for (size_t i = 1; i < 4; i++) {
			const struct contender *one = &f->comparison.contenders[i];
			const struct estimate *cpu = &one->ratios[COMPARE_CPU];

			covered += cpu->low <= 1 && cpu->high >= 1;
			claimed |= one->verdicts[COMPARE_WALL] == VERDICT_FASTER ||
				   one->verdicts[COMPARE_WALL] == VERDICT_SLOWER;
		}
		families_wrong += claimed;
		discard(f);
	}
	print_message("# %.1f %% covered, %.1f %% of families wrong\n",
		covered / (TRIALS * 0.03), families_wrong / (TRIALS * 0.01));
	/* Order statistics of 12 cover with 96.1 %, the least above 95. */
	assert_true(covered > 0.95 * 3 * TRIALS && covered < 0.975 * 3 * TRIALS);
	assert_true(families_wrong < 0.05 * TRIALS);
}

static void needs_something_to_compare(void **state)
{
	struct records records = {.type = &execution_record};
	static const struct environment environment;
	struct comparison *comparison = calloc(1, sizeof(*comparison));

	(void)state;
	assert_int_equal(
		comparison_build(comparison, &records, &environment, NULL, 0), -ENODATA);
	free(comparison);
}

static void what_is_mostly_none_has_no_ratio(void **state)
{
	static const struct truth truths[] = {{"libc", 1, 1, 1}, {"hp", 1, 1, 1}};
	struct fixture *f = make(truths, 2, 0.01, 1);

	(void)state;
	for (size_t i = 0; i < f->records.count; i++) {
		f->rows[i].voluntary_switches = f->rows[i].round >= ROUNDS / 2;
		f->rows[i].minor_faults = f->rows[i].round >= ROUNDS / 2 - 1;
	}
	build(f);
	assert_int_equal(f->comparison.contenders[1].ratios[COMPARE_SWITCHES].count, 0);
	assert_int_equal(f->comparison.contenders[1].ratios[COMPARE_FAULTS].count,
		ROUNDS - ROUNDS / 2 + 1);
	discard(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_what_is_faster_and_what_slower),
		cmocka_unit_test(leaves_failures_out_and_names_them),
		cmocka_unit_test(tells_what_the_hypervisor_took),
		cmocka_unit_test(an_early_other_exit_is_no_gain),
		cmocka_unit_test(tells_outputs_that_differ),
		cmocka_unit_test(rejects_counts_that_did_not_run_all_the_time),
		cmocka_unit_test(tells_as_perf_does_why_nothing_is_counted),
		cmocka_unit_test(leaves_out_what_the_self_check_forbids),
		cmocka_unit_test(derives_what_its_groups_tell),
		cmocka_unit_test(claims_nothing_of_equals),
		cmocka_unit_test(needs_something_to_compare),
		cmocka_unit_test(what_is_mostly_none_has_no_ratio),
	};

	return cmocka_run_group_tests_name("comparison", tests, NULL, NULL);
}
