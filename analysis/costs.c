/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/costs.h"

#include "analysis/cost-rows.h"
#include "base/random.h"
#include "core/statistics.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { RESAMPLES = 400, SEED = 6 };
#define TAIL 0.025

/* What fitting needs beside the result. */
struct fitting {
	struct costs *costs;
	struct cost_rows rows;
	struct cost_sums all;
	struct cost_sums *by_round;
	struct cost_error_list errors;
	double (*resamples)[RESAMPLES]; /* by term */
};

const char *costs_obstacle_text(enum costs_obstacle obstacle)
{
	static const char *const texts[] = {
		[COSTS_POSSIBLE] = NULL,
		[COSTS_NO_EVENTS] = "no events of caches or TLBs are counted",
		[COSTS_NO_LATENCY] = "no kernel was measured whose reads depend on each "
				     "other (chase, page-chase)",
		[COSTS_TOO_FEW] = "too few rounds know all of the events",
	};

	return texts[obstacle];
}

static enum costs_obstacle obstacle_of(const struct cost_rows *rows)
{
	bool any = false;

	for (int t = COST_BASE + 1; t < COST_TERMS; t++)
		any |= rows->terms.counted[t];
	if (!rows->place)
		return COSTS_NO_LATENCY;
	if (!any)
		return COSTS_NO_EVENTS;
	return rows->count == 0 ? COSTS_TOO_FEW : COSTS_POSSIBLE;
}

/* The 97.5 % quantile of Student's t: with few rounds the resampled ones differ less than
 * new ones would. */
static double student(size_t freedom)
{
	static const double quantiles[] = {NAN, 12.71, 4.30, 3.18, 2.78, 2.57, 2.45, 2.36,
		2.31, 2.26, 2.23, 2.20, 2.18, 2.16, 2.14, 2.13, 2.12, 2.11, 2.10, 2.09,
		2.09};
	const size_t known = sizeof(quantiles) / sizeof(quantiles[0]);

	return quantiles[freedom < known ? freedom : known - 1];
}

/* Rounds are drawn with replacement; every draw is fitted anew, with the same terms. */
static void bootstrap(struct fitting *f)
{
	struct costs *costs = f->costs;
	const double rounds = (double)f->rows.rounds;
	struct random random;
	double widening;

	for (int t = 0; t < COST_TERMS; t++)
		costs->low[t] = costs->high[t] = NAN;
	if (f->rows.rounds < 2)
		return;
	random_init(&random, SEED);
	for (size_t n = 0; n < RESAMPLES; n++) {
		struct cost_fit fit = costs->fit;
		struct cost_sums sums = {0};

		for (size_t r = 0; r < f->rows.rounds; r++)
			cost_sums_add_all(&sums,
				&f->by_round[random_below(&random, f->rows.rounds)]);
		(void)cost_fit_solve(&fit, &sums);
		for (int t = 0; t < COST_TERMS; t++)
			f->resamples[t][n] = fit.cycles[t];
	}
	widening = student(f->rows.rounds - 1) / 1.96 * sqrt(rounds / (rounds - 1));
	for (int t = 0; t < COST_TERMS; t++) {
		const double cost = costs->fit.cycles[t];

		if (costs->fit.states[t] != COST_FITTED)
			continue;
		statistics_sort(f->resamples[t], RESAMPLES);
		costs->low[t] = fmax(
			0, cost + widening * fmin(0, statistics_quantile(f->resamples[t],
							     RESAMPLES, TAIL) -
							     cost));
		costs->high[t] =
			cost + widening * fmax(0, statistics_quantile(f->resamples[t],
							  RESAMPLES, 1 - TAIL) -
							  cost);
	}
}

