/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/statistics.h"

#include "base/random.h"

#include "core/plan.h"
#include "core/tracker.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define NEAR(a, b) assert_true(fabs((a) - (b)) < 1e-9)

static void test_quantiles(void **state)
{
	double sample[] = {4, 1, 3, 2};

	(void)state;
	NEAR(statistics_median(sample, 4), 2.5);
	NEAR(sample[0], 1);
	NEAR(statistics_quantile(sample, 4, 0), 1);
	NEAR(statistics_quantile(sample, 4, 0.25), 1.75);
	NEAR(statistics_quantile(sample, 4, 1), 4);
	NEAR(statistics_quantile(sample, 1, 0.3), 1);
	assert_true(isnan(statistics_quantile(sample, 0, 0.5)));
}

/* Of every length, of few values and of many. */
static void test_quantiles_without_sorting(void **state)
{
	double sample[500], same[500];
	struct random random;

	(void)state;
	random_init(&random, 1);
	for (size_t count = 1; count <= 500; count++)
		for (uint64_t values = 2; values <= 2000; values *= 10) {
			for (size_t i = 0; i < count; i++)
				sample[i] = same[i] =
					(double)random_below(&random, values);
			assert_true(statistics_median(sample, count) ==
				    statistics_median_selected(same, count));
			for (double p = 0; p <= 1; p += 0.25)
				assert_true(statistics_quantile(sample, count, p) ==
					    statistics_quantile_selected(same, count, p));
		}
	assert_true(isnan(statistics_median_selected(sample, 0)));
}

/* Ranks and coverages from the binomial distribution with p = 1/2, as printed in tables
 * of the sign test (for n = 25: the 8th and the 18th value cover with 0.9567). */
static void test_median_interval(void **state)
{
	double sample[25];
	double low;
	double high;

	(void)state;
	for (size_t i = 0; i < 25; i++)
		sample[i] = (double)(i + 1);
	NEAR(statistics_median_interval(sample, 6, 0.95, &low, &high), 1 - 2.0 / 64);
	NEAR(low, 1);
	NEAR(high, 6);
	NEAR(statistics_median_interval(sample, 5, 0.95, &low, &high), 0);
	NEAR(low, 1);
	NEAR(high, 5);
	assert_true(fabs(statistics_median_interval(sample, 25, 0.95, &low, &high) -
			    0.9567) < 1e-4);
	NEAR(low, 8);
	NEAR(high, 18);
	assert_true(fabs(statistics_median_interval(sample, 9, 0.95, &low, &high) -
			    0.9609) < 1e-4);
	NEAR(low, 2);
	NEAR(high, 8);
	NEAR(statistics_median_interval(sample, 0, 0.95, &low, &high), 0);
	assert_true(isnan(low) && isnan(high));
}

static void test_monotone(void **state)
{
	double values[] = {1, 3, 2, 4, 3.5, 3, 5};
	double falling[] = {3, 2, 1};

	(void)state;
	assert_int_equal(statistics_make_monotone(values, 7), 0);
	NEAR(values[0], 1);
	NEAR(values[1], 2.5);
	NEAR(values[2], 2.5);
	NEAR(values[3], 3.5);
	NEAR(values[5], 3.5);
	NEAR(values[6], 5);
	assert_int_equal(statistics_make_monotone(falling, 3), 0);
	NEAR(falling[0], 2);
	NEAR(falling[2], 2);
	assert_int_equal(statistics_make_monotone(falling, 0), 0);
}

/* Two backends at each of two sizes, two groups each. */
static void test_tracker_stops_a_size_as_a_whole(void **state)
{
	struct point points[8];
	struct plan plan = {.points = points, .count = 8};
	struct tracker tracker;

	(void)state;
	for (size_t i = 0; i < 8; i++)
		points[i] = (struct point){.kernel = "chase",
			.backend = i / 2 % 2 ? "b" : "a",
			.group = i % 2 ? "g" : "h",
			.bytes = i / 4 ? 8192 : 4096};
	assert_int_equal(tracker_init(&tracker, &plan, 10), 0);
	assert_int_equal(tracker.layouts, 4);
	assert_int_equal(tracker.cells, 2);
	for (int round = 0; round < 6; round++) {
		tracker_add(&tracker, 0, 100);
		tracker_add(&tracker, 2, 100 + 10 * round);
		tracker_add(&tracker, 4, 100 + 0.1 * round);
	}
	/* The first size has one wide backend; the second one narrow and one without
	 * values. */
	assert_int_equal(tracker_update(&tracker, 0.02), 1);
	assert_false(tracker.cell_done[tracker.cell_of[0]]);
	assert_true(tracker.cell_done[tracker.cell_of[7]]);
	assert_int_equal(tracker_update(&tracker, 0.5), 0);
	tracker_release(&tracker);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_quantiles),
		cmocka_unit_test(test_quantiles_without_sorting),
		cmocka_unit_test(test_median_interval),
		cmocka_unit_test(test_monotone),
		cmocka_unit_test(test_tracker_stops_a_size_as_a_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
