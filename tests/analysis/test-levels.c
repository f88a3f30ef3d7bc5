/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/level-sample.h"
#include "analysis/levels-print.h"
#include "analysis/summary.h"
#include "tests/analysis/staircases.h"
#include "tests/analysis/synthetic.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <jansson.h>

/*
 * Levels are held against staircases whose truth is known. Of 1,000 random ones at least
 * 99 % have to be right with counters and 90 % without (`make bench-levels` shows them);
 * here are a few of each family, with a threshold that chance does not pass below.
 */
#if defined(__SANITIZE_ADDRESS__)
enum { PER_FAMILY = 6 };
#else
enum { PER_FAMILY = 25 };
#endif

static size_t count_right(enum staircase_family family, enum staircase_counting counting,
	const struct residuals *residuals)
{
	size_t right = 0;

	for (size_t i = 0; i < PER_FAMILY; i++) {
		struct staircase_truth truth;
		struct levels levels;
		char why[256];

		staircase_truth_init(&truth, family, counting, 3 + (unsigned)i % 6,
			residuals, random_derive(20, i * FAMILIES + (size_t)family));
		assert_int_equal(
			levels_find(&levels, &truth.staircase, &truth.staircase.series[0],
				&truth.machine, false),
			0);
		right += staircase_truth_holds(&truth, &levels, why);
		staircase_truth_release(&truth);
	}
	return right;
}

static void random_staircases_are_read(void **state)
{
	struct residuals *residuals = residuals_load("tests/analysis/data/residuals.tsv");
	size_t counted = 0;
	size_t missed = 0;
	size_t timed = 0;
	size_t parted = 0;

	(void)state;
	for (int f = 0; f < FAMILIES; f++) {
		counted += count_right((enum staircase_family)f, COUNT_FILLS, residuals);
		missed += count_right((enum staircase_family)f, COUNT_MISSES, residuals);
		timed += count_right((enum staircase_family)f, COUNT_NOTHING, residuals);
		parted += count_right((enum staircase_family)f, COUNT_PART, residuals);
	}
	/* One miss in a hundred, and one in ten; two deviations below. */
	assert_true(counted >= PER_FAMILY * FAMILIES - 2);
	assert_true(missed >= PER_FAMILY * FAMILIES - 3);
	assert_true((double)timed >= 0.85 * PER_FAMILY * FAMILIES);
	/* Of a fourth cache there is the time, and where the third one ends. */
	assert_true((double)parted >= 0.88 * PER_FAMILY * FAMILIES);
	residuals_release(residuals);
}

static double logistic(double x)
{
	return 1 / (1 + exp(-10 * x));
}

/* A staircase by time alone whose last step is that of 64 entries for pages of 2 MiB, on
 * pages of a given size; returns how many steps are named after a TLB. */
static size_t count_tlbs(uint64_t page_bytes)
{
	enum { SIZES = 73 };
	static struct stair stairs[SIZES];
	static struct stair_round rounds[SIZES];
	struct series series = {.kernel = "chase",
		.backend = "small",
		.stairs = stairs,
		.count = SIZES,
		.windows = SIZES};
	struct staircase staircase = {
		.series = &series, .count = 1, .stairs = stairs, .rounds = rounds};
	struct cache caches[] = {{.level = 1, .bytes = 32 << 10, .shared_cpus = 1},
		{.level = 2, .bytes = 512 << 10, .shared_cpus = 1},
		{.level = 3, .bytes = 16 << 20, .shared_cpus = 2}};
	struct tlb tlb = {.level = 1, .page_bytes = 2 << 20, .entries = 64};
	struct machine machine = {.cores = 2,
		.cpu_count = 2,
		.caches = caches,
		.caches_count = 3,
		.tlbs = &tlb,
		.tlbs_count = 1};
	struct levels levels;
	size_t tlbs = 0;

	cpus_add(&machine.cpus, 0);
	for (size_t i = 0; i < 3; i++)
		caches[i].cpus = machine.cpus;
	for (size_t i = 0; i < SIZES; i++) {
		const double x = 12 + (double)i / 4;
		const double cycles = 4 + 8 * logistic(x - 15) + 40 * logistic(x - 19) +
				      150 * logistic(x - 23.5) +
				      100 * fmax(0, 1 - exp2(27 - x));

		for (int q = 0; q < QUANTITIES; q++)
			rounds[i].values[q] = stairs[i].estimates[q].median = NAN;
		rounds[i].values[QUANTITY_NS] = cycles / 3;
		rounds[i].values[QUANTITY_CLOCK_CYCLES] = cycles;
		stairs[i].bytes = (uint64_t)exp2(x);
		stairs[i].windows = stairs[i].rounds_count = 1;
		stairs[i].rounds = &rounds[i];
		stairs[i].page_bytes = page_bytes;
		stairs[i].estimates[QUANTITY_NS].median = cycles / 3;
		stairs[i].cycles.median = cycles;
	}
	assert_int_equal(levels_find(&levels, &staircase, &series, &machine, false), 0);
	assert_int_equal(levels.caches, 4);
	for (size_t i = 0; i < levels.count; i++)
		tlbs += levels.list[i].kind == LEVEL_TLB;
	return tlbs;
}

