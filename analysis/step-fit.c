/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/step-fit.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* Positions an octave of the grid; and the least gain in chi-squared of a rise: three
 * parameters at the price that the Bayesian criterion has for some fifty sizes. */
enum { GRID = 4 };
#define LEAST_GAIN 10.0
#define SHAPE_REACH 3

/* The rises taken so far, and the factor of their normal equations. */
struct active {
	size_t columns[STEP_RISES + 1]; /* the base first */
	size_t count;
	double factor[STEP_RISES + 1][STEP_RISES + 1]; /* lower triangle */
	double solved[STEP_RISES + 1];                 /* factor^-1 targets */
};

/* F of a shape at a distance from its position, and its derivative. */
static double shape_value(size_t shape, double distance, double *slope)
{
	static const double steepness[] = {16, 6, 3};
	double value;

	if (shape == SHAPE_REACH) {
		/* Half is done at twice the reach. */
		double share = exp2(-distance - 1);

		*slope = share < 1 ? M_LN2 * share : 0;
		return share < 1 ? 1 - share : 0;
	}
	value = 1 / (1 + exp(-steepness[shape] * distance));
	*slope = steepness[shape] * value * (1 - value);
	return value;
}

static double column_at(const struct step_dictionary *d, size_t column)
{
	const size_t position = (column - 1) / STEP_SHAPES;

	return d->x[0] + (double)position / GRID;
}

static void fill(struct step_dictionary *d)
{
	double slope;

	for (size_t c = 0; c < d->columns; c++)
		for (size_t i = 0; i < d->sizes; i++)
			d->values[c * d->sizes + i] =
				c == 0 ? 1
				       : shape_value((c - 1) % STEP_SHAPES,
						 d->x[i] - column_at(d, c), &slope);
	for (size_t a = 0; a < d->columns; a++)
		for (size_t b = a; b < d->columns; b++) {
			const double *left = &d->values[a * d->sizes];
			const double *right = &d->values[b * d->sizes];
			double sum = 0;

			for (size_t i = 0; i < d->sizes; i++)
				sum += d->weights[i] * left[i] * right[i];
			d->products[a * d->columns + b] = sum;
			d->products[b * d->columns + a] = sum;
		}
}

int step_dictionary_init(
	struct step_dictionary *d, const double *x, const double *errors, size_t sizes)
{
	size_t positions = (size_t)ceil((x[sizes - 1] - x[0]) * GRID) + 1;

	*d = (struct step_dictionary){
		.sizes = sizes, .columns = 1 + positions * STEP_SHAPES};
	d->x = calloc(2 * sizes, sizeof(*d->x));
	d->values = calloc(d->columns * sizes, sizeof(*d->values));
	d->products = calloc(d->columns * d->columns, sizeof(*d->products));
	d->targets = calloc(d->columns, sizeof(*d->targets));
	if (!d->x || !d->values || !d->products || !d->targets) {
		step_dictionary_release(d);
		return -ENOMEM;
	}
	d->weights = d->x + sizes;
	for (size_t i = 0; i < sizes; i++) {
		d->x[i] = x[i];
		d->weights[i] = 1 / (errors[i] * errors[i]);
	}
	fill(d);
	return 0;
}

void step_dictionary_release(struct step_dictionary *d)
{
	free(d->x);
	free(d->values);
	free(d->products);
	free(d->targets);
	*d = (struct step_dictionary){0};
}

/* What a column adds to the factor: its row, whose last element is returned squared; not
 * above 0 where it is (nearly) a sum of those that are taken. */
static double project(const struct step_dictionary *d, const struct active *active,
	size_t column, double row[STEP_RISES + 1])
{
	const double *products = &d->products[column * d->columns];
	double rest = products[column];

	for (size_t k = 0; k < active->count; k++) {
		double sum = products[active->columns[k]];

		for (size_t j = 0; j < k; j++)
			sum -= active->factor[k][j] * row[j];
		row[k] = sum / active->factor[k][k];
		rest -= row[k] * row[k];
	}
	return rest > 1e-9 * products[column] ? rest : 0;
}

static bool append(const struct step_dictionary *d, struct active *active, size_t column)
{
	const size_t n = active->count;
	double rest = project(d, active, column, active->factor[n]);
	double sum = d->targets[column];

	if (rest <= 0)
		return false;
	active->factor[n][n] = sqrt(rest);
	for (size_t j = 0; j < n; j++)
		sum -= active->factor[n][j] * active->solved[j];
	active->solved[n] = sum / active->factor[n][n];
	active->columns[n] = column;
	active->count++;
	return true;
}

/* All but the column at `without`; count where none is left out. */
static struct active rebuild(
	const struct step_dictionary *d, const struct active *active, size_t without)
{
	struct active rest = {.count = 0};

	for (size_t k = 0; k < active->count; k++)
		if (k != without)
			(void)append(d, &rest, active->columns[k]);
	return rest;
}

