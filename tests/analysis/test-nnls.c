/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/nnls.h"
#include "base/random.h"

#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

enum { ROWS_MOST = 40 };

/* A least-squares problem as its author wrote it, and its normal equations. */
struct problem {
	size_t rows, columns;
	double a[ROWS_MOST][NNLS_MAX], y[ROWS_MOST];
	double gram[NNLS_MAX * NNLS_MAX], rhs[NNLS_MAX];
};

static void make_normal(struct problem *p)
{
	memset(p->gram, 0, sizeof(p->gram));
	memset(p->rhs, 0, sizeof(p->rhs));
	for (size_t r = 0; r < p->rows; r++)
		for (size_t i = 0; i < p->columns; i++) {
			p->rhs[i] += p->a[r][i] * p->y[r];
			for (size_t j = 0; j < p->columns; j++)
				p->gram[i * p->columns + j] += p->a[r][i] * p->a[r][j];
		}
}

static void solves(const struct problem *p, const double *expected)
{
	double x[NNLS_MAX];

	assert_int_equal(nnls_solve(p->gram, p->rhs, p->columns, x), 0);
	for (size_t i = 0; i < p->columns; i++)
		if (!(fabs(x[i] - expected[i]) < 1e-9))
			fail_msg("x[%zu] is %.12g, not %.12g", i, x[i], expected[i]);
}

static void known_solutions(void **state)
{
	/* The least squares is positive: nothing to bind. */
	struct problem p = {
		.rows = 3, .columns = 2, .a = {{1, 0}, {1, 1}, {1, 2}}, .y = {1, 3, 5}};

	(void)state;
	make_normal(&p);
	solves(&p, (double[]){1, 2});
	/* A line that falls: its slope is held at 0, and the rest is the mean. */
	p.y[0] = 5;
	p.y[2] = 1;
	make_normal(&p);
	solves(&p, (double[]){3, 0});
	/* Everything is better off at 0. */
	p.y[0] = p.y[1] = p.y[2] = -1;
	make_normal(&p);
	solves(&p, (double[]){0, 0});
}

static void very_different_scales(void **state)
{
	struct problem p = {.rows = 4,
		.columns = 3,
		.a = {{1e-9, 1, 1e6}, {2e-9, 1, 3e6}, {5e-9, 1, 2e6}, {3e-9, 1, 7e6}}};

	(void)state;
	for (size_t r = 0; r < 4; r++)
		p.y[r] = 4e9 * p.a[r][0] + 0 * p.a[r][1] + 2e-6 * p.a[r][2];
	make_normal(&p);
	double x[NNLS_MAX];
	assert_int_equal(nnls_solve(p.gram, p.rhs, 3, x), 0);
	assert_true(fabs(x[0] / 4e9 - 1) < 1e-6);
	assert_true(fabs(x[1]) < 1e-5);
	assert_true(fabs(x[2] / 2e-6 - 1) < 1e-6);
}

static double uniform(struct random *random)
{
	return (double)random_below(random, 1 << 30) / (1 << 29) - 1;
}

/* Karush, Kuhn and Tucker: x >= 0, gradient >= 0, and one of both 0 in each place. */
static void holds(const struct problem *p, const double *x, unsigned seed)
{
	for (size_t i = 0; i < p->columns; i++) {
		double gradient = -p->rhs[i], size = fabs(p->rhs[i]);

		for (size_t j = 0; j < p->columns; j++) {
			gradient += p->gram[i * p->columns + j] * x[j];
			size += fabs(p->gram[i * p->columns + j] * x[j]);
		}
		if (x[i] < 0 || gradient < -1e-7 * size ||
			(x[i] > 0 && fabs(gradient) > 1e-7 * size))
			fail_msg("problem %u: x[%zu] = %g, gradient %g of %g", seed, i,
				x[i], gradient, size);
	}
}

static void random_problems(void **state)
{
	(void)state;
	for (unsigned seed = 0; seed < 5000; seed++) {
		struct problem p = {0};
		struct random random;
		double x[NNLS_MAX];

		random_init(&random, seed);
		p.columns = 1 + random_below(&random, 10);
		p.rows = p.columns + random_below(&random, 20);
		for (size_t r = 0; r < p.rows; r++) {
			for (size_t i = 0; i < p.columns; i++)
				p.a[r][i] = exp(3 * (double)(i % 3)) * uniform(&random);
			/* Half of the problems have columns that go together. */
			for (size_t i = 1; i < p.columns && seed % 2; i++)
				p.a[r][i] += (i % 4) * p.a[r][0];
			p.y[r] = 10 * uniform(&random);
		}
		make_normal(&p);
		assert_int_equal(nnls_solve(p.gram, p.rhs, p.columns, x), 0);
		holds(&p, x, seed);
	}
}

static void columns_that_depend(void **state)
{
	struct problem p = {.rows = 3,
		.columns = 4,
		.a = {{1, 2, 0, 0}, {2, 4, 0, 1}, {3, 6, 0, 0}},
		.y = {1, 3, 3}};
	double x[NNLS_MAX];

	(void)state;
	make_normal(&p);
	assert_int_equal(nnls_solve(p.gram, p.rhs, 4, x), 0);
	/* Whichever of the two got it, the sum is right; a column of zeros gets none. */
	assert_true(fabs(x[0] + 2 * x[1] - 1) < 1e-9);
	assert_true(x[2] == 0);
	assert_true(fabs(x[3] - 1) < 1e-9);
}

static void refuses(void **state)
{
	double gram[(NNLS_MAX + 1) * (NNLS_MAX + 1)] = {0}, x[NNLS_MAX + 1];
	double rhs[NNLS_MAX + 1] = {0};

	(void)state;
	assert_int_equal(nnls_solve(gram, rhs, NNLS_MAX + 1, x), -EINVAL);
	assert_int_equal(nnls_solve(gram, rhs, 0, x), 0);
	gram[0] = NAN;
	assert_int_equal(nnls_solve(gram, rhs, 1, x), -EINVAL);
	gram[0] = 1;
	rhs[0] = INFINITY;
	assert_int_equal(nnls_solve(gram, rhs, 1, x), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(known_solutions),
		cmocka_unit_test(very_different_scales),
		cmocka_unit_test(random_problems),
		cmocka_unit_test(columns_that_depend),
		cmocka_unit_test(refuses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
