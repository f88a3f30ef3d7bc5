/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the system's clocks promise; how fast they go is nothing that a test can know. */
#include "base/clock.h"

#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void clocks_never_go_back(void **state)
{
	uint64_t wall = clocks_system.wall_ns();
	uint64_t cpu = clocks_system.cpu_ns();
	uint64_t switches = clocks_system.involuntary_switches();

	(void)state;
	for (unsigned i = 0; i < 10000; i++) {
		uint64_t wall_now = clocks_system.wall_ns();
		uint64_t cpu_now = clocks_system.cpu_ns();
		uint64_t switches_now = clocks_system.involuntary_switches();

		assert_true(wall_now >= wall);
		assert_true(cpu_now >= cpu);
		assert_true(switches_now >= switches);
		wall = wall_now;
		cpu = cpu_now;
		switches = switches_now;
	}
	assert_true(wall > 0);
	assert_true(cpu > 0);
}

/* One addition a cycle: no core's clock is above 10 GHz, however slow this run is. */
static void a_core_has_a_clock(void **state)
{
	double ghz = clocks_system.core_ghz();

	(void)state;
	assert_true(ghz > 0);
	assert_true(ghz < 10);
}

static void sleeping_takes_at_least_its_time(void **state)
{
	uint64_t start = clocks_system.wall_ns();

	(void)state;
	clock_sleep_ns(2000000);
	/* The two clocks' rates may differ by the 500 ppm that NTP allows. */
	assert_true(clocks_system.wall_ns() - start >= 1990000);
}

static void a_stamp_sorts_and_names_files(void **state)
{
	static const char form[] = "dddd-dd-ddTdd-dd-ddZ";
	char first[CLOCK_STAMP];
	char second[CLOCK_STAMP];

	(void)state;
	assert_ptr_equal(clock_stamp(first), first);
	assert_int_equal(strlen(first), strlen(form));
	for (size_t i = 0; form[i]; i++) {
		if (form[i] == 'd')
			assert_true(isdigit((unsigned char)first[i]));
		else
			assert_int_equal(first[i], form[i]);
	}
	(void)clock_stamp(second);
	assert_true(strcmp(first, second) <= 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(clocks_never_go_back),
		cmocka_unit_test(a_core_has_a_clock),
		cmocka_unit_test(sleeping_takes_at_least_its_time),
		cmocka_unit_test(a_stamp_sorts_and_names_files),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
