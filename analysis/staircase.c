/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/staircase.h"

#include "analysis/order.h"
#include "core/statistics.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define CONFIDENCE 0.95

/* What building needs beside the result. */
struct builder {
	struct staircase *staircase;
	const struct dataset *dataset;
	const struct staircase_options *options;
	struct order order;
	struct reading *readings; /* by the order's groups; .group NULL where unknown */
	double (*values)[QUANTITIES]; /* of the windows of one round */
	bool *clean;
	double *sample; /* long enough for any */
};

bool series_same_facet(const struct series *a, const struct series *b)
{
	return strcmp(a->kernel, b->kernel) == 0 && a->stride == b->stride &&
	       a->cpu == b->cpu && a->node == b->node;
}

static int compare_sizes(const void *key, const void *element)
{
	const uint64_t *bytes = key;
	const struct stair *stair = element;

	return (*bytes > stair->bytes) - (*bytes < stair->bytes);
}

const struct stair *series_find(const struct series *series, uint64_t bytes)
{
	return bsearch(&bytes, series->stairs, series->count, sizeof(*series->stairs),
		compare_sizes);
}

uint64_t staircase_private_bytes(const struct machine *machine, unsigned cpu)
{
	unsigned threads = machine->cores > 0 ? machine->cpu_count / machine->cores : 1;
	uint64_t bytes = 0;

	for (unsigned level = 1; level <= machine_last_cache_level(machine, cpu);
		level++) {
		const struct cache *cache = machine_cache(machine, level, cpu);

		if (cache && cache->shared_cpus <= (threads > 1 ? threads : 1) &&
			cache->bytes > bytes)
			bytes = cache->bytes;
	}
	return bytes;
}

/* The centre of one quantity over the windows of a round that know it: over the clean
 * ones, or where there are none over all, which *unclean tells. */
static double round_centre(
	const struct builder *b, size_t windows, int q, double p, bool *unclean)
{
	size_t count = 0;

	for (size_t i = 0; i < windows; i++)
		if (b->clean[i] && !isnan(b->values[i][q]))
			b->sample[count++] = b->values[i][q];
	if (count == 0) {
		for (size_t i = 0; i < windows; i++)
			if (!isnan(b->values[i][q]))
				b->sample[count++] = b->values[i][q];
		if (count > 0)
			*unclean = true;
	}
	statistics_sort(b->sample, count);
	return statistics_quantile(b->sample, count, p);
}

static void add_tally(struct reading_tally *sum, struct reading_tally tally)
{
	sum->rejected += tally.rejected;
	sum->scaled += tally.scaled;
	sum->sums += tally.sums;
	sum->sums_broken += tally.sums_broken;
	sum->silent += tally.silent;
}

/* Condenses the windows order.keys[from..to), all of one round; adds a round to the
 * stair unless all of them are error rows. */
static void add_round(
	struct builder *b, struct stair *stair, size_t from, size_t to, bool in_cache)
{
	struct stair_round *round = &stair->rounds[stair->rounds_count];
	size_t windows = 0;

	for (size_t i = from; i < to; i++) {
		const struct order_key *key = &b->order.keys[i];
		const struct measurement *measurement =
			&b->dataset->measurements[key->index];
		const struct reading *reading = &b->readings[key->group];

		if (measurement->error[0]) {
			stair->error_rows++;
			if (!stair->error)
				stair->error = measurement->error;
			continue;
		}
		if (stair->windows + windows == 0)
			stair->page_bytes = measurement->page_bytes;
		else if (stair->page_bytes != measurement->page_bytes)
			stair->page_bytes = 0;
		b->clean[windows] = measurement->clean;
		stair->windows_clean += measurement->clean;
		add_tally(&stair->tally,
			reading_quantities(reading, measurement, b->values[windows]));
		windows++;
	}
	stair->windows += windows;
	if (windows == 0)
		return;
	*round = (struct stair_round){.number = b->order.keys[from].round};
	for (int q = 0; q < QUANTITIES; q++)
		/* In a cache that no other core shares, disturbance only ever adds
		 * cycles: the lower quartile is steadier there by a factor of 3. */
		round->values[q] = round_centre(b, windows, q,
			q == QUANTITY_CYCLES && in_cache ? 0.25 : 0.5, &round->unclean);
	stair->rounds_unclean += round->unclean;
	stair->rounds_count++;
}