/* What the term costs in time: by the clock of the rounds in which its events are. */
static void set_times(struct fitting *f)
{
	double cycles[COST_TERMS] = {0}, ns[COST_TERMS] = {0};

	for (size_t i = 0; i < f->rows.count; i++)
		for (int t = 0; t < COST_TERMS; t++) {
			const struct cost_row *row = &f->rows.rows[i];
			const double share = row->events[t] / row->cycles;

			if (f->costs->fit.states[t] != COST_FITTED)
				continue;
			cycles[t] += share * row->cycles;
			ns[t] += share * row->ns;
		}
	for (int t = 0; t < COST_TERMS; t++)
		f->costs->ns[t] = f->costs->fit.cycles[t] * ns[t] / cycles[t];
	f->costs->base_clock_ghz = cycles[COST_BASE] / ns[COST_BASE];
}

static void set_fit_quality(struct fitting *f)
{
	const struct cost_filter none = {0};
	struct costs *costs = f->costs;
	double mean = 0, residual = 0, total = 0;

	costs->cycles_low = INFINITY;
	for (size_t i = 0; i < f->rows.count; i++)
		mean += f->rows.rows[i].cycles / (double)f->rows.count;
	for (size_t i = 0; i < f->rows.count; i++) {
		const struct cost_row *row = &f->rows.rows[i];
		const double error =
			row->cycles - cost_fit_cycles(&costs->fit, row->events);

		residual += error * error;
		total += (row->cycles - mean) * (row->cycles - mean);
		costs->cycles_low = fmin(costs->cycles_low, row->cycles);
		costs->cycles_high = fmax(costs->cycles_high, row->cycles);
	}
	costs->r_squared = 1 - residual / total;
	f->errors.count = 0;
	cost_errors_collect(
		&costs->fit, &f->rows, &none, false, &f->errors, &costs->in_sample);
}

/* Rows of one series stand together. */
static void set_residuals(struct fitting *f)
{
	const struct cost_filter none = {0};
	struct costs *costs = f->costs;

	f->errors.count = 0;
	for (size_t i = 0; i < f->rows.count && costs->series_count < COSTS_SERIES;) {
		const struct series *series = f->rows.rows[i].series;
		struct cost_residual *residual = &costs->series[costs->series_count++];
		struct cost_rows part = {.rows = f->rows.rows + i};

		while (i + part.count < f->rows.count &&
			part.rows[part.count].series == series)
			part.count++;
		residual->kernel = series->kernel;
		residual->backend = series->backend;
		residual->stride = series->stride;
		cost_errors_collect(
			&costs->fit, &part, &none, false, &f->errors, &residual->errors);
		i += part.count;
	}
}

/* Fits without what the filter hides, and judges on that. Whether there was a fit. */
static bool hold_out(struct fitting *f, const struct cost_filter *filter,
	struct cost_held_out *held_out)
{
	struct cost_sums sums = {0};
	struct cost_fit fit;

	for (size_t i = 0; i < f->rows.count; i++)
		if (!cost_filter_hides(filter, &f->rows.rows[i]))
			cost_sums_add(&sums, &f->rows.rows[i]);
	*held_out = (struct cost_held_out){0};
	(void)snprintf(held_out->name, sizeof(held_out->name), "%s",
		filter->backend ? filter->backend : filter->kernel);
	if (!cost_fit_select(&fit, &f->rows.terms, &sums) || !cost_fit_solve(&fit, &sums))
		return false;
	for (int t = 0; t < COST_TERMS; t++)
		if (f->costs->fit.states[t] == COST_FITTED &&
			fit.states[t] != COST_FITTED)
			held_out->untold |= 1u << t;
	cost_errors_collect(&fit, &f->rows, filter, true, &f->errors, &held_out->errors);
	return true;
}

static bool is_held_out(const struct cost_held_out *held, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(held[i].name, name) == 0)
			return true;
	return false;
}

