/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/findings.h"
#include "analysis/nominal.h"
#include "analysis/served.h"
#include "analysis/staircase.h"
#include "tests/analysis/synthetic.h"

#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* A run and its analysis. */
struct fixture {
	struct synthetic run;
	struct staircase staircase;
};

static void analyse(struct fixture *f, const struct synthetic_options *options)
{
	synthetic_init(&f->run, options);
	assert_int_equal(
		staircase_build(&f->staircase, &f->run.dataset,
			&(struct staircase_options){.groups = f->run.groups,
				.groups_count = f->run.groups_count,
				.costs = f->run.environment.window_costs,
				.costs_count = f->run.environment.window_costs_count,
				.machine = &f->run.machine,
				.baseline = f->run.environment.baseline,
				.verdicts = f->run.environment.events,
				.verdicts_count = f->run.environment.events_count,
				.target = f->run.environment.target}),
		0);
}

static void release(struct fixture *f)
{
	staircase_release(&f->staircase);
	synthetic_release(&f->run);
}

static const struct synthetic_options usual = {
	.kernels = {"chase"},
	.backends = {"small", "thp"},
	.rounds = 8,
	.counters = true,
};

static void estimates_recover_the_truth(void **state)
{
	struct fixture f;

	(void)state;
	analyse(&f, &usual);
	assert_int_equal(f.staircase.count, 2);
	for (size_t i = 0; i < f.staircase.count; i++) {
		const struct series *series = &f.staircase.series[i];

		assert_int_equal(series->count, 65);
		for (size_t k = 0; k < series->count; k++) {
			const struct stair *stair = &series->stairs[k];
			struct synthetic_truth truth =
				synthetic_truth(series->backend, 0, stair->bytes);
			/* Allocations differ most at the edge of the last cache. */
			bool edge = stair->bytes > (2 << 20) && stair->bytes < (20 << 20);
			double tolerance = edge ? 0.25 : 0.01;

			assert_true(stair->cycles_counted);
			assert_int_equal(stair->cycles.count, 8);
			assert_true(fabs(stair->cycles.median / truth.cycles - 1) <
				    tolerance);
			/* 2.55 GHz, give or take 0.12 a window. */
			assert_true(fabs(stair->estimates[QUANTITY_NS].median * 2.55 /
						    truth.cycles -
					    1) < tolerance + 0.03);
			assert_true(fabs(stair->estimates[QUANTITY_FROM_DRAM].median -
					    truth.from_dram) < 0.001);
			assert_true(fabs(stair->estimates[QUANTITY_PAGE_WALKS].median -
					    truth.walks) < 0.001);
			assert_true(stair->estimates[QUANTITY_NS].low <=
				    stair->estimates[QUANTITY_NS].median);
			assert_true(stair->estimates[QUANTITY_NS].high >=
				    stair->estimates[QUANTITY_NS].median);
			assert_int_equal(stair->page_bytes, i == 0 ? 4096 : 2 << 20);
		}
	}
	assert_int_equal(f.staircase.windows, f.run.dataset.count);
	assert_true(fabs(f.staircase.clock_ghz.median - 2.55) < 0.01);
	release(&f);
}