static struct estimate estimate_rounds(
	const struct builder *b, const struct stair *stair, int q)
{
	size_t count = 0;

	for (size_t i = 0; i < stair->rounds_count; i++)
		if (!isnan(stair->rounds[i].values[q]))
			b->sample[count++] = stair->rounds[i].values[q];
	return estimate_sample(b->sample, count, CONFIDENCE);
}

static void finish_stair(const struct builder *b, struct stair *stair)
{
	double target = b->options->target;

	for (int q = 0; q < QUANTITIES; q++) {
		stair->estimates[q] = estimate_rounds(b, stair, q);
		if (stair->estimates[q].count > 0)
			b->staircase->known[q] = true;
	}
	stair->cycles_counted = stair->estimates[QUANTITY_CYCLES].count > 0;
	stair->cycles = stair->estimates[stair->cycles_counted ? QUANTITY_CYCLES
							       : QUANTITY_CLOCK_CYCLES];
	stair->converged =
		estimate_half_width(&stair->estimates[QUANTITY_NS]) <= target ||
		estimate_half_width(&stair->cycles) <= target;
}

/* Fills a series from the keys [from, to); its stairs and rounds come next in the
 * staircase's arrays. */
static void fill_series(struct builder *b, struct series *series, size_t from, size_t to,
	struct stair_round **rounds)
{
	const struct point *point =
		&b->dataset->measurements[b->order.keys[from].index].point;
	uint64_t private_bytes = staircase_private_bytes(b->options->machine, point->cpu);

	series->kernel = point->kernel;
	series->backend = point->backend;
	series->stride = point->stride;
	series->cpu = point->cpu;
	series->node = point->node;
	series->baseline = strcmp(point->backend, b->options->baseline) == 0;
	for (size_t end; from < to; from = end) {
		struct stair *stair = &series->stairs[series->count++];
		size_t round_end;

		end = order_size_end(&b->order, from);
		*stair = (struct stair){
			.bytes = b->order.keys[from].bytes, .rounds = *rounds};
		for (size_t i = from; i < end; i = round_end) {
			round_end = order_round_end(&b->order, i);
			add_round(b, stair, i, round_end, stair->bytes <= private_bytes);
		}
		*rounds += stair->rounds_count;
		series->windows += stair->windows;
		finish_stair(b, stair);
	}
}

/* Time relative to the baseline's, from the log-ratios of rounds that both have. */
static void compare_stairs(
	const struct builder *b, struct stair *stair, const struct stair *baseline)
{
	struct estimate *ratio = &stair->ratio;
	size_t count = 0;

	for (size_t i = 0, j = 0;
		i < stair->rounds_count && j < baseline->rounds_count;) {
		const struct stair_round *mine = &stair->rounds[i];
		const struct stair_round *other = &baseline->rounds[j];

		if (mine->number == other->number) {
			double value = log(
				mine->values[QUANTITY_NS] / other->values[QUANTITY_NS]);

			if (isfinite(value))
				b->sample[count++] = value;
		}
		i += mine->number <= other->number;
		j += other->number <= mine->number;
	}
	*ratio = estimate_sample(b->sample, count, CONFIDENCE);
	estimate_exp(ratio);
	stair->verdict = verdict_judge(ratio);
}

static void compare_with_baseline(const struct builder *b)
{
	struct staircase *s = b->staircase;

	for (size_t i = 0; i < s->count; i++) {
		const struct series *baseline = NULL;

		for (size_t j = 0; j < s->count; j++)
			if (s->series[j].baseline &&
				series_same_facet(&s->series[i], &s->series[j]))
				baseline = &s->series[j];
		if (!baseline || baseline == &s->series[i])
			continue;
		for (size_t k = 0; k < s->series[i].count; k++) {
			struct stair *stair = &s->series[i].stairs[k];
			const struct stair *other = series_find(baseline, stair->bytes);

			if (other)
				compare_stairs(b, stair, other);
		}
	}
}

