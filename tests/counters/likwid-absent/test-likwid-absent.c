/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Built without liblikwid: the same calls, which say so. */
#include "counters/counters.h"
#include "counters/likwid.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void assert_says_so(struct complaint *complaint)
{
	assert_string_equal(complaint->what, "liblikwid cannot be used");
	assert_string_equal(complaint->why, "this Escalier was built without it");
	assert_true(complaint->advice[0] != '\0');
	*complaint = (struct complaint){.what = ""};
}

static void test_backend(void **state)
{
	static const struct group group = {.name = "g"};
	struct complaint complaint = {.what = ""};
	struct counters *counters;

	(void)state;
	assert_ptr_equal(counters_find("likwid", &complaint), &counters_likwid);
	assert_int_equal(counters_likwid.probe(&complaint), -EOPNOTSUPP);
	assert_says_so(&complaint);
	assert_int_equal(counters_likwid.open(&counters, &group, NULL, NULL, &complaint),
		-EOPNOTSUPP);
	assert_says_so(&complaint);
}

static void test_functions(void **state)
{
	struct complaint complaint = {.what = ""};
	char usable[GROUP_EVENTS + 1];
	struct likwid_trial trial;
	struct group group = {.name = "g"};

	(void)state;
	likwid_trial_program("/proc/self/exe", LIKWID_TRIAL_SECONDS);
	assert_int_equal(likwid_trial_run(0, "", &trial, &complaint), -EOPNOTSUPP);
	assert_says_so(&complaint);
	assert_int_equal(likwid_attempt(0, "", usable, &complaint), -EOPNOTSUPP);
	assert_says_so(&complaint);
	assert_int_equal(
		likwid_read_group(&group, "x.txt", "", 0, &complaint), -EOPNOTSUPP);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_backend),
		cmocka_unit_test(test_functions),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