/* With rounds that differ by known factors, order statistics are known too. */
static void intervals_are_order_statistics(void **state)
{
	struct synthetic_options options = usual;
	struct staircase s;
	struct fixture f;
	const struct stair *stair;

	(void)state;
	options.quiet = true;
	options.min_bytes = options.max_bytes = 4096;
	options.rounds = 7;
	analyse(&f, &options);
	for (size_t i = 0; i < f.run.dataset.count; i++) {
		struct measurement *m = &f.run.dataset.measurements[i];

		m->reads = 1000;
		m->cpu_ns = 1000 * (10 + m->round);
		if (strcmp(m->point.backend, "thp") == 0)
			m->cpu_ns *= 2;
	}
	assert_int_equal(staircase_build(&s, &f.run.dataset,
				 &(struct staircase_options){.machine = &f.run.machine,
					 .baseline = "small",
					 .target = 0.02}),
		0);
	stair = &s.series[0].stairs[0];
	assert_true(stair->estimates[QUANTITY_NS].median == 13);
	assert_true(stair->estimates[QUANTITY_NS].low == 10);
	assert_true(stair->estimates[QUANTITY_NS].high == 16);
	assert_true(fabs(estimate_half_width(&stair->estimates[QUANTITY_NS]) - 3.0 / 13) <
		    1e-12);
	assert_false(stair->converged);
	assert_int_equal(stair->ratio.count, 0);
	/* Each round of one against the same round of the other: always 2. */
	stair = &s.series[1].stairs[0];
	assert_true(fabs(stair->ratio.low - 2) < 1e-12);
	assert_true(fabs(stair->ratio.high - 2) < 1e-12);
	assert_int_equal(stair->verdict, VERDICT_SLOWER);
	staircase_release(&s);
	release(&f);
}

static enum verdict verdict_of(struct fixture *f, const double factors[6])
{
	struct staircase s;
	enum verdict verdict;

	for (size_t i = 0; i < f->run.dataset.count; i++) {
		struct measurement *m = &f->run.dataset.measurements[i];

		m->reads = 1000;
		m->cpu_ns = 1000000;
		if (strcmp(m->point.backend, "thp") == 0)
			m->cpu_ns = (uint64_t)llround(1e6 * factors[m->round]);
	}
	assert_int_equal(staircase_build(&s, &f->run.dataset,
				 &(struct staircase_options){.machine = &f->run.machine,
					 .baseline = "small"}),
		0);
	verdict = s.series[1].stairs[0].verdict;
	staircase_release(&s);
	return verdict;
}

static void verdicts_need_their_interval(void **state)
{
	struct synthetic_options options = usual;
	struct fixture f;

	(void)state;
	options.min_bytes = options.max_bytes = 4096;
	options.rounds = 6;
	analyse(&f, &options);
	assert_int_equal(
		verdict_of(&f, (double[]){0.99, 1.01, 1, 1, 1, 1.015}), VERDICT_SAME);
	/* Within 2 % of 1 it is the same, even if all of it lies on one side. */
	assert_int_equal(verdict_of(&f, (double[]){0.99, 0.99, 0.985, 0.99, 0.99, 0.99}),
		VERDICT_SAME);
	assert_int_equal(verdict_of(&f, (double[]){0.9, 0.95, 0.9, 0.8, 0.99, 0.9}),
		VERDICT_FASTER);
	assert_int_equal(verdict_of(&f, (double[]){1.1, 1.05, 1.1, 1.2, 1.01, 1.1}),
		VERDICT_SLOWER);
	assert_int_equal(verdict_of(&f, (double[]){0.9, 0.9, 0.9, 0.9, 0.9, 1.03}),
		VERDICT_UNRESOLVED);
	release(&f);

	options.rounds = 5;
	analyse(&f, &options);
	assert_int_equal(
		verdict_of(&f, (double[]){0.9, 0.9, 0.9, 0.9, 0.9, 0.9}), VERDICT_NONE);
	release(&f);
}

static void error_rows_are_counted_and_named(void **state)
{
	struct synthetic_options options = usual;
	struct fixture f;

	(void)state;
	options.failing = "thp";
	analyse(&f, &options);
	assert_int_equal(f.staircase.series[1].windows, 0);
	assert_int_equal(f.staircase.error_rows, 65 * 8);
	for (size_t k = 0; k < f.staircase.series[1].count; k++) {
		const struct stair *stair = &f.staircase.series[1].stairs[k];

		assert_int_equal(stair->rounds_count, 0);
		assert_int_equal(stair->error_rows, 8);
		assert_non_null(strstr(stair->error, "pool of 2M pages is empty"));
		assert_true(isnan(stair->estimates[QUANTITY_NS].median));
		assert_int_equal(stair->verdict, VERDICT_NONE);
		assert_false(stair->converged);
	}
	release(&f);
}

