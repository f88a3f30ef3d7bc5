/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/explanation.h"
#include "base/random.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/*
 * A machine whose costs are known: three caches, two levels of TLB, a walker that fetches
 * more, and from farther, with small pages than with huge ones. Its staircases are made
 * as staircase_build would condense them.
 */
enum { SIZES = 33, ROUNDS_MOST = 12, SERIES_MOST = 8 };

static const double truth[COST_TERMS] = {
	[COST_BASE] = 4,
	[COST_L2] = 8.2,
	[COST_L3] = 46,
	[COST_DRAM] = 360,
	[COST_TLB_L2] = 7.2,
	[COST_WALK] = 34,
	[COST_WALKER_L2] = 13,
	[COST_WALKER_L3] = 38,
	[COST_WALKER_DRAM] = 300,
};

struct options {
	const char *kernels[4], *backends[4]; /* end with NULL */
	unsigned rounds;
	double noise;       /* of a round of a size, relative */
	double round_noise; /* that all of a round shares */
	double count_noise;
	bool walker_dram;
	bool by_page; /* walks of huge pages are told apart */
	bool no_walker, no_events, no_l3;
	double ghz;
	uint64_t seed;
};
static const struct options usual = {
	.kernels = {"chase", "page-chase"},
	.backends = {"small", "thp", "hugetlb-2m"},
	.rounds = 6,
	.noise = 0.003,
	.count_noise = 0.002,
	.ghz = 2.7,
};

struct synthetic {
	struct staircase staircase;
	struct series series[SERIES_MOST];
	struct stair stairs[SERIES_MOST][SIZES];
	struct stair_round rounds[SERIES_MOST][SIZES][ROUNDS_MOST];
};

static double normal(struct random *random)
{
	double sum = 0;

	for (int i = 0; i < 12; i++)
		sum += (double)random_below(random, 1 << 20) / (1 << 20);
	return sum - 6;
}

static double beyond(double bytes, double capacity)
{
	return 1 / (1 + exp(-5 * log2(bytes / capacity)));
}

static void set_events(const char *kernel, const char *backend, double bytes,
	const struct options *options, double values[QUANTITIES])
{
	const bool pages = strcmp(kernel, "page-chase") == 0;
	const bool small = strcmp(backend, "small") == 0;
	const double lines = pages ? bytes / 64 : bytes;
	const double f1 = beyond(lines, 34e3), f2 = f1 * beyond(lines, 400e3);
	const double f3 = f2 * beyond(lines, 6e6);
	const double misses = bytes > 256e3 ? 1 - 256e3 / bytes : 0;
	const double walks = bytes > 8e6 ? 1 - 8e6 / bytes : 0;
	const double fills = walks * (small ? 2 : 0.85);
	const double l3 = beyond(bytes / (small ? 64 : 400), 400e3);
	const double dram = options->walker_dram ? 0.5 * l3 * beyond(bytes / 64, 3e6) : 0;

	values[QUANTITY_FROM_L2] = f1 - f2;
	values[QUANTITY_FROM_L3] = f2 - f3;
	values[QUANTITY_FROM_DRAM] = f3;
	values[QUANTITY_DTLB_L1_MISSES] = misses;
	values[QUANTITY_DTLB_L2_HITS] = misses - walks;
	values[QUANTITY_PAGE_WALKS] = walks;
	if (options->by_page) {
		values[QUANTITY_WALKS_4K] = small ? walks : 0;
		values[QUANTITY_WALKS_2M] = small ? 0 : walks;
	}
	values[QUANTITY_WALKER_FROM_L2] = fills * (1 - l3);
	values[QUANTITY_WALKER_FROM_L3] = fills * (l3 - dram);
	values[QUANTITY_WALKER_FROM_DRAM] = fills * dram;
}

static double true_cycles(const double values[QUANTITIES])
{
	bool known[QUANTITIES];
	struct cost_terms terms;
	double cycles = 0;

	for (int q = 0; q < QUANTITIES; q++)
		known[q] = true;
	cost_terms_init(&terms, known);
	for (int t = 0; t < COST_TERMS; t++)
		if (terms.counted[t])
			cycles += truth[t] * cost_term_value(&terms, t, values);
	return cycles;
}

