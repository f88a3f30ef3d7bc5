/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/check/judge.h"

#include "core/check/judge-events.h"
#include "core/check/variables.h"
#include "core/statistics.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Beyond the range by this much, relatively, before anything is called wrong: interrupts
 * add instructions of their own to what a program executes. */
#define SLACK 0.005

/* What neighbours move up of what must happen: hardly anything, a read is served once. */
#define EXPOSURE_UP 0.1

/* What they add to what must not happen where memory is read: a neighbour on the same
 * core has been seen to take a fifth of L1. */
#define EXPOSURE_ADDED 0.3

/* A counter may count more than there is, but hardly more than this many times. */
#define SHARE_MOST 4

static const struct check_series *find_series(
	const struct judging *judging, const char *kernel)
{
	for (size_t i = 0; i < judging->series_count; i++)
		if (strcmp(judging->series[i].kernel->name, kernel) == 0)
			return &judging->series[i];
	return NULL;
}

/* Values of an event in an order that has lost its counter are none. */
static void set_window(const struct judging *judging, const struct check_series *series,
	const struct check_window *window, struct check_variables *variables)
{
	check_variables_set(variables, judging->judged->group, series, window);
	for (size_t e = 0; e < judging->judged->group->events_count; e++)
		if (judging->lost[window->order][e])
			variables->list[e].value = NAN;
}

static double value_of(const struct check_variables *variables,
	const struct check_test *test, const struct identity *identity)
{
	return identity ? check_difference(variables, identity)
			: check_evaluate(variables, test->formula);
}

/* The values over the clean windows, or over all where there are too few of those or the
 * kernel leaves the CPU by itself; and the means of all variables over the same. */
static size_t collect(const struct judging *judging, const struct check_series *series,
	const struct check_test *test, const struct identity *identity,
	double values[CHECK_ORDERS * CHECK_WINDOWS], struct check_variables *means)
{
	size_t count = 0;

	for (int any = series->kernel->off_cpu; any < 2 && count < WINDOWS_LEAST; any++) {
		count = 0;
		for (size_t w = 0; w < series->count; w++) {
			struct check_variables variables;
			double value;

			if (!series->windows[w].clean && !any)
				continue;
			set_window(judging, series, &series->windows[w], &variables);
			value = value_of(&variables, test, identity);
			if (!isfinite(value))
				continue;
			values[count++] = value;
			if (count == 1)
				*means = variables;
			else
				for (size_t v = 0; v < variables.count; v++)
					means->list[v].value += variables.list[v].value;
		}
	}
	for (size_t v = 0; v < means->count && count > 0; v++)
		means->list[v].value /= (double)count;
	return count;
}

static bool in_range(const struct check_test *test, double value)
{
	return value >= test->low && value <= test->high;
}

static double value_with(const struct check_test *test, const struct identity *identity,
	const struct check_variables *means, size_t event, double count)
{
	struct check_variables changed = *means;

	changed.list[event].value = count;
	return value_of(&changed, test, identity);
}

/* What the test would say if a counter were dead, and whether another count of its event
 * would bring it into the range. */
static void try_counts(const struct judging *judging, struct check_test *test,
	const struct identity *identity, const struct check_variables *means)
{
	const size_t events_count = judging->judged->group->events_count;
	const double reads = means->list[events_count].value; /* the first behind them */

	for (size_t e = 0; e < events_count; e++) {
		double counted = means->list[e].value;
		double none, much;

		if (!test->uses[e])
			continue;
		none = value_with(test, identity, means, e, 0);
		/* One that shows nothing may stand for any number. */
		much = value_with(test, identity, means, e,
			SHARE_MOST * (counted > 0 ? counted : reads));
		test->sensitive[e] = !in_range(test, none);
		test->explains[e] =
			fmin(none, much) <= test->high && fmax(none, much) >= test->low;
	}
}

/* A formula that must come out the same whichever cache level serves: it sums all
 * sources, and no neighbour changes that. */
static bool any_level(const struct judging *judging, const struct check_test *test)
{
	size_t levels = 0;

	for (size_t i = 0; i < judging->expectations_count; i++) {
		const struct expectation *other = &judging->expectations[i];

		levels += strcmp(other->formula, test->formula) == 0 && other->low > 0 &&
			  strncmp(other->kernel, "chase-", 6) == 0;
	}
	return levels > 1;
}