static void rejects_counters_that_ran_part_of_the_time(void **state)
{
	struct synthetic_options options = usual;
	struct fixture f;

	(void)state;
	options.multiplexed = true;
	options.max_bytes = 32 << 10;
	analyse(&f, &options);
	/* One counter of the tlb group's windows. */
	assert_int_equal(f.staircase.tally.rejected, f.run.dataset.count / 2);
	assert_false(f.staircase.known[QUANTITY_PAGE_WALKS]);
	assert_false(f.staircase.known[QUANTITY_DTLB_L1_MISSES]);
	assert_true(f.staircase.known[QUANTITY_CYCLES]);
	assert_true(f.staircase.known[QUANTITY_FROM_L2]);
	release(&f);
}

static void leaves_out_what_the_self_check_forbids(void **state)
{
	struct synthetic_options options = usual;
	struct fixture f;

	(void)state;
	options.max_bytes = 32 << 10;
	options.checked = true;
	analyse(&f, &options);
	for (int q = 0; q < QUANTITIES; q++)
		assert_null(f.staircase.excluded[q]);
	assert_true(f.staircase.known[QUANTITY_FROM_L2]);
	release(&f);

	options.dead = "FILLS_L2";
	analyse(&f, &options);
	assert_false(f.staircase.known[QUANTITY_FROM_L2]);
	assert_false(f.staircase.known[QUANTITY_L1_MISSES]);
	assert_true(f.staircase.known[QUANTITY_FROM_L3]);
	assert_string_equal(f.staircase.excluded[QUANTITY_FROM_L2]->event, "FILLS_L2");
	assert_string_equal(f.staircase.excluded[QUANTITY_L1_MISSES]->event, "FILLS_L2");
	assert_null(f.staircase.excluded[QUANTITY_FROM_L3]);
	assert_null(f.staircase.excluded[QUANTITY_CYCLES]);
	release(&f);

	/* Without its counter there is the clock. */
	options.dead = "CYCLES";
	analyse(&f, &options);
	assert_false(f.staircase.known[QUANTITY_CYCLES]);
	assert_true(f.staircase.known[QUANTITY_CLOCK_CYCLES]);
	release(&f);
}

/* On request only: twice the count of half the window is the count of all of it. */
static void scales_counters_that_ran_part_of_the_time(void **state)
{
	struct synthetic_options options = usual;
	struct staircase scaled;
	struct fixture part, whole;

	(void)state;
	options.max_bytes = 32 << 10;
	analyse(&whole, &options);
	options.multiplexed = true;
	analyse(&part, &options);
	assert_int_equal(staircase_build(&scaled, &part.run.dataset,
				 &(struct staircase_options){.groups = part.run.groups,
					 .groups_count = part.run.groups_count,
					 .scaled = true,
					 .machine = &part.run.machine,
					 .baseline = "small"}),
		0);
	assert_int_equal(scaled.tally.scaled, part.run.dataset.count / 2);
	assert_int_equal(scaled.tally.rejected, 0);
	assert_int_equal(whole.staircase.tally.scaled, 0);
	assert_true(scaled.known[QUANTITY_PAGE_WALKS]);
	for (size_t k = 0; k < scaled.series[0].count; k++) {
		double expected = whole.staircase.series[0]
					  .stairs[k]
					  .estimates[QUANTITY_DTLB_L1_MISSES]
					  .median;
		double value = scaled.series[0]
				       .stairs[k]
				       .estimates[QUANTITY_DTLB_L1_MISSES]
				       .median;

		assert_true(fabs(value - expected) < 0.001);
	}
	staircase_release(&scaled);
	release(&part);
	release(&whole);
}

