/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "counters/counters.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static const struct group group = {
	.name = "test",
	.events = {{"PMC0", "perf::CYCLES"}, {"PMC1", "perf::INSTRUCTIONS"}},
	.events_count = 2,
};

static bool all_zero(const void *bytes, size_t size)
{
	const unsigned char *at = bytes;

	for (size_t i = 0; i < size; i++)
		if (at[i])
			return false;
	return true;
}

static void test_registry(void **state)
{
	struct complaint complaint;
	const struct counter_backend *backend;

	(void)state;
	assert_ptr_equal(counters_find("perf", &complaint), &counters_perf);
	assert_ptr_equal(counters_find("none", &complaint), &counters_none);
	assert_ptr_equal(counters_find("fake", &complaint), &counters_fake);
	assert_ptr_equal(counters_find("likwid", &complaint), &counters_likwid);
	assert_null(counters_find("likwit", &complaint));
	assert_string_equal(complaint.what, "there is no counter backend \"likwit\"");
	assert_string_equal(complaint.advice, "give one of: auto, perf, likwid, none");
	/* None always serves, so that auto finds one; fake is never among them. */
	backend = counters_find("auto", &complaint);
	assert_true(backend == &counters_perf || backend == &counters_none);
	assert_true((backend == &counters_none) == (complaint.what[0] != '\0'));
	for (size_t i = 0; counter_backends[i]; i++)
		assert_ptr_not_equal(counter_backends[i], &counters_fake);
}

static void test_none(void **state)
{
	struct counter_event_status status[2];
	struct counter_value values[2];
	struct complaint complaint = {.what = ""};
	struct counters *counters;

	(void)state;
	memset(status, 0xff, sizeof(status));
	memset(values, 0xff, sizeof(values));
	assert_int_equal(counters_none.probe(&complaint), 0);
	assert_int_equal(
		counters_none.open(&counters, &group, NULL, status, &complaint), 0);
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(status[i].error, -EOPNOTSUPP);
		assert_true(status[i].why[0] != '\0');
	}
	assert_int_equal(counters_none.start(counters), 0);
	assert_int_equal(counters_none.read(counters, values), 0);
	assert_true(all_zero(values, sizeof(values)));
	assert_int_equal(counters_none.stop(counters), 0);
	counters_none.close(counters);
	counters_none.close(NULL);
}

static void count_up(
	void *context, const struct group *read_group, struct counter_value *values)
{
	uint64_t *reads = context;

	++*reads;
	assert_ptr_equal(read_group, &group);
	values[1] = (struct counter_value){.count = 100 * *reads,
		.enabled_ns = 10 * *reads,
		.running_ns = 9 * *reads};
}

static void test_fake(void **state)
{
	uint64_t reads = 0;
	const struct counter_fake fake = {.read = count_up, .context = &reads};
	const struct counter_fake nothing = {.read = NULL};
	struct counter_event_status status[2];
	struct counter_value values[2];
	struct complaint complaint = {.what = ""};
	struct counters *counters;

	(void)state;
	memset(status, 0xff, sizeof(status));
	memset(values, 0xff, sizeof(values));
	counters_fake_install(&fake);
	assert_int_equal(
		counters_fake.open(&counters, &group, NULL, status, &complaint), 0);
	assert_true(all_zero(status, sizeof(status)));
	assert_int_equal(counters_fake.start(counters), 0);
	assert_int_equal(reads, 0);
	assert_int_equal(counters_fake.read(counters, values), 0);
	assert_int_equal(counters_fake.read(counters, values), 0);
	assert_int_equal(reads, 2);
	assert_true(all_zero(&values[0], sizeof(values[0])));
	assert_int_equal(values[1].count, 200);
	assert_int_equal(values[1].enabled_ns, 20);
	assert_int_equal(values[1].running_ns, 18);
	/* Without a function every value is one that never ran. */
	counters_fake_install(&nothing);
	assert_int_equal(counters_fake.read(counters, values), 0);
	assert_true(all_zero(values, sizeof(values)));
	assert_int_equal(counters_fake.stop(counters), 0);
	counters_fake.close(counters);
	counters_fake.close(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_registry),
		cmocka_unit_test(test_none),
		cmocka_unit_test(test_fake),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