static void count_totals(const struct builder *b)
{
	struct staircase *s = b->staircase;

	for (size_t i = 0; i < s->count; i++)
		for (size_t k = 0; k < s->series[i].count; k++) {
			const struct stair *stair = &s->series[i].stairs[k];

			s->windows += stair->windows;
			s->windows_clean += stair->windows_clean;
			s->error_rows += stair->error_rows;
			add_tally(&s->tally, stair->tally);
			s->stairs_measured += stair->windows > 0;
			s->stairs_unconverged += stair->windows > 0 && !stair->converged;
		}
}

static void measure_clock(const struct builder *b)
{
	struct estimate *clock = &b->staircase->clock_ghz;
	size_t count = 0;

	for (size_t i = 0; i < b->dataset->count; i++)
		if (b->dataset->measurements[i].clock_ghz > 0)
			b->sample[count++] = b->dataset->measurements[i].clock_ghz;
	*clock = estimate_spread(b->sample, count);
}

static void init_reading(struct builder *b, size_t index)
{
	const struct staircase_options *options = b->options;
	const char *name = b->order.groups[index]->group;
	const struct environment_window_cost *cost = NULL;
	const struct group *group = NULL;

	for (size_t i = 0; i < options->groups_count; i++)
		if (strcmp(name, options->groups[i].name) == 0)
			group = &options->groups[i];
	for (size_t i = 0; i < options->costs_count; i++)
		if (strcmp(name, options->costs[i].group) == 0)
			cost = &options->costs[i];
	reading_init(&b->readings[index], group, &b->dataset->events, cost);
	reading_exclude(&b->readings[index], options->verdicts, options->verdicts_count,
		b->staircase->excluded);
	b->readings[index].scaled = options->scaled;
}

static int allocate(struct builder *b)
{
	struct staircase *s = b->staircase;
	size_t n = b->order.count;
	size_t series = 0, stairs = 0, rounds = 0, longest = 0;

	for (size_t i = 0; i < n; i = order_series_end(&b->order, i))
		series++;
	for (size_t i = 0; i < n; i = order_size_end(&b->order, i))
		stairs++;
	for (size_t i = 0, end; i < n; i = end) {
		end = order_round_end(&b->order, i);
		rounds++;
		if (end - i > longest)
			longest = end - i;
	}
	s->series = calloc(series + 1, sizeof(*s->series));
	s->stairs = calloc(stairs + 1, sizeof(*s->stairs));
	s->rounds = calloc(rounds + 1, sizeof(*s->rounds));
	b->readings = calloc(b->order.groups_count + 1, sizeof(*b->readings));
	b->values = calloc(longest + 1, sizeof(*b->values));
	b->clean = calloc(longest + 1, sizeof(*b->clean));
	b->sample = calloc(n + 1, sizeof(*b->sample));
	if (!s->series || !s->stairs || !s->rounds || !b->readings || !b->values ||
		!b->clean || !b->sample)
		return -ENOMEM;
	for (size_t i = 0; i < b->order.groups_count; i++)
		init_reading(b, i);
	return 0;
}

int staircase_build(struct staircase *staircase, const struct dataset *dataset,
	const struct staircase_options *options)
{
	struct builder b = {
		.staircase = staircase, .dataset = dataset, .options = options};
	struct stair_round *rounds;
	struct stair *stairs;
	int error;

	*staircase = (struct staircase){.target = options->target};
	error = order_build(&b.order, dataset);
	if (error)
		return error;
	error = allocate(&b);
	if (error)
		goto out;
	rounds = staircase->rounds;
	stairs = staircase->stairs;
	for (size_t i = 0, end; i < b.order.count; i = end) {
		struct series *series = &staircase->series[staircase->count++];

		end = order_series_end(&b.order, i);
		series->stairs = stairs;
		fill_series(&b, series, i, end, &rounds);
		stairs += series->count;
	}
	compare_with_baseline(&b);
	count_totals(&b);
	measure_clock(&b);
out:
	if (error)
		staircase_release(staircase);
	free(b.readings);
	free(b.values);
	free(b.clean);
	free(b.sample);
	order_release(&b.order);
	return error;
}

void staircase_release(struct staircase *staircase)
{
	free(staircase->series);
	free(staircase->stairs);
	free(staircase->rounds);
	*staircase = (struct staircase){0};
}