static void never_ran_is_unknown_not_zero(void **state)
{
	struct synthetic_options options = usual;
	struct staircase s;
	struct fixture f;

	(void)state;
	options.max_bytes = 8 << 10;
	analyse(&f, &options);
	for (size_t i = 0; i < f.run.dataset.count; i++)
		memset(f.run.dataset.measurements[i].values, 0,
			sizeof(f.run.dataset.measurements[i].values));
	assert_int_equal(staircase_build(&s, &f.run.dataset,
				 &(struct staircase_options){.groups = f.run.groups,
					 .groups_count = f.run.groups_count,
					 .machine = &f.run.machine,
					 .baseline = "small"}),
		0);
	assert_int_equal(s.tally.rejected, 0);
	assert_false(s.known[QUANTITY_CYCLES]);
	assert_false(s.known[QUANTITY_FROM_L2]);
	assert_true(s.known[QUANTITY_CLOCK_CYCLES]);
	assert_false(s.series[0].stairs[0].cycles_counted);
	staircase_release(&s);
	release(&f);
}

static void a_round_without_clean_windows_is_used_and_marked(void **state)
{
	struct synthetic_options options = usual;
	struct fixture f;

	(void)state;
	options.all_disturbed = true;
	options.max_bytes = 16 << 10;
	analyse(&f, &options);
	for (size_t k = 0; k < f.staircase.series[0].count; k++) {
		const struct stair *stair = &f.staircase.series[0].stairs[k];

		assert_int_equal(stair->rounds_count, 8);
		assert_int_equal(stair->rounds_unclean, 1);
		assert_true(stair->rounds[0].unclean);
		assert_true(stair->rounds[0].values[QUANTITY_CYCLES] >
			    1.05 * stair->rounds[1].values[QUANTITY_CYCLES]);
	}
	release(&f);
}

static void cycles_come_from_the_clock_without_counters(void **state)
{
	struct synthetic_options options = usual;
	struct fixture f;

	(void)state;
	options.counters = false;
	analyse(&f, &options);
	for (size_t k = 0; k < f.staircase.series[0].count; k++) {
		const struct stair *stair = &f.staircase.series[0].stairs[k];
		double truth = synthetic_truth("small", 0, stair->bytes).cycles;
		bool edge = stair->bytes > (2 << 20) && stair->bytes < (20 << 20);

		assert_false(stair->cycles_counted);
		assert_true(
			fabs(stair->cycles.median / truth - 1) < (edge ? 0.25 : 0.02));
	}
	release(&f);

	options.no_clock = true;
	options.max_bytes = 8 << 10;
	analyse(&f, &options);
	assert_true(isnan(f.staircase.series[0].stairs[0].cycles.median));
	assert_int_equal(f.staircase.clock_ghz.count, 0);
	release(&f);
}

static void the_main_series_is_the_baselines_latency(void **state)
{
	struct synthetic_options options = usual;
	struct findings findings;
	struct fixture f;

	(void)state;
	options.kernels[0] = "strided";
	options.kernels[1] = "chase";
	analyse(&f, &options);
	assert_int_equal(findings_init(&findings, &f.run.environment, &f.run.machine,
				 &f.staircase),
		0);
	assert_string_equal(findings.main_series->kernel, "chase");
	assert_string_equal(findings.main_series->backend, "small");
	assert_true(findings.latency);
	assert_int_equal(findings.levels_count, 2);
	assert_ptr_equal(findings.main_levels->series, findings.main_series);
	assert_non_null(strstr(findings.headline, " ns from L1, "));
	assert_non_null(strstr(findings.headline, " from DRAM"));
	findings_release(&findings);
	release(&f);
}

