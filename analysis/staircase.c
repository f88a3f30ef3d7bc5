/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/staircase.h"

#include "analysis/rounds.h"
#include "core/kernel.h"
#include "core/statistics.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define CONFIDENCE 0.95

/* What building needs beside the result. */
struct builder {
	struct staircase *staircase;
	const struct staircase_options *options;
	struct rounds *rounds;
	double *sample; /* long enough for any */
};

bool series_is_latency(const struct series *series)
{
	const struct kernel *kernel = kernel_find(series->kernel);

	return kernel && kernel->dependent && series->windows > 0;
}

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

static int compare_numbers(const void *key, const void *element)
{
	const uint64_t *number = key;
	const struct stair_round *round = element;

	return (*number > round->number) - (*number < round->number);
}

double stair_time_in_round(const struct stair *stair, uint64_t number)
{
	const struct stair_round *round = bsearch(&number, stair->rounds,
		stair->rounds_count, sizeof(*stair->rounds), compare_numbers);

	return round ? round->values[QUANTITY_NS] : NAN;
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

/* What a round adds to its stair. All may be error rows. */
static void add_round(struct stair *stair, struct round *round)
{
	stair->error_rows += round->error_rows;
	if (!stair->error) {
		stair->error = round->error;
		round->error = NULL;
	}
	if (round->windows == 0)
		return;
	if (stair->windows == 0)
		stair->page_bytes = round->page_bytes;
	else if (stair->page_bytes != round->page_bytes)
		stair->page_bytes = 0;
	stair->windows += round->windows;
	stair->windows_clean += round->windows_clean;
	reading_tally_add(&stair->tally, round->tally);
	stair->rounds_unclean += round->unclean;
	stair->rounds[stair->rounds_count] = (struct stair_round){
		.number = round->key.number, .unclean = round->unclean};
	memcpy(stair->rounds[stair->rounds_count++].values, round->values,
		sizeof(round->values));
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

/* Fills a series from the rounds [from, to); its stairs and their rounds come next in the
 * staircase's arrays. */
static void fill_series(struct builder *b, struct series *series, size_t from, size_t to,
	struct stair_round **rounds)
{
	const struct point *point = &b->rounds->list[from].point;

	series->kernel = point->kernel;
	series->backend = point->backend;
	series->stride = point->stride;
	series->cpu = point->cpu;
	series->node = point->node;
	series->baseline = strcmp(point->backend, b->options->baseline) == 0;
	for (size_t end; from < to; from = end) {
		struct stair *stair = &series->stairs[series->count++];

		end = rounds_size_end(b->rounds, from);
		*stair = (struct stair){
			.bytes = b->rounds->list[from].key.bytes, .rounds = *rounds};
		for (size_t i = from; i < end; i++)
			add_round(stair, &b->rounds->list[i]);
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
			reading_tally_add(&s->tally, stair->tally);
			s->stairs_measured += stair->windows > 0;
			s->stairs_unconverged += stair->windows > 0 && !stair->converged;
		}
}

static int allocate(struct builder *b)
{
	struct staircase *s = b->staircase;
	size_t n = b->rounds->count;
	size_t series = 0, stairs = 0;

	for (size_t i = 0; i < n; i = rounds_series_end(b->rounds, i))
		series++;
	for (size_t i = 0; i < n; i = rounds_size_end(b->rounds, i))
		stairs++;
	s->series = calloc(series + 1, sizeof(*s->series));
	s->stairs = calloc(stairs + 1, sizeof(*s->stairs));
	s->rounds = calloc(n + 1, sizeof(*s->rounds));
	b->sample = calloc(n + 1, sizeof(*b->sample));
	return s->series && s->stairs && s->rounds && b->sample ? 0 : -ENOMEM;
}

int staircase_of_rounds(struct staircase *staircase, struct rounds *rounds,
	const struct staircase_options *options)
{
	struct builder b = {.staircase = staircase, .rounds = rounds, .options = options};
	struct stair_round *next_rounds;
	struct stair *stairs;
	int error;

	*staircase = (struct staircase){.target = options->target};
	memcpy(staircase->excluded, rounds->excluded, sizeof(rounds->excluded));
	error = allocate(&b);
	if (error)
		goto out;
	next_rounds = staircase->rounds;
	stairs = staircase->stairs;
	for (size_t i = 0, end; i < rounds->count; i = end) {
		struct series *series = &staircase->series[staircase->count++];

		end = rounds_series_end(rounds, i);
		series->stairs = stairs;
		fill_series(&b, series, i, end, &next_rounds);
		stairs += series->count;
	}
	compare_with_baseline(&b);
	count_totals(&b);
	staircase->clock_ghz = estimate_spread(rounds->clocks, rounds->clocks_count);
out:
	if (error)
		staircase_release(staircase);
	free(b.sample);
	return error;
}

int staircase_build(struct staircase *staircase, const struct dataset *dataset,
	const struct staircase_options *options)
{
	struct rounds rounds;
	int error = 0;

	rounds_init(&rounds, options, &dataset->events);
	for (size_t i = 0; i < dataset->count && !error; i++)
		error = rounds_add(&rounds, &dataset->measurements[i]);
	if (!error)
		error = rounds_finish(&rounds);
	if (!error)
		error = staircase_of_rounds(staircase, &rounds, options);
	rounds_release(&rounds);
	return error;
}

void staircase_release(struct staircase *staircase)
{
	for (size_t i = 0; i < staircase->count; i++)
		for (size_t k = 0; k < staircase->series[i].count; k++)
			free(staircase->series[i].stairs[k].error);
	free(staircase->series);
	free(staircase->stairs);
	free(staircase->rounds);
	*staircase = (struct staircase){0};
}
