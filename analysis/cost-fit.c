/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/cost-rows.h"
#include "analysis/nnls.h"

#include <math.h>
#include <string.h>

/*
 * A term of which less than this share of its square is its own, beside those told apart
 * before it, is theirs: 3 % of its size, which noise of the counts gets near.
 */
#define OWN_LEAST 1e-3
/* Rounds of sizes for each term. */
enum { ROWS_PER_TERM = 3 };

/* A term's least squares over terms already accepted, by elimination. */
struct elimination {
	enum cost_term accepted[COST_TERMS];
	size_t count;
	double l[COST_TERMS][COST_TERMS]; /* Cholesky's factor over the accepted */
};

/* The share of the term's square that the accepted do not make; `row` gets its row of the
 * factor. */
static double own_share(const struct elimination *e, const struct cost_sums *sums,
	enum cost_term term, double row[COST_TERMS])
{
	double square = sums->gram[term][term];
	double left = square;

	for (size_t i = 0; i < e->count; i++) {
		double sum = sums->gram[term][e->accepted[i]];

		for (size_t k = 0; k < i; k++)
			sum -= row[k] * e->l[i][k];
		row[i] = sum / e->l[i][i];
		left -= row[i] * row[i];
	}
	row[e->count] = sqrt(fmax(left, 0));
	return square > 0 ? left / square : 0;
}

static void accept(struct elimination *e, enum cost_term term, const double row[])
{
	memcpy(e->l[e->count], row, (e->count + 1) * sizeof(*row));
	e->accepted[e->count++] = term;
}

/* The accepted term that most of this one goes with: by its share in the combination,
 * back from the factor's row. */
static enum cost_term companion(const struct elimination *e, const struct cost_sums *sums,
	const double row[COST_TERMS])
{
	double weights[COST_TERMS];
	enum cost_term best = COST_BASE;
	double most = -1;

	for (size_t i = e->count; i-- > 0;) {
		double weight = row[i], size;

		for (size_t k = i + 1; k < e->count; k++)
			weight -= e->l[k][i] * weights[k];
		weights[i] = weight / e->l[i][i];
		size = fabs(weights[i]) *
		       sqrt(sums->gram[e->accepted[i]][e->accepted[i]]);
		if (e->accepted[i] != COST_BASE && size > most) {
			most = size;
			best = e->accepted[i];
		}
	}
	return best;
}

bool cost_fit_select(struct cost_fit *fit, const struct cost_terms *terms,
	const struct cost_sums *sums)
{
	struct elimination e = {0};
	double row[COST_TERMS];

	*fit = (struct cost_fit){.terms = *terms};
	for (int t = 0; t < COST_TERMS; t++) {
		fit->most[t] = sums->most[t];
		if (!terms->counted[t]) {
			fit->states[t] = COST_UNCOUNTED;
		} else if (sums->most[t] < COST_LEAST) {
			fit->states[t] = COST_ABSENT;
		} else if (own_share(&e, sums, t, row) < OWN_LEAST) {
			fit->states[t] = COST_ENTANGLED;
			fit->with[t] = companion(&e, sums, row);
		} else {
			accept(&e, t, row);
		}
	}
	return sums->rows >= ROWS_PER_TERM * e.count && e.count > 1;
}

bool cost_fit_solve(struct cost_fit *fit, const struct cost_sums *sums)
{
	double gram[COST_TERMS * COST_TERMS] = {0}, rhs[COST_TERMS] = {0};
	double x[COST_TERMS];
	enum cost_term index[COST_TERMS];
	size_t n = 0;

	for (int t = 0; t < COST_TERMS; t++)
		if (fit->states[t] == COST_FITTED)
			index[n++] = t;
	for (size_t i = 0; i < n; i++) {
		for (size_t j = 0; j < n; j++)
			gram[i * n + j] = sums->gram[index[i]][index[j]];
		rhs[i] = sums->rhs[index[i]];
	}
	if (nnls_solve(gram, rhs, n, x))
		return false;
	for (size_t i = 0; i < n; i++)
		fit->cycles[index[i]] = x[i];
	return true;
}

double cost_fit_cycles(const struct cost_fit *fit, const double events[COST_TERMS])
{
	double cycles = 0;

	for (int t = 0; t < COST_TERMS; t++)
		if (fit->states[t] == COST_FITTED)
			cycles += fit->cycles[t] * events[t];
	return cycles;
}