/* A claim about memory proper, and none where the rounds do not suffice for it. */
static void gains_are_claimed_together(void **state)
{
	struct synthetic_options options = usual;
	struct findings findings;
	struct fixture f;

	(void)state;
	options.backends[2] = "hugetlb-2m";
	for (unsigned rounds = 8; rounds <= 9; rounds++) {
		options.rounds = rounds;
		analyse(&f, &options);
		assert_int_equal(findings_init(&findings, &f.run.environment,
					 &f.run.machine, &f.staircase),
			0);
		assert_int_equal(findings.gains_count, 2);
		for (int i = 0; i < 2; i++) {
			const struct gain *gain = &findings.gains[i];
			double sum = 0;
			int sizes = 0;

			for (size_t k = 0; k < gain->series->count; k++) {
				uint64_t bytes = gain->series->stairs[k].bytes;

				if (bytes <= 32 << 20)
					continue;
				sum += log(synthetic_truth("thp", 0, bytes).cycles /
					   synthetic_truth("small", 0, bytes).cycles);
				sizes++;
			}
			assert_int_equal(gain->past_bytes, 32 << 20);
			assert_true(fabs(gain->confidence - 0.995) < 1e-9);
			assert_int_equal(gain->ratio.count, rounds);
			assert_true(fabs(gain->ratio.median - exp(sum / sizes)) < 0.01);
			/* 8 rounds reach 99.2 %, 9 reach 99.6 %. */
			assert_int_equal(gain->verdict,
				rounds == 8 ? VERDICT_NONE : VERDICT_FASTER);
		}
		assert_int_equal(
			strstr(findings.headline, "; past 32M ") != NULL, rounds == 9);
		findings_release(&findings);
		release(&f);
	}
}

static void served_shares_add_up(void **state)
{
	struct served served;
	struct fixture f;

	(void)state;
	analyse(&f, &usual);
	served_levels(&f.staircase, &served);
	assert_int_equal(served.count, 4);
	for (size_t k = 0; k < f.staircase.series[0].count; k++) {
		const struct stair *stair = &f.staircase.series[0].stairs[k];
		struct synthetic_truth truth = synthetic_truth("small", 0, stair->bytes);
		double sum = 0;

		assert_int_equal(served_shares(stair, &served), 0);
		for (size_t i = 0; i < served.count; i++)
			sum += served.shares[i];
		assert_true(fabs(sum - 1) < 1e-9);
		assert_true(fabs(served.shares[2] - truth.from_l3) < 0.001);
	}
	release(&f);
}

static void places_strides_and_kernels_stay_apart(void **state)
{
	struct synthetic_options options = usual;
	struct fixture f;

	(void)state;
	options.kernels[1] = "strided";
	options.strides[0] = 64;
	options.strides[1] = 256;
	options.nodes = 2;
	options.max_bytes = 8 << 10;
	options.machine = "pack:2 [numa(memory=8GiB)] l3:1(size=32MiB) "
			  "l2:2(size=512KiB) l1d:1(size=32KiB) core:1 pu:1";
	analyse(&f, &options);
	/* 2 kernels, 2 strides, 2 nodes, 2 backends; in the plan's order. */
	assert_int_equal(f.staircase.count, 16);
	for (size_t i = 0; i < 16; i++) {
		const struct series *series = &f.staircase.series[i];

		assert_string_equal(series->kernel, i < 8 ? "chase" : "strided");
		assert_int_equal(series->stride, i / 4 % 2 ? 256 : 64);
		assert_int_equal(series->node, i / 2 % 2);
		assert_string_equal(series->backend, i % 2 ? "thp" : "small");
		assert_int_equal(series->count, 5);
		assert_int_equal(series->stairs[0].ratio.count, i % 2 ? 8 : 0);
	}
	release(&f);
}

static void an_empty_run_is_no_failure(void **state)
{
	struct synthetic_options options = usual;
	struct findings findings;
	struct fixture f;

	(void)state;
	options.rounds = 0;
	analyse(&f, &options);
	assert_int_equal(f.staircase.count, 0);
	assert_int_equal(findings_init(&findings, &f.run.environment, &f.run.machine,
				 &f.staircase),
		0);
	assert_null(findings.main_series);
	assert_string_equal(findings.headline, "Nothing could be measured");
	findings_release(&findings);
	release(&f);
}