static void forget(const struct options *options, double values[QUANTITIES])
{
	for (int q = QUANTITY_L1_MISSES; q < QUANTITIES; q++)
		if (options->no_events ||
			(options->no_walker && q >= QUANTITY_WALKER_FROM_L2 &&
				q <= QUANTITY_WALKER_FROM_DRAM) ||
			q == QUANTITY_L1_MISSES || q == QUANTITY_LLC_MISSES)
			values[q] = NAN;
}

static void make_round(const struct options *options, const struct series *series,
	double bytes, double shift, struct random *random, double values[QUANTITIES])
{
	for (int q = 0; q < QUANTITIES; q++)
		values[q] = NAN;
	set_events(series->kernel, series->backend, bytes, options, values);
	values[QUANTITY_CYCLES] =
		true_cycles(values) * shift * (1 + options->noise * normal(random));
	if (strcmp(series->kernel, "strided") == 0)
		values[QUANTITY_CYCLES] /= 10;
	values[QUANTITY_NS] = values[QUANTITY_CYCLES] / options->ghz;
	for (int q = QUANTITY_FROM_L2; q < QUANTITIES; q++)
		values[q] *= 1 + options->count_noise * normal(random);
	forget(options, values);
}

static void make_series(struct synthetic *s, const struct options *options,
	const char *kernel, const char *backend)
{
	const size_t index = s->staircase.count++;
	struct series *series = &s->series[index];

	*series = (struct series){.kernel = kernel,
		.backend = backend,
		.stride = 64,
		.node = -1,
		.baseline = strcmp(backend, options->backends[0]) == 0,
		.stairs = s->stairs[index],
		.count = SIZES,
		.windows = 1};
	for (size_t i = 0; i < SIZES; i++) {
		struct stair *stair = &series->stairs[i];

		*stair = (struct stair){
			.bytes = (uint64_t)llround(8192 * exp2((double)i / 2)),
			.rounds = s->rounds[index][i],
			.rounds_count = options->rounds,
			.windows = options->rounds};
		for (unsigned r = 0; r < options->rounds; r++) {
			struct random random, of_round;

			random_init(&of_round, random_derive(options->seed, r));
			random_init(
				&random, random_derive(options->seed + 1,
						 (index * SIZES + i) * ROUNDS_MOST + r));
			stair->rounds[r].number = r;
			make_round(options, series, (double)stair->bytes,
				1 + options->round_noise * normal(&of_round), &random,
				stair->rounds[r].values);
		}
		for (int q = 0; q < QUANTITIES; q++) {
			double sample[ROUNDS_MOST];
			size_t count = 0;

			for (unsigned r = 0; r < options->rounds; r++)
				if (!isnan(stair->rounds[r].values[q]))
					sample[count++] = stair->rounds[r].values[q];
			stair->estimates[q] = estimate_spread(sample, count);
			if (count > 0)
				s->staircase.known[q] = true;
		}
	}
}

static struct synthetic *make(const struct options *options)
{
	struct synthetic *s = calloc(1, sizeof(*s));

	assert_non_null(s);
	s->staircase.series = s->series;
	for (int k = 0; options->kernels[k]; k++)
		for (int b = 0; options->backends[b]; b++)
			make_series(
				s, options, options->kernels[k], options->backends[b]);
	return s;
}

static void fit(const struct options *options, struct costs *costs)
{
	struct synthetic *s = make(options);

	assert_int_equal(costs_fit(costs, &s->staircase), 0);
	for (size_t i = 0; i < costs->series_count; i++)
		costs->series[i].kernel = costs->series[i].backend = "";
	free(s);
}

static void near(const struct costs *costs, enum cost_term term, double tolerance)
{
	double cost = costs->fit.cycles[term];

	assert_int_equal(costs->fit.states[term], COST_FITTED);
	if (!(fabs(cost / truth[term] - 1) <= tolerance))
		fail_msg("%s costs %g, not %g", costs->fit.terms.names[term], cost,
			truth[term]);
}

