/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Processes that fork: with threads at work, many at once, and with no page left. */
#include "tests/alloc/hp/forks.h"
#include "tests/alloc/hp/heap.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
/* after the headers that it needs */
#include <cmocka.h>

enum { MB = 1 << 20 };

static void test_fork_while_busy(void **state)
{
	(void)state;
	heap_expect_none(forks_while_busy(&model_hp, 3, (unsigned)heap_scaled(6)));
}

static void test_fork_tree(void **state)
{
	(void)state;
	heap_expect_none(forks_tree(&model_hp, 2));
}

/* As much as the whole pool holds, so that no page is left for a copy. */
static void test_fork_both_write(void **state)
{
	size_t bytes = (size_t)(heap_setting()->huge_pages ? 26 : 6) * MB;

	(void)state;
	heap_expect_none(forks_both_write(&model_hp, bytes, 60000));
	heap_expect_none(forks_both_write(&model_hp, bytes, bytes / 3));
}

static int group(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fork_tree),
		cmocka_unit_test(test_fork_both_write),
	};
	/* The sanitizers' own locks do not survive a fork beside other threads. */
	const struct CMUnitTest busy[] = {cmocka_unit_test(test_fork_while_busy)};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);

	if (!heap_is_mode("asan"))
		failed |= cmocka_run_group_tests(busy, NULL, NULL);
	return failed;
}

int main(void)
{
	if (heap_is_mode("tsan")) {
		puts("ok - forks # SKIP tsan does not follow threads through a fork");
		return 0;
	}
	return heap_each(HEAP_ALL | HEAP_FEW, group);
}
