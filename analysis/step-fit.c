/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/step-solve.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

double step_shape_value(size_t shape, double distance, double *slope)
{
	static const double steepness[] = {16, 6, 3};
	double value;

	if (shape == STEP_REACH) {
		/* Half is done at twice the reach. */
		double share = exp2(-distance - 1);

		*slope = share < 1 ? M_LN2 * share : 0;
		return share < 1 ? 1 - share : 0;
	}
	value = 1 / (1 + exp(-steepness[shape] * distance));
	*slope = steepness[shape] * value * (1 - value);
	return value;
}

double step_column_at(const struct step_dictionary *d, size_t column)
{
	const size_t position = (column - STEP_FIRST) / STEP_SHAPES;

	return d->x[0] + (double)position / STEP_GRID;
}

size_t step_column_shape(size_t column)
{
	return (column - STEP_FIRST) % STEP_SHAPES;
}

/* The products of a column with all from another on. */
static void multiply(struct step_dictionary *d, size_t column, size_t from)
{
	const double *left = &d->values[column * d->sizes];

	for (size_t c = from; c < d->columns; c++) {
		const double *right = &d->values[c * d->sizes];
		double sum = 0;

		for (size_t i = 0; i < d->sizes; i++)
			sum += d->weights[i] * left[i] * right[i];
		d->products[column * d->columns + c] = sum;
		d->products[c * d->columns + column] = sum;
	}
}

static void fill(struct step_dictionary *d)
{
	double slope;

	for (size_t i = 0; i < d->sizes; i++)
		d->values[i] = 1;
	for (size_t c = STEP_FIRST; c < d->columns; c++)
		for (size_t i = 0; i < d->sizes; i++)
			d->values[c * d->sizes + i] =
				step_shape_value(step_column_shape(c),
					d->x[i] - step_column_at(d, c), &slope);
	for (size_t c = 0; c < d->columns; c++)
		multiply(d, c, c);
}

void step_dictionary_give(
	struct step_dictionary *d, size_t index, const struct step_given *given)
{
	const size_t column = 1 + index;
	const double weight =
		given->values && given->error > 0 ? 1 / (given->error * given->error) : 0;

	for (size_t i = 0; i < d->sizes; i++)
		d->values[column * d->sizes + i] = given->values ? given->values[i] : 0;
	multiply(d, column, 0);
	d->products[column * d->columns + column] += weight;
	d->priors[index] = weight * given->height;
}

int step_dictionary_init(
	struct step_dictionary *d, const double *x, const double *errors, size_t sizes)
{
	size_t positions = (size_t)ceil((x[sizes - 1] - x[0]) * STEP_GRID) + 1;