static void exact_without_noise(void **state)
{
	struct options options = usual;
	struct costs costs;

	(void)state;
	options.noise = options.count_noise = 0;
	options.walker_dram = true;
	fit(&options, &costs);
	assert_int_equal(costs.obstacle, COSTS_POSSIBLE);
	for (int t = 0; t < COST_TERMS; t++) {
		if (t == COST_WALK_HUGE)
			continue;
		near(&costs, t, 1e-5);
		assert_true(fabs(costs.high[t] - costs.low[t]) < 1e-3 * truth[t]);
		assert_true(fabs(costs.ns[t] * 2.7 / truth[t] - 1) < 1e-5);
	}
	assert_true(costs.in_sample.worst < 1e-6);
	assert_true(costs.r_squared > 0.999999);
}

static void within_noise(void **state)
{
	struct costs costs;

	(void)state;
	fit(&usual, &costs);
	assert_int_equal(costs.rows, 2 * 3 * SIZES * 6);
	assert_int_equal(costs.rounds, 6);
	assert_int_equal(costs.fit.states[COST_WALKER_DRAM], COST_ABSENT);
	for (int t = 0; t < COST_WALKER_DRAM; t++) {
		if (t == COST_WALK_HUGE)
			continue;
		near(&costs, t, 0.1);
		assert_true(costs.low[t] <= costs.fit.cycles[t]);
		assert_true(costs.high[t] >= costs.fit.cycles[t]);
		assert_false(costs_vague(&costs, t));
	}
	near(&costs, COST_BASE, 0.002);
	near(&costs, COST_DRAM, 0.01);
	/* Held out, no worse than its noise. */
	assert_int_equal(costs.backends_count, 3);
	assert_int_equal(costs.kernels_count, 2);
	assert_int_equal(costs.without_backend.rows, costs.rows);
	assert_true(costs.without_backend.median <= 0.01);
	assert_true(costs.without_backend.p90 <= 0.05);
	assert_true(costs.in_sample.median <= 0.005);
	assert_int_equal(costs.series_count, 6);
}

static void intervals_cover(void **state)
{
	struct options options = usual;
	size_t covered = 0, all = 0;

	(void)state;
	options.round_noise = 0.01;
	for (unsigned i = 0; i < 100; i++) {
		struct costs costs;

		options.seed = 100 + i;
		fit(&options, &costs);
		for (int t = 0; t < COST_WALKER_DRAM; t++) {
			if (t == COST_WALK_HUGE)
				continue;
			covered += costs.low[t] <= truth[t] && truth[t] <= costs.high[t];
			all++;
		}
	}
	if (covered < 0.91 * (double)all || covered > 0.995 * (double)all)
		fail_msg("%zu of %zu", covered, all);
}

static void what_is_not_counted(void **state)
{
	struct options options = usual;
	struct costs costs;

	(void)state;
	options.no_walker = true;
	fit(&options, &costs);
	assert_int_equal(costs.fit.states[COST_WALKER_L2], COST_UNCOUNTED);
	assert_int_equal(costs.fit.states[COST_WALKER_L3], COST_UNCOUNTED);
	assert_string_equal(costs.fit.terms.names[COST_WALK], "page walk and its fills");
	/* The walk's cost has to hold what it fetches. */
	assert_true(costs.fit.cycles[COST_WALK] > truth[COST_WALK] + 5);
	near(&costs, COST_L3, 0.15);

	options.no_events = true;
	fit(&options, &costs);
	assert_int_equal(costs.obstacle, COSTS_NO_EVENTS);
	assert_non_null(costs_obstacle_text(costs.obstacle));
}

/* Where the walker's fills are not counted, walks of huge pages still have a cost of
 * their own, and explain what huge pages save. */
static void walks_by_page_size(void **state)
{
	struct options options = usual;
	struct explanation e;
	struct synthetic *s;

	(void)state;
	options.by_page = true;
	s = make(&options);
	assert_int_equal(explanation_init(&e, &s->staircase, &s->series[0], NULL, 0), 0);
	assert_int_equal(e.costs.fit.states[COST_WALK_HUGE], COST_UNCOUNTED);
	free(s);
	options.no_walker = true;
	s = make(&options);
	assert_int_equal(explanation_init(&e, &s->staircase, &s->series[0], NULL, 0), 0);
	assert_int_equal(e.costs.fit.states[COST_WALK_HUGE], COST_FITTED);
	assert_true(e.costs.fit.cycles[COST_WALK] > e.costs.fit.cycles[COST_WALK_HUGE]);
	assert_true(attribution_share(&e.backends[0]) >= 0.8);
	free(s);
}