static void no_step_is_of_a_tlb_of_larger_pages(void **state)
{
	(void)state;
	assert_int_equal(count_tlbs(2 << 20), 1);
	assert_int_equal(count_tlbs(4096), 0);
	/* Where none is known, it may be. */
	assert_int_equal(count_tlbs(0), 1);
}

/* A run and its levels. */
struct fixture {
	struct synthetic run;
	struct staircase staircase;
	struct levels *levels;
	size_t count;
};

static void analyse(struct fixture *f, const struct synthetic_options *options)
{
	synthetic_init(&f->run, options);
	assert_int_equal(staircase_build(&f->staircase, &f->run.dataset,
				 &(struct staircase_options){.groups = f->run.groups,
					 .groups_count = f->run.groups_count,
					 .machine = &f->run.machine,
					 .baseline = f->run.environment.baseline}),
		0);
	assert_int_equal(
		levels_find_all(&f->levels, &f->count, &f->staircase, &f->run.machine),
		0);
}

static void release(struct fixture *f)
{
	free(f->levels);
	staircase_release(&f->staircase);
	synthetic_release(&f->run);
}

static const struct synthetic_options usual = {
	.kernels = {"chase", "strided"},
	.backends = {"small", "thp"},
	.rounds = 6,
	.windows = 2,
	.counters = true,
};

static const struct level *find(const struct levels *levels, const char *name)
{
	for (size_t i = 0; i < levels->count; i++)
		if (strcmp(levels->list[i].name, name) == 0)
			return &levels->list[i];
	fail_msg("there is no level %s", name);
	return NULL;
}

static void is_about(double value, double low, double high)
{
	if (!(value >= low && value <= high))
		fail_msg("%g is not in %g to %g", value, low, high);
}

static void counters_tell_capacities_and_latencies(void **state)
{
	struct fixture f;
	const struct level *level;

	(void)state;
	analyse(&f, &usual);
	/* Of each backend, and of the kernel whose time is a latency. */
	assert_int_equal(f.count, 2);
	assert_int_equal(f.levels[0].caches, 4);
	assert_int_equal(f.levels[0].count, 6);
	level = find(&f.levels[0], "L1");
	assert_int_equal(level->witness, WITNESS_BOTH);
	assert_int_equal(level->nominal.bytes, 32 << 10);
	is_about(level->values[LEVEL_HALF].value, 33e3, 36e3);
	is_about(level->values[LEVEL_CYCLES].value, 4.0, 4.1);
	assert_true(level->confidence == 1);
	level = find(&f.levels[0], "L2");
	is_about(level->values[LEVEL_HALF].value, 440e3, 480e3);
	assert_true(level->values[LEVEL_ONSET].value < 300e3);
	assert_true(level->values[LEVEL_FULL].value > 600e3);
	assert_false(level->shared);
	level = find(&f.levels[0], "L3");
	is_about(level->values[LEVEL_HALF].value, 5.9e6, 6.5e6);
	is_about(level->values[LEVEL_CYCLES].value, 54, 58);
	assert_true(level->shared);
	level = find(&f.levels[0], "DRAM");
	assert_int_equal(level->kind, LEVEL_MEMORY);
	assert_true(isnan(level->values[LEVEL_HALF].value));
	assert_true(level->values[LEVEL_NS].low <= level->values[LEVEL_NS].value);
	assert_true(level->values[LEVEL_NS].high >= level->values[LEVEL_NS].value);
	is_about(find(&f.levels[0], "L1 dTLB")->values[LEVEL_RESIDENT].value, 250e3,
		270e3);
	is_about(
		find(&f.levels[0], "L2 TLB")->values[LEVEL_RESIDENT].value, 7.2e6, 7.6e6);
	assert_int_equal(f.levels[0].absent_count, 0);
	release(&f);
}

