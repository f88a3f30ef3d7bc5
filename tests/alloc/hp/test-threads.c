/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Threads on one heap: hand-over, and many that come and go. */
#include "tests/alloc/hp/heap.h"
#include "tests/alloc/hp/stress.h"

#include <setjmp.h>
#include <stdarg.h>
/* after the headers that it needs */
#include <cmocka.h>

enum { MB = 1 << 20 };

static bool is_bump(void)
{
	return heap_setting()->options.policy == HP_POLICY_BUMP;
}

static void test_handover(void **state)
{
	(void)state;
	heap_expect_none(
		stress_handover(&model_hp, 8, heap_scaled(5000), is_bump() ? 8 : 14));
}

static void test_models(void **state)
{
	(void)state;
	heap_expect_none(
		stress_models(&model_hp, 4, heap_scaled(2000), is_bump() ? 10 : 16));
}

static void test_pipeline(void **state)
{
	(void)state;
	heap_expect_none(stress_pipeline(&model_hp, heap_scaled(50000)));
}

static uint64_t mapped(void)
{
	static struct hp_stats stats;

	hp_stats(&stats);
	return stats.mapped_bytes;
}

/* What a thread leaves behind is used by the next ones: from the thousandth thread on the
 * heap does not grow any more. */
static void test_thread_churn(void **state)
{
	uint64_t before;

	(void)state;
	heap_expect_none(stress_generations(&model_hp, heap_scaled(1000), 4));
	before = mapped();
	heap_expect_none(stress_generations(&model_hp, heap_scaled(10000), 4));
	assert_in_range(mapped(), 0, before + 8 * MB);
}

static int group(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_handover),
		cmocka_unit_test(test_models),
		cmocka_unit_test(test_pipeline),
	};
	/* What a cursor cannot do, and what takes long enough once. */
	const struct CMUnitTest churn[] = {cmocka_unit_test(test_thread_churn)};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);

	if (heap_setting()->options.source == HP_SOURCE_SMALL && !is_bump())
		failed |= cmocka_run_group_tests(churn, NULL, NULL);
	return failed;
}

int main(void)
{
	return heap_each(HEAP_ALL, group);
}
