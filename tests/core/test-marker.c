/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Regions: their names, and where in a window they begin and end. */
#include "core/marker.h"
#include "core/window.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void test_names(void **state)
{
	static const struct {
		struct point point;
		const char *region;
	} named[] = {
		{{"chase", "small", "none", 65536, 64, 0, -1}, "chase_64K_small"},
		{{"chase", "hugetlb-2m", "cache", 1536, 64, 3, -1},
			"chase_1.5K_hugetlb_2m"},
		{{"strided", "thp", "tlb", 1 << 20, 128, 0, 1},
			"strided_1M_stride128_thp_node1"},
		{{"page-chase", "small", "tlb", 1 << 30, 4096, 0, 0},
			"page_chase_1G_small_node0"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(named) / sizeof(named[0]); i++) {
		char region[MARKER_REGION];

		assert_string_equal(
			marker_region(region, &named[i].point), named[i].region);
	}
}

/* What a window does, a letter each: [ ] the region, r counters, t a clock, k the kernel.
 */
static char order[64];
static int start_error;

static void note(char letter)
{
	size_t length = strlen(order);

	assert_true(length + 1 < sizeof(order));
	order[length] = letter;
}

static uint64_t note_time(void)
{
	static uint64_t now;

	note('t');
	return now += 1000;
}

static double fixed_ghz(void)
{
	return 2;
}

static uint64_t no_switches(void)
{
	return 0;
}

static int note_read(struct counters *counters, struct counter_value *values)
{
	(void)counters;
	(void)values;
	note('r');
	return 0;
}

static void note_run(struct kernel_state *state, uint64_t reads)
{
	(void)state;
	(void)reads;
	note('k');
}

static int note_start(const char *region)
{
	assert_string_equal(region, "here");
	note('[');
	return start_error;
}

static int note_stop(const char *region)
{
	assert_string_equal(region, "here");
	note(']');
	return 0;
}

static const struct clocks clocks = {.wall_ns = note_time,
	.cpu_ns = note_time,
	.core_ghz = fixed_ghz,
	.involuntary_switches = no_switches};
static const struct counter_backend backend = {.read = note_read};
static const struct marker marker = {.start = note_start, .stop = note_stop};
static const struct kernel kernel = {.run = note_run};

static int measure(const struct marker *used)
{
	int any;
	struct window_meter meter = {.clocks = &clocks,
		.backend = &backend,
		.counters = (struct counters *)&any,
		.events_count = 1,
		.marker = used,
		.region = "here"};
	struct kernel_state state = {.base = NULL};
	struct measurement measurement = {0};

	memset(order, 0, sizeof(order));
	return window_measure(&meter, &kernel, &state, 64, &measurement);
}

static void test_order(void **state)
{
	(void)state;
	assert_int_equal(measure(&marker), 0);
	assert_string_equal(order, "[rttkttr]");
	assert_int_equal(measure(NULL), 0);
	assert_string_equal(order, "rttkttr");
	start_error = -EIO;
	assert_int_equal(measure(&marker), -EIO);
	assert_string_equal(order, "[");
	start_error = 0;
}

static void test_off(void **state)
{
	const struct marker *opened = NULL;
	struct complaint complaint = {.what = ""};

	(void)state;
	unsetenv("LIKWID_FILEPATH");
	assert_int_equal(marker_open(&opened, &complaint), MARKER_OFF);
	assert_null(opened);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_off),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