static void time_alone_tells_them_and_says_so(void **state)
{
	struct synthetic_options options = usual;
	struct fixture f;
	struct text text;
	char label[LEVEL_LABEL];

	(void)state;
	options.counters = false;
	analyse(&f, &options);
	assert_int_equal(f.levels[0].caches, 4);
	assert_false(f.levels[0].caches_counted);
	is_about(find(&f.levels[0], "L2")->values[LEVEL_HALF].value, 350e3, 600e3);
	is_about(find(&f.levels[0], "L3")->values[LEVEL_HALF].value, 4.5e6, 8.5e6);
	assert_int_equal(find(&f.levels[0], "L3")->witness, WITNESS_TIME);
	assert_string_equal(level_label(label, find(&f.levels[0], "L3")), "L3?");
	assert_string_equal(level_label(label, find(&f.levels[0], "DRAM")), "DRAM");
	text_init(&text);
	assert_int_equal(levels_print(&f.levels[0], &f.run.machine, &text), 0);
	assert_non_null(strstr(text.bytes, "no counter tells which level"));
	text_release(&text);
	release(&f);
}

/* Of very many rounds batches are drawn: what is found is of all of them, and intervals
 * are narrow. */
static void many_rounds_are_drawn_in_batches(void **state)
{
	struct synthetic_options options = {.kernels = {"chase"},
		.backends = {"small"},
		.per_octave = 2,
		.rounds = 3 * LEVEL_BATCHES + 1,
		.windows = 1,
		.counters = true};
	struct fixture f;
	struct levels without;

	(void)state;
	analyse(&f, &options);
	assert_int_equal(levels_find(&without, &f.staircase, &f.staircase.series[0],
				 &f.run.machine, false),
		0);
	assert_int_equal(f.levels[0].rounds, options.rounds);
	assert_int_equal(f.levels[0].count, without.count);
	for (size_t i = 0; i < without.count; i++)
		for (int v = 0; v < LEVEL_VALUES; v++) {
			const struct level_value *value = &f.levels[0].list[i].values[v];

			if (isnan(value->value))
				continue;
			assert_true(value->value == without.list[i].values[v].value);
			is_about(value->low, 0.95 * value->value, 1.01 * value->value);
			is_about(value->high, 0.99 * value->value, 1.05 * value->value);
		}
	release(&f);
}

static void what_is_not_reached_is_not_found(void **state)
{
	struct synthetic_options options = usual;
	struct fixture f;
	char verdict[LEVEL_VERDICT];

	(void)state;
	options.max_bytes = 2 << 20;
	analyse(&f, &options);
	assert_int_equal(f.levels[0].caches, 3);
	assert_true(isnan(find(&f.levels[0], "L3")->values[LEVEL_HALF].value));
	level_verdict(&f.levels[0], find(&f.levels[0], "L3"), &f.run.machine, verdict);
	assert_string_equal(verdict, "not overflowed by the largest buffer, 2M");
	release(&f);

	options.counters = false;
	options.max_bytes = 200 << 10;
	analyse(&f, &options);
	assert_int_equal(f.levels[0].caches, 2);
	assert_string_equal(f.levels[0].list[1].name, "L2");
	assert_int_equal(f.levels[0].absent_count, 1);
	release(&f);

	options.max_bytes = options.min_bytes = 16 << 10;
	options.rounds = 1;
	analyse(&f, &options);
	assert_int_equal(f.levels[0].caches, 1);
	assert_true(isnan(f.levels[0].list[0].confidence));
	release(&f);
}

