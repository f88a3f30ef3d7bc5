/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/quantity.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static const char text[] = "SHORT Fills by source and their sum\n\n"
			   "EVENTSET\n"
			   "PMC0  L2\nPMC1  L3\nPMC2  DRAM\nPMC3  ALL\n\n"
			   "METRICS\n"
			   "Reads served by L2 PMC0/READS\n"
			   "Reads served by L3 PMC1/READS\n"
			   "Reads served by DRAM PMC2/READS\n"
			   "L1 misses per read PMC3/READS\n\n"
			   "IDENTITY\n"
			   "Fills by source PMC0+PMC1+PMC2=PMC3 ~ 0.01\n";

static struct group group;
static struct event_list events;
static struct reading reading;

static int set_up(void **state)
{
	struct complaint complaint = {.what = ""};

	(void)state;
	if (group_parse(&group, "fills", text, strlen(text), &complaint))
		return -1;
	for (size_t i = 0; i < group.events_count; i++)
		(void)event_list_add(&events, group.events[i].name);
	assert_int_equal(reading_init(&reading, &group, &events, NULL), 0);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	reading_release(&reading);
	group_release(&group);
	return 0;
}

/* A window of 100,000 reads. */
static struct reading_tally read_window(
	const uint64_t counts[4], double values[QUANTITIES])
{
	struct measurement measurement = {
		.reads = 100000, .wall_ns = 1000000, .cpu_ns = 1000000};

	for (size_t i = 0; i < 4; i++)
		measurement.values[i] = (struct counter_value){
			.count = counts[i], .enabled_ns = 1000, .running_ns = 1000};
	return reading_quantities(&reading, &measurement, values);
}

static void a_sum_that_holds_changes_nothing(void **state)
{
	double values[QUANTITIES];
	struct reading_tally tally =
		read_window((const uint64_t[]){50000, 30000, 0, 80300}, values);

	(void)state;
	assert_int_equal(tally.sums, 1);
	assert_int_equal(tally.sums_broken, 0);
	assert_true(values[QUANTITY_FROM_L2] == 0.5);
	assert_true(values[QUANTITY_FROM_DRAM] == 0);
}

static void a_counter_that_is_lost_has_no_value(void **state)
{
	double values[QUANTITIES];
	struct reading_tally tally =
		read_window((const uint64_t[]){50000, 0, 20000, 100000}, values);

	(void)state;
	assert_int_equal(tally.sums_broken, 1);
	assert_int_equal(tally.silent, 1);
	assert_true(isnan(values[QUANTITY_FROM_L3]));
	assert_true(values[QUANTITY_FROM_L2] == 0.5);
	assert_true(values[QUANTITY_L1_MISSES] == 1);
	/* The sum's own counter likewise. */
	tally = read_window((const uint64_t[]){50000, 30000, 20000, 0}, values);
	assert_int_equal(tally.silent, 1);
	assert_true(isnan(values[QUANTITY_L1_MISSES]));
	assert_true(values[QUANTITY_FROM_L3] == 0.3);
}

static void a_sum_that_is_off_is_told_alone(void **state)
{
	double values[QUANTITIES];
	struct reading_tally tally =
		read_window((const uint64_t[]){50000, 10000, 20000, 100000}, values);

	(void)state;
	assert_int_equal(tally.sums_broken, 1);
	assert_int_equal(tally.silent, 0);
	assert_true(values[QUANTITY_FROM_L3] == 0.1);
}

static void few_events_say_nothing(void **state)
{
	double values[QUANTITIES];
	struct reading_tally tally =
		read_window((const uint64_t[]){500, 0, 0, 900}, values);

	(void)state;
	assert_int_equal(tally.sums, 0);
	assert_true(values[QUANTITY_FROM_DRAM] == 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_sum_that_holds_changes_nothing),
		cmocka_unit_test(a_counter_that_is_lost_has_no_value),
		cmocka_unit_test(a_sum_that_is_off_is_told_alone),
		cmocka_unit_test(few_events_say_nothing),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