static void nominals_are_the_machines(void **state)
{
	struct nominal nominals[NOMINALS];
	struct fixture f;

	(void)state;
	analyse(&f, &(struct synthetic_options){.backends = {"small"}});
	assert_int_equal(nominal_list(&f.run.machine, 0, nominals), 7);
	assert_string_equal(nominals[0].label, "L1d 32K");
	assert_string_equal(nominals[1].label, "L1 dTLB 64×4K");
	assert_int_equal(nominals[1].bytes, 256 << 10);
	assert_int_equal(nominal_last_cache(&f.run.machine, 0), 32 << 20);
	assert_int_equal(staircase_private_bytes(&f.run.machine, 0), 512 << 10);
	release(&f);
}

/* Windows that hold their own cost, and those that do not, say the same. */
static void own_cost_is_taken_off(void **state)
{
	static const bool counters[] = {true, false};

	(void)state;
	for (size_t c = 0; c < 2; c++) {
		struct synthetic_options options = {.kernels = {"chase"},
			.backends = {"small"},
			.rounds = 2,
			.counters = counters[c],
			.quiet = true};
		struct fixture plain, costly;

		analyse(&plain, &options);
		options.own_cost = true;
		analyse(&costly, &options);
		for (size_t i = 0; i < plain.staircase.series[0].count; i++) {
			const struct stair *a = &plain.staircase.series[0].stairs[i];
			const struct stair *b = &costly.staircase.series[0].stairs[i];

			for (int q = 0; q < QUANTITIES; q++)
				if (a->estimates[q].count > 0)
					assert_true(
						fabs(a->estimates[q].median -
							b->estimates[q].median) < 1e-9);
		}
		/* The raw window is longer than what is said of it. */
		assert_true(costly.run.dataset.measurements[0].cpu_ns ==
			    plain.run.dataset.measurements[0].cpu_ns + 1400);
		release(&plain);
		release(&costly);
	}
}

/* A window that was moved would make a round of its own. */
static void windows_of_a_round_stand_together(void **state)
{
	struct fixture f;
	struct staircase s;
	struct measurement first;
	struct dataset *dataset = &f.run.dataset;

	(void)state;
	analyse(&f, &usual);
	first = dataset->measurements[0];
	memmove(dataset->measurements, dataset->measurements + 1,
		(dataset->count - 1) * sizeof(first));
	dataset->measurements[dataset->count - 1] = first;
	assert_int_equal(staircase_build(&s, dataset,
				 &(struct staircase_options){.groups = f.run.groups,
					 .groups_count = f.run.groups_count,
					 .machine = &f.run.machine,
					 .baseline = f.run.environment.baseline}),
		-EBADMSG);
	release(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(windows_of_a_round_stand_together),
		cmocka_unit_test(own_cost_is_taken_off),
		cmocka_unit_test(estimates_recover_the_truth),
		cmocka_unit_test(intervals_are_order_statistics),
		cmocka_unit_test(verdicts_need_their_interval),
		cmocka_unit_test(error_rows_are_counted_and_named),
		cmocka_unit_test(rejects_counters_that_ran_part_of_the_time),
		cmocka_unit_test(leaves_out_what_the_self_check_forbids),
		cmocka_unit_test(scales_counters_that_ran_part_of_the_time),
		cmocka_unit_test(never_ran_is_unknown_not_zero),
		cmocka_unit_test(a_round_without_clean_windows_is_used_and_marked),
		cmocka_unit_test(cycles_come_from_the_clock_without_counters),
		cmocka_unit_test(the_main_series_is_the_baselines_latency),
		cmocka_unit_test(gains_are_claimed_together),
		cmocka_unit_test(served_shares_add_up),
		cmocka_unit_test(places_strides_and_kernels_stay_apart),
		cmocka_unit_test(an_empty_run_is_no_failure),
		cmocka_unit_test(nominals_are_the_machines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