static void says_what_differs_from_the_announced(void **state)
{
	struct fixture f;
	char verdict[LEVEL_VERDICT];

	(void)state;
	analyse(&f, &usual);
	level_verdict(&f.levels[0], find(&f.levels[0], "L1"), &f.run.machine, verdict);
	assert_string_equal(verdict, "32K announced, and there");
	level_verdict(&f.levels[0], find(&f.levels[0], "L3"), &f.run.machine, verdict);
	assert_non_null(strstr(verdict, "32M announced, "));
	assert_non_null(strstr(verdict, "shared, partitioned or virtualised"));
	level_verdict(&f.levels[0], find(&f.levels[0], "L2"), &f.run.machine, verdict);
	assert_non_null(strstr(verdict, "stay resident: pages collide in its sets"));
	/* No two lines of one huge page do. */
	level_verdict(&f.levels[1], find(&f.levels[1], "L2"), &f.run.machine, verdict);
	if (f.run.machine.hypervisor[0])
		assert_non_null(strstr(verdict, "or the host's smaller pages collide"));
	else
		assert_non_null(strstr(verdict, "stay resident: partitioned, or shared"));
	release(&f);
}

static void names_the_pages_that_the_tlb_filled(void **state)
{
	struct stair stairs[2] = {
		{.bytes = 64 << 20, .windows = 8}, {.bytes = 128 << 20, .windows = 8}};
	struct series series = {.backend = "hugetlb-2m", .stairs = stairs, .count = 2};
	struct machine machine = {.hypervisor = "KVM"};
	const struct levels levels = {.series = &series};
	struct page_finding finding;
	char verdict[LEVEL_VERDICT];

	(void)state;
	for (int i = 0; i < 2; i++) {
		stairs[i].page_bytes = 2 << 20;
		for (int q = 0; q < QUANTITIES; q++)
			stairs[i].estimates[q].median = NAN;
	}
	assert_true(page_finding(&finding, &levels) < 0);
	for (int i = 0; i < 2; i++) {
		stairs[i].estimates[QUANTITY_PAGE_WALKS].median = 0.9;
		stairs[i].estimates[QUANTITY_WALKS_4K].median = 0.9;
		stairs[i].estimates[QUANTITY_WALKS_2M].median = 0;
	}
	assert_int_equal(page_finding(&finding, &levels), 0);
	assert_int_equal(finding.seen_bytes, 4096);
	page_verdict(&finding, &machine, verdict);
	assert_string_equal(
		verdict, "2M granted, TLB filled as 4K: the host splits them");
	/* Intel's group counts walks for 2 MiB and all of them. */
	for (int i = 0; i < 2; i++) {
		stairs[i].estimates[QUANTITY_WALKS_4K].median = NAN;
		stairs[i].estimates[QUANTITY_WALKS_2M].median = 0.89;
	}
	assert_int_equal(page_finding(&finding, &levels), 0);
	assert_int_equal(finding.seen_bytes, 2 << 20);
	page_verdict(&finding, &machine, verdict);
	assert_string_equal(verdict, "2M granted, TLB filled as 2M");
	stairs[0].estimates[QUANTITY_WALKS_2M].median = 0.4;
	assert_int_equal(page_finding(&finding, &levels), 0);
	assert_int_equal(finding.seen_bytes, 0);
}

static void other_programs_can_read_them(void **state)
{
	struct fixture f;
	struct text text;
	json_t *root;

	(void)state;
	analyse(&f, &usual);
	text_init(&text);
	assert_int_equal(levels_print_json(f.levels, f.count, &f.run.machine, &text), 0);
	root = json_loads(text.bytes, 0, NULL);
	assert_int_equal(json_array_size(root), 2);
	assert_int_equal(
		json_array_size(json_object_get(json_array_get(root, 0), "levels")), 6);
	json_decref(root);
	text_clear(&text);
	assert_int_equal(levels_print_csv_header(&text), 0);
	assert_int_equal(levels_print_csv(&f.levels[0], &f.run.machine, &text), 0);
	assert_non_null(strstr(text.bytes, "\nchase,small,64,0,0,L1,cache,"));
	text_release(&text);
	release(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(random_staircases_are_read),
		cmocka_unit_test(no_step_is_of_a_tlb_of_larger_pages),
		cmocka_unit_test(counters_tell_capacities_and_latencies),
		cmocka_unit_test(time_alone_tells_them_and_says_so),
		cmocka_unit_test(many_rounds_are_drawn_in_batches),
		cmocka_unit_test(what_is_not_reached_is_not_found),
		cmocka_unit_test(says_what_differs_from_the_announced),
		cmocka_unit_test(names_the_pages_that_the_tlb_filled),
		cmocka_unit_test(other_programs_can_read_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
