/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "topology/trial.h"

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <unistd.h>

#include <cmocka.h>

static void returns(const void *argument)
{
	(void)argument;
}

static void dies_of(const void *argument)
{
	(void)raise(*(const int *)argument);
}

static void leaves(const void *argument)
{
	_exit(*(const int *)argument);
}

static void what_returns_passes(void **state)
{
	(void)state;
	assert_int_equal(trial_run(returns, NULL), 0);
}

static void what_dies_does_so_alone(void **state)
{
	static const int signals[] = {SIGSEGV, SIGBUS, SIGABRT, SIGFPE, SIGXCPU};

	(void)state;
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		assert_int_equal(trial_run(dies_of, &signals[i]), -EFAULT);
}

/* Libraries that call exit() have not come to an end either. */
static void what_exits_has_not_returned(void **state)
{
	const int code = 0;

	(void)state;
	assert_int_equal(trial_run(leaves, &code), -EFAULT);
}

static void it_works_where_children_are_ignored(void **state)
{
	const int fault = SIGSEGV;
	void (*before)(int) = signal(SIGCHLD, SIG_IGN);

	(void)state;
	assert_int_equal(trial_run(returns, NULL), 0);
	assert_int_equal(trial_run(dies_of, &fault), -EFAULT);
	(void)signal(SIGCHLD, before);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_returns_passes),
		cmocka_unit_test(what_dies_does_so_alone),
		cmocka_unit_test(what_exits_has_not_returned),
		cmocka_unit_test(it_works_where_children_are_ignored),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