/* The column of those shapes (bits) that improves chi-squared most with a height above 0;
 * 0 where none does. */
static size_t best_column(const struct step_dictionary *d, const struct active *active,
	unsigned shapes, double *gain)
{
	double row[STEP_RISES + 1];
	size_t best = 0;

	*gain = 0;
	for (size_t c = 1; c < d->columns; c++) {
		double rest, sum = d->targets[c];

		if (!(shapes >> (c - 1) % STEP_SHAPES & 1))
			continue;
		rest = project(d, active, c, row);
		if (rest <= 0)
			continue;
		for (size_t j = 0; j < active->count; j++)
			sum -= row[j] * active->solved[j];
		if (sum <= 0 || sum * sum / rest <= *gain)
			continue;
		*gain = sum * sum / rest;
		best = c;
	}
	return best;
}

static void solve(const struct active *active, double heights[STEP_RISES + 1])
{
	for (size_t k = active->count; k-- > 0;) {
		double sum = active->solved[k];

		for (size_t j = k + 1; j < active->count; j++)
			sum -= active->factor[j][k] * heights[j];
		heights[k] = sum / active->factor[k][k];
	}
}

/* Takes out what has become negative by what came later. */
static void drop_negative(const struct step_dictionary *d, struct active *active)
{
	double heights[STEP_RISES + 1];

	for (;;) {
		size_t worst = 0;

		solve(active, heights);
		for (size_t k = 1; k < active->count; k++)
			if (heights[k] <= 0 && (!worst || heights[k] < heights[worst]))
				worst = k;
		if (!worst)
			return;
		*active = rebuild(d, active, worst);
	}
}

/* Each rise in turn is put where it is best, the others staying. */
static void replace_each(
	const struct step_dictionary *d, struct active *active, unsigned shapes)
{
	for (size_t k = 1; k < active->count; k++) {
		struct active rest = rebuild(d, active, k);
		double gain;
		size_t column = best_column(d, &rest, shapes, &gain);

		if (column && append(d, &rest, column))
			*active = rest;
	}
}

static double explained(const struct active *active)
{
	double sum = 0;

	for (size_t k = 0; k < active->count; k++)
		sum += active->solved[k] * active->solved[k];
	return sum;
}

static void grow(const struct step_dictionary *d, struct active *active, unsigned shapes)
{
	while (active->count <= STEP_RISES) {
		struct active more = *active;
		double gain;
		size_t column = best_column(d, &more, shapes, &gain);

		if (gain < LEAST_GAIN || !append(d, &more, column))
			return;
		replace_each(d, &more, shapes);
		drop_negative(d, &more);
		if (explained(&more) < explained(active) + LEAST_GAIN)
			return;
		*active = more;
	}
}

/*
 * From one start all shapes may come; from another none but sharp steps and those of a
 * reach, until no other shape is better in its place. Where lines are replaced at random
 * each step runs into the next: a gentle one that takes the tail of the one before it
 * holds both too early, and no exchange of one alone leads away from that.
 */
static struct active best_of_starts(const struct step_dictionary *d)
{
	const unsigned all = (1u << STEP_SHAPES) - 1;
	struct active best = {.count = 0};
	struct active other = {.count = 0};

	(void)append(d, &best, 0);
	grow(d, &best, all);
	(void)append(d, &other, 0);
	grow(d, &other, 1u | 1u << SHAPE_REACH);
	replace_each(d, &other, all);
	drop_negative(d, &other);
	grow(d, &other, all);
	return explained(&other) - LEAST_GAIN * (double)other.count >
			       explained(&best) - LEAST_GAIN * (double)best.count
		       ? other
		       : best;
}

void step_fit(struct step_dictionary *d, const double *times, struct step_fit *fit)
{
	double heights[STEP_RISES + 1];
	struct active active;
	double all = 0;

	for (size_t c = 0; c < d->columns; c++) {
		double sum = 0;

		for (size_t i = 0; i < d->sizes; i++)
			sum += d->weights[i] * d->values[c * d->sizes + i] * times[i];
		d->targets[c] = sum;
	}
	for (size_t i = 0; i < d->sizes; i++)
		all += d->weights[i] * times[i] * times[i];
	active = best_of_starts(d);
	solve(&active, heights);
	*fit = (struct step_fit){
		.base = heights[0], .chi_squared = all - explained(&active)};
	for (size_t k = 1; k < active.count; k++)
		fit->rises[fit->count++] =
			(struct step_rise){.at = column_at(d, active.columns[k]),
				.shape = (active.columns[k] - 1) % STEP_SHAPES,
				.height = heights[k]};
}

double step_fit_value(const struct step_fit *fit, double x, double *slope)
{
	double value = fit->base;

	*slope = 0;
	for (size_t k = 0; k < fit->count; k++) {
		const struct step_rise *rise = &fit->rises[k];
		double steep;

		value += rise->height * shape_value(rise->shape, x - rise->at, &steep);
		*slope += rise->height * steep;
	}
	return value;
}