static void independent_reads_are_left_out(void **state)
{
	struct options options = usual;
	struct costs with, without;

	(void)state;
	options.kernels[2] = NULL;
	fit(&options, &without);
	options.kernels[2] = "strided";
	options.backends[2] = NULL;
	fit(&options, &with);
	assert_int_equal(with.rows, without.rows / 3 * 2);
	near(&with, COST_DRAM, 0.01);
	options.kernels[0] = "strided";
	options.kernels[1] = NULL;
	fit(&options, &with);
	assert_int_equal(with.obstacle, COSTS_NO_LATENCY);
}

static void what_always_comes_together(void **state)
{
	struct options options = usual;
	struct costs costs;
	struct synthetic *s;

	(void)state;
	options.kernels[1] = NULL;
	s = make(&options);
	/* Two fills from L2 for each walk, everywhere. */
	for (size_t i = 0; i < s->staircase.count; i++)
		for (size_t k = 0; k < SIZES; k++)
			for (unsigned r = 0; r < options.rounds; r++) {
				double *v = s->rounds[i][k][r].values;
				double walks = v[QUANTITY_PAGE_WALKS];

				v[QUANTITY_CYCLES] +=
					truth[COST_WALKER_L2] *
						(2 * walks - v[QUANTITY_WALKER_FROM_L2]) -
					truth[COST_WALKER_L3] *
						v[QUANTITY_WALKER_FROM_L3];
				v[QUANTITY_WALKER_FROM_L2] = 2 * walks;
				v[QUANTITY_WALKER_FROM_L3] = 0;
			}
	assert_int_equal(costs_fit(&costs, &s->staircase), 0);
	assert_int_equal(costs.fit.states[COST_WALKER_L2], COST_ENTANGLED);
	assert_int_equal(costs.fit.with[COST_WALKER_L2], COST_WALK);
	assert_int_equal(costs.fit.states[COST_WALKER_L3], COST_ABSENT);
	assert_true(fabs(costs.fit.cycles[COST_WALK] /
				    (truth[COST_WALK] + 2 * truth[COST_WALKER_L2]) -
			    1) < 0.1);
	assert_true(costs.fit.cycles[COST_WALKER_L2] == 0);
	free(s);
}

static void held_out_terms_are_named(void **state)
{
	struct options options = usual;
	struct costs costs;

	(void)state;
	options.walker_dram = true;
	options.backends[1] = NULL;
	fit(&options, &costs);
	assert_int_equal(costs.backends_count, 0);
	assert_int_equal(costs.kernels_count, 2);
	options.rounds = 1;
	fit(&options, &costs);
	assert_true(isnan(costs.low[COST_L2]));
	assert_int_equal(costs.fit.states[COST_L2], COST_FITTED);
}

static void judged_on_another_session(void **state)
{
	struct options options = usual;
	struct cost_errors errors;
	struct costs costs;
	struct synthetic *other;

	(void)state;
	fit(&options, &costs);
	options.seed = 77;
	options.ghz = 2.4;
	other = make(&options);
	assert_int_equal(costs_judge(&costs.fit, &other->staircase, &errors), 0);
	assert_int_equal(errors.rows, costs.rows);
	assert_true(errors.median <= 0.03);
	assert_true(errors.p90 <= 0.08);
	free(other);
	options.no_walker = true;
	other = make(&options);
	assert_int_equal(costs_judge(&costs.fit, &other->staircase, &errors), 0);
	assert_int_equal(errors.rows, 0);
	free(other);
}

/* One that tells walks of huge pages apart is judged by walks of all pages, where the fit
 * knows no others. */
static void judged_by_the_terms_of_the_fit(void **state)
{
	struct options options = usual;
	struct cost_errors together, apart;
	struct costs costs;
	struct synthetic *other;

	(void)state;
	options.no_walker = true;
	fit(&options, &costs);
	options.seed = 77;
	other = make(&options);
	assert_int_equal(costs_judge(&costs.fit, &other->staircase, &together), 0);
	free(other);
	options.by_page = true;
	other = make(&options);
	assert_int_equal(costs_judge(&costs.fit, &other->staircase, &apart), 0);
	free(other);
	assert_int_equal(apart.rows, costs.rows);
	assert_true(fabs(apart.median - together.median) < 1e-12);
	assert_true(fabs(apart.p90 - together.p90) < 1e-12);
}

