/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/cost-rows.h"

#include "core/statistics.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Costs belong to a place: the memory of another node has its own. */
static bool same_place(const struct series *a, const struct series *b)
{
	return a->cpu == b->cpu && a->node == b->node;
}

static const struct series *first_latency(const struct staircase *staircase)
{
	for (size_t i = 0; i < staircase->count; i++)
		if (series_is_latency(&staircase->series[i]))
			return &staircase->series[i];
	return NULL;
}

/* Rounds of a size come in order: mostly it is the one behind the last. */
static size_t index_of_round(
	uint64_t *numbers, size_t *count, uint64_t number, size_t last)
{
	if (last + 1 < *count && numbers[last + 1] == number)
		return last + 1;
	for (size_t i = 0; i < *count; i++)
		if (numbers[i] == number)
			return i;
	numbers[*count] = number;
	return (*count)++;
}

static void fill_row(struct cost_rows *rows, const struct series *series,
	const struct stair *stair, const struct stair_round *round)
{
	struct cost_row *row = &rows->rows[rows->count++];

	*row = (struct cost_row){
		.series = series,
		.bytes = stair->bytes,
		.cycles = round->values[rows->cycles_counted ? QUANTITY_CYCLES
							     : QUANTITY_CLOCK_CYCLES],
		.ns = round->values[QUANTITY_NS],
	};
	for (int t = 0; t < COST_TERMS; t++)
		row->events[t] = cost_term_value(&rows->terms, t, round->values);
}

/* Rows in which all of the terms are known, and so is the time. */
static void keep_known(struct cost_rows *rows)
{
	size_t kept = 0;

	for (int t = 0; t < COST_TERMS; t++) {
		size_t known = 0;

		for (size_t i = 0; i < rows->count; i++)
			known += isfinite(rows->rows[i].events[t]) != 0;
		rows->terms.counted[t] &= 2 * known >= rows->count && known > 0;
	}
	for (size_t i = 0; i < rows->count; i++) {
		const struct cost_row *row = &rows->rows[i];
		bool known = isfinite(row->cycles) && row->cycles > 0 && row->ns > 0;

		for (int t = 0; t < COST_TERMS; t++)
			known &= !rows->terms.counted[t] || isfinite(row->events[t]);
		if (known)
			rows->rows[kept++] = *row;
	}
	rows->left_out = rows->count - kept;
	rows->count = kept;
}

int cost_rows_init(struct cost_rows *rows, const struct staircase *staircase,
	const struct cost_terms *terms)
{
	const struct series *place = first_latency(staircase);
	uint64_t *numbers;
	size_t last = 0;
	size_t most = 0;

	*rows = (struct cost_rows){
		.place = place, .cycles_counted = staircase->known[QUANTITY_CYCLES]};
	if (terms)
		rows->terms = *terms;
	else
		cost_terms_init(&rows->terms, staircase->known);
	for (size_t i = 0; i < staircase->count; i++)
		for (size_t k = 0; k < staircase->series[i].count; k++)
			most += staircase->series[i].stairs[k].rounds_count;
	rows->rows = calloc(most + 1, sizeof(*rows->rows));
	numbers = calloc(most + 1, sizeof(*numbers));
	if (!rows->rows || !numbers) {
		free(rows->rows);
		free(numbers);
		return -ENOMEM;
	}
	for (size_t i = 0; place && i < staircase->count; i++) {
		const struct series *series = &staircase->series[i];

		if (!series_is_latency(series) || !same_place(series, place))
			continue;
		for (size_t k = 0; k < series->count; k++)
			for (size_t r = 0; r < series->stairs[k].rounds_count; r++) {
				const struct stair *stair = &series->stairs[k];

				fill_row(rows, series, stair, &stair->rounds[r]);
				last = index_of_round(numbers, &rows->rounds,
					stair->rounds[r].number, last);
				rows->rows[rows->count - 1].round = last;
			}
	}
	free(numbers);
	keep_known(rows);
	return 0;
}

void cost_rows_release(struct cost_rows *rows)
{
	free(rows->rows);
	*rows = (struct cost_rows){0};
}

bool cost_filter_hides(const struct cost_filter *filter, const struct cost_row *row)
{
	return (filter->backend && strcmp(filter->backend, row->series->backend) == 0) ||
	       (filter->kernel && strcmp(filter->kernel, row->series->kernel) == 0);
}

void cost_sums_add(struct cost_sums *sums, const struct cost_row *row)
{
	double x[COST_TERMS];

	for (int t = 0; t < COST_TERMS; t++) {
		x[t] = isfinite(row->events[t]) ? row->events[t] / row->cycles : 0;
		sums->most[t] = fmax(sums->most[t], x[t] * row->cycles);
	}
	for (int i = 0; i < COST_TERMS; i++) {
		for (int j = 0; j < COST_TERMS; j++)
			sums->gram[i][j] += x[i] * x[j];
		sums->rhs[i] += x[i];
	}
	sums->rows++;
}

void cost_sums_add_all(struct cost_sums *sums, const struct cost_sums *more)
{
	for (int i = 0; i < COST_TERMS; i++) {
		for (int j = 0; j < COST_TERMS; j++)
			sums->gram[i][j] += more->gram[i][j];
		sums->rhs[i] += more->rhs[i];
		sums->most[i] = fmax(sums->most[i], more->most[i]);
	}
	sums->rows += more->rows;
}

int cost_error_list_init(struct cost_error_list *list, size_t rows)
{
	*list = (struct cost_error_list){
		.sizes = calloc(2 * rows + 1, sizeof(*list->sizes))};
	if (!list->sizes)
		return -ENOMEM;
	list->signs = list->sizes + rows;
	return 0;
}

/* Of the list's last errors->rows. */
static void set_quantiles(struct cost_error_list *list, struct cost_errors *errors)
{
	double *sizes = list->sizes + list->count - errors->rows;
	double *signs = list->signs + list->count - errors->rows;

	errors->median = statistics_median(sizes, errors->rows);
	errors->p90 = statistics_quantile(sizes, errors->rows, 0.9);
	errors->worst = statistics_quantile(sizes, errors->rows, 1);
	errors->bias = statistics_median(signs, errors->rows);
}

void cost_errors_collect(const struct cost_fit *fit, const struct cost_rows *rows,
	const struct cost_filter *filter, bool hidden, struct cost_error_list *list,
	struct cost_errors *errors)
{
	double worst = -1;

	*errors = (struct cost_errors){0};
	for (size_t i = 0; i < rows->count; i++) {
		const struct cost_row *row = &rows->rows[i];
		double error;

		if (cost_filter_hides(filter, row) != hidden)
			continue;
		error = cost_fit_cycles(fit, row->events) / row->cycles - 1;
		/* The other session did not count one of the fit's terms. */
		if (isnan(error))
			continue;
		if (fabs(error) > worst) {
			worst = fabs(error);
			errors->worst_bytes = row->bytes;
		}
		list->sizes[list->count] = fabs(error);
		list->signs[list->count++] = error;
		errors->rows++;
	}
	set_quantiles(list, errors);
}

void cost_errors_pool(struct cost_error_list *list, struct cost_errors *errors)
{
	*errors = (struct cost_errors){.rows = list->count};
	set_quantiles(list, errors);
}
