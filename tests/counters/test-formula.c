/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "counters/group.h"

#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static const struct variable variables[] = {
	{"PMC0", 12},
	{"PMC1", 3},
	{"PMC10", 5},
	{"READS", 4},
	{"none", NAN},
	{"zero", 0},
	{"_x", 7},
};

static int evaluate(const char *formula, double *result)
{
	return formula_evaluate(
		formula, variables, sizeof(variables) / sizeof(variables[0]), result);
}

static void expect(const char *formula, double expected)
{
	double result = NAN;

	assert_int_equal(evaluate(formula, &result), 0);
	if (fabs(result - expected) > 1e-12 * fabs(expected))
		fail_msg("%s is %.17g, expected %.17g", formula, result, expected);
}

static void expect_nan(const char *formula)
{
	double result = 0;

	assert_int_equal(evaluate(formula, &result), 0);
	if (!isnan(result))
		fail_msg("%s is %g, expected NaN", formula, result);
}

static void expect_error(const char *formula, int error)
{
	double result = 42;

	if (evaluate(formula, &result) != error)
		fail_msg("\"%s\" does not fail with %d", formula, error);
	assert_true(result == 42);
}

static void test_precedence(void **state)
{
	(void)state;
	expect("1+2*3", 7);
	expect("(1+2)*3", 9);
	expect("10-4-3", 3);
	expect("24/4/3", 2);
	expect("2*-3", -6);
	expect("-(2+3)*2", -10);
	expect("--5", 5);
	expect("1-(-1)", 2);
	expect("((((8))))/2", 4);
}

static void test_numbers(void **state)
{
	(void)state;
	expect("1E9", 1e9);
	expect("1e-3", 1e-3);
	expect("2.5E+2", 250);
	expect(".5", 0.5);
	expect("5.", 5);
	expect("0", 0);
}

static void test_variables(void **state)
{
	(void)state;
	expect("PMC0/READS", 3);
	expect("(PMC0-PMC1)/READS", 2.25);
	/* A name is taken whole: PMC10 is not PMC1 and a zero. */
	expect("PMC10", 5);
	expect("PMC1", 3);
	expect("_x*2", 14);
	expect_error("PMC", -ENOENT);
	expect_error("PMC100", -ENOENT);
	expect_error("pmc0", -ENOENT);
	expect_error("1+nope*2", -ENOENT);
}

static void test_no_number(void **state)
{
	(void)state;
	expect_nan("none");
	expect_nan("none*0");
	expect_nan("PMC0+none");
	expect_nan("1/0");
	expect_nan("0/0");
	expect_nan("PMC0/zero");
	expect_nan("PMC0/(READS-4)");
	expect_nan("1/none");
	/* Too large for a double is no number either. */
	expect_nan("1e308*10");
	expect("zero/PMC0", 0);
}

static void test_malformed(void **state)
{
	static const char *const bad[] = {"", " ", "1 + 2", "+", "1+", "*2", "1**2", "(1",
		"1)", "()", "(", "-", "1e", "1e+", ".", "2PMC0", "1.2.3", "0x10", "1,5",
		"PMC0%2", "PMC0 ", "a(1)", "1e999", "\xff", "1;", "PMC0=1",
		"123456789012345678901234567890123456789012345"};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		expect_error(bad[i], -EINVAL);
	/* What does not parse is said before what is not known. */
	expect_error("nope+", -EINVAL);
	expect_error("(nope", -EINVAL);
}

static void test_depth(void **state)
{
	enum { DEEP = 1000000 };
	static char bomb[DEEP + 1];
	char fine[128];

	(void)state;
	(void)snprintf(fine, sizeof(fine), "%.*s1%.*s", 30,
		"((((((((((((((((((((((((((((((", 30, "))))))))))))))))))))))))))))))");
	expect(fine, 1);
	memset(bomb, '(', DEEP);
	expect_error(bomb, -EINVAL);
	memset(bomb, '-', DEEP);
	expect_error(bomb, -EINVAL);
	/* Long is not deep. */
	for (size_t i = 0; i < DEEP; i++)
		bomb[i] = i % 2 ? '+' : '1';
	bomb[DEEP - 1] = '\0';
	expect(bomb, DEEP / 2.0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_precedence),
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_variables),
		cmocka_unit_test(test_no_number),
		cmocka_unit_test(test_malformed),
		cmocka_unit_test(test_depth),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