static enum test_outcome decide(const struct check_series *series,
	const struct check_test *test, double *values, size_t count)
{
	double exposure = series->kernel->exposure;
	double up = fmin(exposure, EXPOSURE_UP);
	double down = test->firm ? up : exposure;

	if (test->low <= 0 && exposure > 0) {
		up = fmax(exposure, EXPOSURE_ADDED);
		down = 0;
	}
	if (test->identity)
		up = down = 0;
	if (in_range(test, test->counted))
		return TEST_HOLDS;
	up += SLACK * fmax(1, fabs(test->high));
	down += SLACK * fmax(1, fabs(test->low));
	/* Three quarters of the windows agree that it is beyond. */
	if (statistics_quantile(values, count, 0.25) > test->high + up ||
		statistics_quantile(values, count, 0.75) < test->low - down)
		return TEST_FAILS;
	return TEST_UNDECIDED;
}

/* "PMC1/READS" is of READS units. */
static double units_of(const struct check_test *test, const struct check_variables *means)
{
	const char *slash = strrchr(test->formula, '/');

	for (size_t v = 0; v < means->count && slash; v++)
		if (strcmp(means->list[v].name, slash + 1) == 0)
			return means->list[v].value;
	return NAN;
}

static void run_test(const struct judging *judging, struct check_test *test,
	const struct identity *identity, const struct check_series *series)
{
	double values[CHECK_ORDERS * CHECK_WINDOWS];
	struct check_variables means = {.count = 0};

	test->counted = test->p10 = test->p90 = test->units = NAN;
	test->outcome = TEST_NOT_RUN;
	if (!series)
		return;
	test->windows = collect(judging, series, test, identity, values, &means);
	if (test->windows == 0)
		return;
	statistics_sort(values, test->windows);
	test->counted = statistics_quantile(values, test->windows, 0.5);
	test->p10 = statistics_quantile(values, test->windows, 0.1);
	test->p90 = statistics_quantile(values, test->windows, 0.9);
	if (test->windows < WINDOWS_LEAST) {
		test->outcome = TEST_UNDECIDED;
		return;
	}
	test->units = units_of(test, &means);
	try_counts(judging, test, identity, &means);
	test->firm = series->kernel->exposure <= EXPOSURE_UP || any_level(judging, test);
	test->outcome = decide(series, test, values, test->windows);
}

static struct check_test *add_test(struct judged_group *judged, const char *kernel)
{
	struct check_test *test = &judged->tests[judged->tests_count++];

	*test = (struct check_test){.low = 0};
	(void)snprintf(test->kernel, sizeof(test->kernel), "%s", kernel);
	return test;
}

static void run_expectations(const struct judging *judging)
{
	for (size_t i = 0; i < judging->expectations_count; i++) {
		const struct expectation *expectation = &judging->expectations[i];
		struct check_test *test = add_test(judging->judged, expectation->kernel);

		(void)snprintf(
			test->formula, sizeof(test->formula), "%s", expectation->formula);
		test->low = expectation->low;
		test->high = expectation->high;
		formula_uses(judging->judged->group, test->formula, test->uses);
		run_test(judging, test, NULL, find_series(judging, expectation->kernel));
	}
}

/* An identity says something where enough happened: over each kernel whose counts are not
 * nearly none. */
static bool says_something(const struct judging *judging,
	const struct check_series *series, const struct identity *identity)
{
	struct check_variables variables;
	double most = 0;

	for (size_t w = 0; w < series->count; w++) {
		set_window(judging, series, &series->windows[w], &variables);
		most = fmax(most, check_evaluate(&variables, identity->left));
		most = fmax(most, check_evaluate(&variables, identity->right));
	}
	return most >= 1000;
}

static void run_identities(const struct judging *judging)
{
	const struct group *group = judging->judged->group;

	for (size_t i = 0; i < group->identities_count; i++) {
		const struct identity *identity = &group->identities[i];

		for (size_t s = 0; s < judging->series_count; s++) {
			const struct check_series *series = &judging->series[s];
			struct check_test *test;
			bool right[GROUP_EVENTS];

			if (!says_something(judging, series, identity))
				continue;
			test = add_test(judging->judged, series->kernel->name);
			(void)snprintf(test->formula, sizeof(test->formula), "%s=%s",
				identity->left, identity->right);
			test->identity = true;
			test->high = identity->tolerance;
			test->low = -identity->tolerance;
			formula_uses(group, identity->left, test->uses);
			formula_uses(group, identity->right, right);
			for (size_t e = 0; e < group->events_count; e++)
				test->uses[e] = test->uses[e] || right[e];
			run_test(judging, test, identity, series);
		}
	}
}

void judge_group(struct judged_group *judged, const struct group *group,
	const struct counter_event_status *status, const struct check_series *series,
	size_t series_count)
{
	struct judging judging = {.judged = judged,
		.status = status,
		.series = series,
		.series_count = series_count};

	memset(judged, 0, sizeof(*judged));
	judged->group = group;
	judging.expectations_count = expectations_collect(group, judging.expectations);
	find_silent(&judging);
	run_expectations(&judging);
	run_identities(&judging);
	judge_events(&judging);
}