static void hold_out_each(struct fitting *f, bool kernels, struct cost_held_out *held,
	size_t most, size_t *count, struct cost_errors *pooled)
{
	f->errors.count = 0;
	*count = 0;
	for (size_t i = 0; i < f->rows.count && *count < most; i++) {
		const struct series *series = f->rows.rows[i].series;
		const char *name = kernels ? series->kernel : series->backend;
		const struct cost_filter filter = {.backend = kernels ? NULL : name,
			.kernel = kernels ? name : NULL};

		if ((i > 0 && series == f->rows.rows[i - 1].series) ||
			is_held_out(held, *count, name))
			continue;
		*count += hold_out(f, &filter, &held[*count]);
	}
	cost_errors_pool(&f->errors, pooled);
}

static void fit_rows(struct fitting *f)
{
	struct costs *costs = f->costs;

	for (size_t i = 0; i < f->rows.count; i++) {
		cost_sums_add(&f->all, &f->rows.rows[i]);
		cost_sums_add(&f->by_round[f->rows.rows[i].round], &f->rows.rows[i]);
	}
	if (!cost_fit_select(&costs->fit, &f->rows.terms, &f->all) ||
		!cost_fit_solve(&costs->fit, &f->all)) {
		costs->obstacle = COSTS_TOO_FEW;
		return;
	}
	bootstrap(f);
	set_times(f);
	set_fit_quality(f);
	set_residuals(f);
	hold_out_each(f, false, costs->backends, COSTS_BACKENDS, &costs->backends_count,
		&costs->without_backend);
	hold_out_each(f, true, costs->kernels, COSTS_KERNELS, &costs->kernels_count,
		&costs->without_kernel);
}

int costs_fit(struct costs *costs, const struct staircase *staircase)
{
	struct fitting f = {.costs = costs};
	int error = cost_rows_init(&f.rows, staircase, NULL);

	*costs = (struct costs){0};
	if (error)
		return error;
	costs->obstacle = obstacle_of(&f.rows);
	costs->fit.terms = f.rows.terms;
	costs->rows = f.rows.count;
	costs->rounds = f.rows.rounds;
	costs->left_out = f.rows.left_out;
	costs->cycles_counted = f.rows.cycles_counted;
	if (f.rows.place) {
		costs->cpu = f.rows.place->cpu;
		costs->node = f.rows.place->node;
	}
	if (costs->obstacle != COSTS_POSSIBLE)
		goto out;
	f.by_round = calloc(f.rows.rounds, sizeof(*f.by_round));
	f.resamples = calloc(COST_TERMS, sizeof(*f.resamples));
	error = cost_error_list_init(&f.errors, f.rows.count);
	if (!f.by_round || !f.resamples)
		error = -ENOMEM;
	if (!error)
		fit_rows(&f);
	free(f.by_round);
	free(f.resamples);
	free(f.errors.sizes);
out:
	cost_rows_release(&f.rows);
	return error;
}

int costs_judge(const struct cost_fit *fit, const struct staircase *staircase,
	struct cost_errors *errors)
{
	const struct cost_filter none = {0};
	struct cost_error_list list;
	struct cost_rows rows;
	/* A term means something else where a session counts more, or less. */
	int error = cost_rows_init(&rows, staircase, &fit->terms);

	if (error)
		return error;
	error = cost_error_list_init(&list, rows.count);
	if (!error) {
		cost_errors_collect(fit, &rows, &none, false, &list, errors);
		free(list.sizes);
	}
	cost_rows_release(&rows);
	return error;
}

bool costs_cover(const struct costs *costs, const struct series *series)
{
	return series_is_latency(series) && series->cpu == costs->cpu &&
	       series->node == costs->node;
}

bool costs_list(const struct costs *costs, enum cost_term term)
{
	return term != COST_WALK_HUGE || costs->fit.terms.counted[term];
}

bool costs_vague(const struct costs *costs, enum cost_term term)
{
	return costs->fit.states[term] == COST_FITTED &&
	       costs->high[term] - costs->low[term] > costs->fit.cycles[term];
}
