/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/nnls.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>

/* Of columns of length 1: below it a pivot is rounding. */
#define PIVOT_LEAST 1e-11
#define GRADIENT_LEAST 1e-10
/* Of either loop together; a few per column are usual. */
enum { STEPS_MOST = 32 * NNLS_MAX };

/* The problem with its columns scaled to length 1, and how far it is solved. */
struct problem {
	size_t n;
	double gram[NNLS_MAX][NNLS_MAX], rhs[NNLS_MAX];
	bool taken[NNLS_MAX];   /* free to be positive */
	bool refused[NNLS_MAX]; /* depends on those taken */
	double x[NNLS_MAX], candidate[NNLS_MAX];
};

/* The least squares over the columns taken, by Cholesky; whether they are independent. */
static bool solve_taken(struct problem *p)
{
	size_t index[NNLS_MAX], count = 0;
	double l[NNLS_MAX][NNLS_MAX], z[NNLS_MAX];

	for (size_t i = 0; i < p->n; i++) {
		p->candidate[i] = 0;
		if (p->taken[i])
			index[count++] = i;
	}
	for (size_t i = 0; i < count; i++) {
		for (size_t j = 0; j <= i; j++) {
			double sum = p->gram[index[i]][index[j]];

			for (size_t k = 0; k < j; k++)
				sum -= l[i][k] * l[j][k];
			if (i == j && sum < PIVOT_LEAST)
				return false;
			l[i][j] = i == j ? sqrt(sum) : sum / l[j][j];
		}
		z[i] = p->rhs[index[i]];
		for (size_t k = 0; k < i; k++)
			z[i] -= l[i][k] * z[k];
		z[i] /= l[i][i];
	}
	for (size_t i = count; i-- > 0;) {
		for (size_t k = i + 1; k < count; k++)
			z[i] -= l[k][i] * z[k];
		z[i] /= l[i][i];
		p->candidate[index[i]] = z[i];
	}
	return true;
}

/* The column that would lower the sum of squares most; n where none would. */
static size_t steepest(const struct problem *p)
{
	double most = 0;
	size_t best = p->n;

	for (size_t j = 0; j < p->n; j++) {
		double gradient = p->rhs[j];
		double size = fabs(p->rhs[j]);

		if (p->taken[j] || p->refused[j] || p->gram[j][j] <= 0)
			continue;
		for (size_t k = 0; k < p->n; k++) {
			gradient -= p->gram[j][k] * p->x[k];
			size += fabs(p->gram[j][k] * p->x[k]);
		}
		if (gradient > GRADIENT_LEAST * size && gradient > most) {
			most = gradient;
			best = j;
		}
	}
	return best;
}

/* From x towards the candidate as far as nothing gets negative; what gets 0 is given up.
 * Whether the candidate was reached. */
static bool step(struct problem *p)
{
	double length = 1;

	for (size_t i = 0; i < p->n; i++)
		if (p->taken[i] && p->candidate[i] <= 0)
			length = fmin(length, p->x[i] / (p->x[i] - p->candidate[i]));
	for (size_t i = 0; i < p->n; i++) {
		if (!p->taken[i])
			continue;
		const bool blocks =
			p->candidate[i] <= 0 &&
			p->x[i] <= length * (p->x[i] - p->candidate[i]) * (1 + 1e-12);

		p->x[i] += length * (p->candidate[i] - p->x[i]);
		if (blocks) {
			p->x[i] = 0;
			p->taken[i] = false;
		}
	}
	return length >= 1;
}

static int set_up(struct problem *p, const double *gram, const double *rhs, size_t n,
	double lengths[NNLS_MAX])
{
	*p = (struct problem){.n = n};
	for (size_t i = 0; i < n; i++) {
		double square = gram[i * n + i];

		if (!isfinite(square) || !isfinite(rhs[i]))
			return -EINVAL;
		lengths[i] = square > 0 ? sqrt(square) : 0;
	}
	for (size_t i = 0; i < n; i++) {
		for (size_t j = 0; j < n; j++) {
			if (!isfinite(gram[i * n + j]))
				return -EINVAL;
			if (lengths[i] > 0 && lengths[j] > 0)
				p->gram[i][j] = gram[i * n + j] / lengths[i] / lengths[j];
		}
		p->rhs[i] = lengths[i] > 0 ? rhs[i] / lengths[i] : 0;
	}
	return 0;
}

int nnls_solve(const double *gram, const double *rhs, size_t n, double *x)
{
	double lengths[NNLS_MAX];
	struct problem p;
	size_t steps = 0;
	int error;

	if (n > NNLS_MAX)
		return -EINVAL;
	error = set_up(&p, gram, rhs, n, lengths);
	if (error)
		return error;
	for (;;) {
		size_t j = steepest(&p);

		if (j == n)
			break;
		if (++steps > STEPS_MOST)
			return -ELOOP;
		p.taken[j] = true;
		if (!solve_taken(&p)) {
			p.taken[j] = false;
			p.refused[j] = true;
			continue;
		}
		/* Rounding made its gradient positive: it would leave at once, again and
		 * again. */
		if (p.candidate[j] <= 0) {
			p.taken[j] = false;
			p.refused[j] = true;
			continue;
		}
		while (!step(&p)) {
			if (++steps > STEPS_MOST)
				return -ELOOP;
			(void)solve_taken(&p);
		}
		for (size_t i = 0; i < n; i++)
			p.refused[i] = false;
	}
	for (size_t i = 0; i < n; i++)
		x[i] = lengths[i] > 0 ? p.x[i] / lengths[i] : 0;
	return 0;
}