	*d = (struct step_dictionary){
		.sizes = sizes, .columns = STEP_FIRST + positions * STEP_SHAPES};
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

double step_project(const struct step_dictionary *d, const struct step_active *active,
	size_t column, double row[STEP_TAKEN])
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

bool step_append(
	const struct step_dictionary *d, struct step_active *active, size_t column)
{
	const size_t n = active->count;
	double rest = step_project(d, active, column, active->factor[n]);
	double sum = d->targets[column];

	if (rest <= 0)
		return false;
	active->factor[n][n] = sqrt(rest);
	for (size_t j = 0; j < n; j++)
		sum -= active->factor[n][j] * active->solved[j];
	active->solved[n] = sum / active->factor[n][n];
	active->columns[n] = column;
	active->count++;
	active->rises += column >= STEP_FIRST;
	return true;
}

/* All but the column at `without`; count where none is left out. */
static struct step_active rebuild(
	const struct step_dictionary *d, const struct step_active *active, size_t without)
{
	struct step_active rest = {.count = 0};

	for (size_t k = 0; k < active->count; k++)
		if (k != without)
			(void)step_append(d, &rest, active->columns[k]);
	return rest;
}

/* What is given, or the rise of those shapes (bits), that improves chi-squared most with
 * a height above 0; 0 where none does. */
static size_t best_column(const struct step_dictionary *d,
	const struct step_active *active, unsigned shapes, double *gain)
{
	double row[STEP_TAKEN];
	size_t best = 0;

	*gain = 0;
	for (size_t c = 1; c < d->columns; c++) {
		double rest, sum = d->targets[c];

		if (c >= STEP_FIRST && !(shapes >> step_column_shape(c) & 1))
			continue;
		rest = step_project(d, active, c, row);
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

static void solve(const struct step_active *active, double heights[STEP_TAKEN])
{
	for (size_t k = active->count; k-- > 0;) {
		double sum = active->solved[k];

		for (size_t j = k + 1; j < active->count; j++)
			sum -= active->factor[j][k] * heights[j];
		heights[k] = sum / active->factor[k][k];
	}
}

/* Takes out what has become negative by what came later. */
static void drop_negative(const struct step_dictionary *d, struct step_active *active)
{
	double heights[STEP_TAKEN];

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
	const struct step_dictionary *d, struct step_active *active, unsigned shapes)
{
	for (size_t k = 1; k < active->count; k++) {
		struct step_active rest;
		double gain;
		size_t column;

		if (active->columns[k] < STEP_FIRST)
			continue;
		rest = rebuild(d, active, k);
		column = best_column(d, &rest, shapes, &gain);
		if (column && step_append(d, &rest, column))
			*active = rest;
	}
}

double step_explained(const struct step_active *active)
{
	double sum = 0;

	for (size_t k = 0; k < active->count; k++)
		sum += active->solved[k] * active->solved[k];
	return sum;
}

static void grow(
	const struct step_dictionary *d, struct step_active *active, unsigned shapes)
{
	while (active->rises < STEP_RISES) {
		struct step_active more = *active;
		double gain;
		size_t column = best_column(d, &more, shapes, &gain);

		if (gain < STEP_LEAST_GAIN || !step_append(d, &more, column))
			return;
		replace_each(d, &more, shapes);
		drop_negative(d, &more);
		if (step_explained(&more) < step_explained(active) + STEP_LEAST_GAIN)
			return;
		*active = more;
	}
}

struct step_active step_start(const struct step_dictionary *d)
{
	struct step_active active = {.count = 0};

	for (size_t c = 0; c < STEP_FIRST; c++)
		(void)step_append(d, &active, c);
	return active;
}

/*
 * From one start all shapes may come; from another none but sharp steps and those of a
 * reach, until no other shape is better in its place. Where lines are replaced at random
 * each step runs into the next: a gentle one that takes the tail of the one before it
 * holds both too early, and no exchange of one alone leads away from that.
 */
static struct step_active best_of_starts(const struct step_dictionary *d)
{
	const unsigned all = (1u << STEP_SHAPES) - 1;
	struct step_active best = step_start(d);
	struct step_active other;

	drop_negative(d, &best);
	other = best;
	grow(d, &best, all);
	grow(d, &other, 1u | 1u << STEP_REACH);
	replace_each(d, &other, all);
	drop_negative(d, &other);
	grow(d, &other, all);
	return step_explained(&other) - STEP_LEAST_GAIN * (double)other.count >
			       step_explained(&best) -
				       STEP_LEAST_GAIN * (double)best.count
		       ? other
		       : best;
}

void step_set_targets(struct step_dictionary *d, const double *times)
{
	for (size_t c = 0; c < d->columns; c++) {
		double sum = 0;

		for (size_t i = 0; i < d->sizes; i++)
			sum += d->weights[i] * d->values[c * d->sizes + i] * times[i];
		d->targets[c] = sum;
		if (c > 0 && c < STEP_FIRST)
			d->targets[c] += d->priors[c - 1];
	}
}

void step_fit(struct step_dictionary *d, const double *times, struct step_fit *fit)
{
	double heights[STEP_TAKEN];
	struct step_active active;
	double all = 0;

	step_set_targets(d, times);
	for (size_t i = 0; i < d->sizes; i++)
		all += d->weights[i] * times[i] * times[i];
	active = best_of_starts(d);
	solve(&active, heights);
	*fit = (struct step_fit){
		.base = heights[0], .chi_squared = all - step_explained(&active)};
	for (size_t k = 1; k < active.count; k++) {
		const size_t column = active.columns[k];

		if (column < STEP_FIRST)
			fit->given[column - 1] = heights[k];
		else
			fit->rises[fit->count++] =
				(struct step_rise){.at = step_column_at(d, column),
					.shape = step_column_shape(column),
					.height = heights[k]};
	}
}

double step_fit_value(const struct step_fit *fit, double x, double *slope)
{
	double value = fit->base;

	*slope = 0;
	for (size_t k = 0; k < fit->count; k++) {
		const struct step_rise *rise = &fit->rises[k];
		double steep;

		value += rise->height *
			 step_shape_value(rise->shape, x - rise->at, &steep);
		*slope += rise->height * steep;
	}
	return value;
}
