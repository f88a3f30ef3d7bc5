/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/cpus.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void members_are_added_counted_and_found(void **state)
{
	struct cpus cpus = {{0}};

	(void)state;
	assert_int_equal(cpus_first(&cpus), -1);
	cpus_add(&cpus, CPUS_MAX - 1);
	cpus_add(&cpus, 64);
	cpus_add(&cpus, 64);
	cpus_add(&cpus, CPUS_MAX);
	assert_int_equal(cpus_count(&cpus), 2);
	assert_int_equal(cpus_first(&cpus), 64);
	assert_true(cpus_has(&cpus, CPUS_MAX - 1));
	assert_false(cpus_has(&cpus, 63));
	assert_false(cpus_has(&cpus, CPUS_MAX));
}

static void lists_come_back_as_they_were(void **state)
{
	static const struct {
		const char *text, *normal;
		unsigned count;
	} cases[] = {
		{"0", "0", 1},
		{"0-3,8", "0-3,8", 5},
		{"8,0-3", "0-3,8", 5},
		{"1,2,3", "1-3", 3},
		{"5-5", "5", 1},
		{"60-70", "60-70", 11},
		{"0-4095", "0-4095", 4096},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct cpus cpus;
		struct cpus again;
		char text[64];

		assert_int_equal(cpus_parse(cases[i].text, &cpus), 0);
		assert_int_equal(cpus_count(&cpus), cases[i].count);
		assert_string_equal(
			cpus_format(text, sizeof(text), &cpus), cases[i].normal);
		assert_int_equal(cpus_parse(text, &again), 0);
		assert_true(cpus_equal(&cpus, &again));
	}
}

static void malformed_lists_are_refused(void **state)
{
	static const struct {
		const char *text;
		int error;
	} cases[] = {
		{"", -EINVAL},
		{",", -EINVAL},
		{"1,", -EINVAL},
		{",1", -EINVAL},
		{"1-", -EINVAL},
		{"-1", -EINVAL},
		{"3-1", -EINVAL},
		{"1-2-3", -EINVAL},
		{"1 2", -EINVAL},
		{"a", -EINVAL},
		{"1,2\n", -EINVAL},
		{"4096", -ERANGE},
		{"0-4096", -ERANGE},
		{"99999999999999999999", -ERANGE},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct cpus cpus = {{0}};

		cpus_add(&cpus, 9);
		assert_int_equal(cpus_parse(cases[i].text, &cpus), cases[i].error);
		assert_int_equal(cpus_count(&cpus), 1);
		assert_true(cpus_has(&cpus, 9));
	}
}

/* At every size: what fits is a beginning of the whole list, and a cut is marked. */
static void a_long_list_is_cut(void **state)
{
	static const char whole[] = "0,2,4,6,8,10,12,14-20";
	struct cpus cpus;

	(void)state;
	assert_int_equal(cpus_parse(whole, &cpus), 0);
	for (size_t size = 5; size < sizeof(whole) + 3; size++) {
		char text[64];
		size_t kept;

		memset(text, '#', sizeof(text));
		cpus_format(text, size, &cpus);
		assert_true(strlen(text) < size);
		assert_int_equal(text[size], '#');
		kept = strcspn(text, ".");
		assert_memory_equal(text, whole, kept);
		if (kept < strlen(whole))
			assert_string_equal(text + kept, "...");
	}
}

static void a_thread_is_pinned_and_released(void **state)
{
	struct cpus before;
	struct cpus now;
	unsigned cpu;

	(void)state;
	assert_int_equal(cpus_allowed(&before), 0);
	assert_true(cpus_count(&before) > 0);
	cpu = (unsigned)cpus_first(&before);
	assert_int_equal(cpus_pin(cpu), 0);
	assert_int_equal(cpus_allowed(&now), 0);
	assert_int_equal(cpus_count(&now), 1);
	assert_true(cpus_has(&now, cpu));
	assert_int_equal(cpus_unpin(&before), 0);
	assert_int_equal(cpus_allowed(&now), 0);
	assert_true(cpus_equal(&before, &now));
}

static void a_cpu_that_is_not_there_cannot_be_had(void **state)
{
	struct cpus before;
	struct cpus now;

	(void)state;
	assert_int_equal(cpus_allowed(&before), 0);
	assert_int_equal(cpus_pin(CPUS_MAX), -EINVAL);
	assert_int_equal(cpus_pin(CPUS_MAX - 1), -EINVAL);
	assert_int_equal(cpus_allowed(&now), 0);
	assert_true(cpus_equal(&before, &now));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(members_are_added_counted_and_found),
		cmocka_unit_test(lists_come_back_as_they_were),
		cmocka_unit_test(malformed_lists_are_refused),
		cmocka_unit_test(a_long_list_is_cut),
		cmocka_unit_test(a_thread_is_pinned_and_released),
		cmocka_unit_test(a_cpu_that_is_not_there_cannot_be_had),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