/* Parts of a difference add up to it, and name what makes it. */
static void adds_up(const struct attribution *a)
{
	double sum = a->unexplained;

	for (int t = 0; t < COST_TERMS; t++)
		sum += a->terms[t];
	assert_true(fabs(sum - (a->to_cycles - a->from_cycles)) < 1e-9);
}

static void steps_are_attributed(void **state)
{
	static const struct level levels[] = {
		{.name = "L1", .first_bytes = 8192, .last_bytes = 16384, .sizes = 1},
		{.name = "L2", .first_bytes = 65536, .last_bytes = 185364, .sizes = 1},
		{.name = "L3", .first_bytes = 1 << 20, .last_bytes = 3 << 20, .sizes = 1},
		{.name = "DRAM",
			.first_bytes = 32 << 20,
			.last_bytes = 512 << 20,
			.sizes = 1},
	};
	static const enum cost_term most[] = {COST_L2, COST_L3, COST_DRAM};
	struct synthetic *s = make(&usual);
	struct explanation e;

	(void)state;
	assert_int_equal(
		explanation_init(&e, &s->staircase, &s->series[0], levels, 4), 0);
	assert_int_equal(e.steps_count, 3);
	for (size_t i = 0; i < 3; i++) {
		adds_up(&e.steps[i]);
		assert_true(attribution_share(&e.steps[i]) >= 0.95);
		for (int t = 0; t < COST_TERMS; t++)
			assert_true(e.steps[i].terms[t] <= e.steps[i].terms[most[i]]);
	}
	assert_int_equal(e.tlb_steps_count, 2);
	for (size_t i = 0; i < 2; i++) {
		adds_up(&e.tlb_steps[i]);
		assert_true(attribution_share(&e.tlb_steps[i]) >= 0.95);
	}
	assert_string_equal(e.tlb_steps[1].to, "page walks");
	assert_int_equal(e.backends_count, 2);
	assert_int_equal(e.backends_bytes, s->stairs[0][SIZES - 1].bytes);
	for (size_t i = 0; i < 2; i++) {
		adds_up(&e.backends[i]);
		assert_true(e.backends[i].terms[COST_WALKER_L3] < -20);
		assert_true(attribution_share(&e.backends[i]) >= 0.8);
	}
	free(s);
}

static void prints_all_states(void **state)
{
	struct synthetic *s;
	struct options options = usual;
	struct explanation e;
	struct text text;

	(void)state;
	options.no_walker = true;
	s = make(&options);
	text_init(&text);
	assert_int_equal(explanation_init(&e, &s->staircase, NULL, NULL, 0), 0);
	assert_int_equal(explanation_print(&e, "one", &text), 0);
	assert_non_null(strstr(text.bytes, "· one\n"));
	assert_non_null(strstr(text.bytes, "fill from DRAM"));
	assert_non_null(strstr(text.bytes, "not counted"));
	assert_null(strstr(text.bytes, "nan"));
	text_clear(&text);
	assert_int_equal(explanation_print_json(&e, &text), 0);
	assert_non_null(strstr(text.bytes, "\"without_backend_all\""));
	text_clear(&text);
	assert_int_equal(explanation_print_sizes_csv(&e, &text), 0);
	assert_non_null(strstr(text.bytes, "\npage-chase,thp,64,"));
	text_release(&text);
	free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(exact_without_noise),
		cmocka_unit_test(within_noise),
		cmocka_unit_test(intervals_cover),
		cmocka_unit_test(what_is_not_counted),
		cmocka_unit_test(walks_by_page_size),
		cmocka_unit_test(independent_reads_are_left_out),
		cmocka_unit_test(what_always_comes_together),
		cmocka_unit_test(held_out_terms_are_named),
		cmocka_unit_test(judged_on_another_session),
		cmocka_unit_test(judged_by_the_terms_of_the_fit),
		cmocka_unit_test(steps_are_attributed),
		cmocka_unit_test(prints_all_states),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
