/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/level-parts.h"

#include "core/kernel.h"
#include "core/statistics.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

/* No curve is known better than this: the shapes of steps are not those of the fit. */
#define LEAST_ERROR 0.04
/* Of a normal deviation: the interval from p10 to p90, and what a median loses. */
#define P10_TO_P90 2.563
#define MEDIAN_LOSS 1.253

/* Sizes over which the time is constant: where their rounds lie in the pool. */
struct block {
	size_t first, count, end;
	double median;
};

/* The median of a sum of quantities over the drawn rounds of one size. */
static double centre(const struct level_sample *sample, size_t size,
	const enum quantity *quantities, size_t count)
{
	const struct stair_round **rounds = &sample->rounds[size * sample->rounds_count];
	size_t n = 0;

	for (size_t r = 0; r < sample->rounds_count; r++) {
		const struct stair_round *round = rounds[sample->drawn[r]];
		double sum = 0;

		for (size_t q = 0; round && q < count; q++)
			sum += round->values[quantities[q]];
		if (round && !isnan(sum))
			sample->scratch[n++] = sum;
	}
	return statistics_median_selected(sample->scratch, n);
}

/* A size that no drawn round has keeps what all of them say. */
static void condense_times(struct level_sample *sample)
{
	sample->cycles_known = true;
	for (size_t i = 0; i < sample->count; i++) {
		const struct stair *stair = sample->stairs[i];
		enum quantity cycles =
			stair->cycles_counted ? QUANTITY_CYCLES : QUANTITY_CLOCK_CYCLES;
		double value = centre(sample, i, (enum quantity[]){QUANTITY_NS}, 1);

		sample->ns[i] =
			isnan(value) ? stair->estimates[QUANTITY_NS].median : value;
		value = centre(sample, i, &cycles, 1);
		sample->cycles[i] = isnan(value) ? stair->cycles.median : value;
		sample->cycles_known &= sample->cycles[i] > 0;
	}
}

static int condense_border(struct level_sample *sample, struct level_border *border)
{
	for (size_t i = 0; i < sample->count && border->known; i++) {
		double value = centre(sample, i, border->sources, border->sources_count);

		/* Fills that no read asked for may make it more than one a read. */
		border->beyond[i] = fmin(fmax(value, 0), 1);
		border->known = !isnan(value);
	}
	if (border->known && statistics_make_monotone(border->beyond, sample->count))
		return -ENOMEM;
	border->half = border->known ? level_crossing(sample, border->beyond, 0.5) : NAN;
	return 0;
}

/* The times of a size's drawn rounds, appended; returns how many. */
static size_t gather(const struct level_sample *sample, size_t size, double *times)
{
	const struct stair *stair = sample->stairs[size];
	enum quantity cycles =
		stair->cycles_counted ? QUANTITY_CYCLES : QUANTITY_CLOCK_CYCLES;
	size_t n = 0;

	for (size_t r = 0; r < sample->rounds_count; r++) {
		const struct stair_round *round =
			sample->rounds[size * sample->rounds_count + sample->drawn[r]];
		double time = !round                 ? NAN
			      : sample->cycles_known ? round->values[cycles]
						     : round->values[QUANTITY_NS];

		if (time > 0)
			times[n++] = time;
	}
	if (n == 0)
		times[n++] =
			sample->cycles_known ? sample->cycles[size] : sample->ns[size];
	return n;
}

/*
 * The time by size that no rounds contradict by most: it never falls, and is the median
 * of all rounds of the sizes over which it is constant (isotonic median regression, by
 * pooling of adjacent violators: Robertson and Wright, "Algorithms in order restricted
 * statistical inference and the Cauchy mean value property", 1980). A few rounds of a
 * size that is now in a cache and now beyond it tell little; those of its neighbours
 * help.
 */
static void pool_times(struct level_sample *sample)
{
	struct block *blocks = sample->blocks;
	size_t count = 0;
	size_t used = 0;

	for (size_t i = 0; i < sample->count; i++) {
		size_t n = gather(sample, i, &sample->pool[used]);

		blocks[count++] = (struct block){used, n, i + 1,
			statistics_median_selected(&sample->pool[used], n)};
		used += n;
		while (count > 1 && blocks[count - 2].median > blocks[count - 1].median) {
			struct block *block = &blocks[--count - 1];

			block->count += blocks[count].count;
			block->end = i + 1;
			block->median = statistics_median_selected(
				&sample->pool[block->first], block->count);
		}
	}
	for (size_t b = 0, i = 0; b < count; b++)
		for (; i < blocks[b].end; i++)
			sample->times[i] = blocks[b].median;
}

/* The steps of TLBs are looked for as well, where none is counted: what is thought of
 * them beforehand helps to place caches only. */
static void forget(struct level_parts *parts, size_t from, size_t to)
{
	for (size_t p = from; p < to; p++)
		parts->list[p] = (struct step_given){.values = NULL};
}

static void fit_unexplained(struct level_sample *sample, const struct level_parts *parts)
{
	struct step_fit fit;

	level_parts_give(parts);
	step_fit(&sample->dictionary, sample->times, &fit);
	for (size_t p = 0; p < parts->count; p++)
		for (size_t i = 0; i < sample->count && parts->list[p].values; i++)
			sample->given[i] += fit.given[p] * parts->list[p].values[i];
	steps_find(&fit, sample->x, sample->given, sample->count, &sample->unexplained);
}

static int find_unexplained(struct level_sample *sample)
{
	static const bool all[3] = {false};
	struct level_parts parts = {.sample = sample};
	size_t borders, reaches;
	int error;

	level_parts_add_borders(&parts);
	borders = parts.count;
	level_parts_add_reaches(&parts, all);
	reaches = parts.count;
	level_parts_give(&parts);
	error = level_place_caches(&parts);
	if (sample->tlbs_counted == 0)
		forget(&parts, borders, reaches);
	if (!error)
		fit_unexplained(sample, &parts);
	level_parts_give(&(struct level_parts){.sample = sample});
	return error;
}

static int find_steps(struct level_sample *sample)
{
	struct step_fit fit;

	sample->steps.count = sample->unexplained.count = sample->placed_count = 0;
	sample->gap_closed = false;
	if (sample->count < 2)
		return 0;
	pool_times(sample);
	step_fit(&sample->dictionary, sample->times, &fit);
	for (size_t i = 0; i < sample->count; i++)
		sample->given[i] = 0;
	steps_find(&fit, sample->x, sample->given, sample->count, &sample->steps);
	if (!sample->per_page && sample->caches_counted + sample->tlbs_counted > 0)
		return find_unexplained(sample);
	sample->unexplained = sample->steps;
	return 0;
}

static int condense(struct level_sample *sample)
{
	condense_times(sample);
	sample->caches_counted = sample->tlbs_counted = 0;
	for (size_t b = 0; b < sample->borders_count; b++) {
		struct level_border *border = &sample->borders[b];

		border->known = true;
		if (condense_border(sample, border))
			return -ENOMEM;
		sample->caches_counted += border->known && border->kind == LEVEL_CACHE;
		sample->tlbs_counted += border->known && border->kind == LEVEL_TLB;
	}
	return 0;
}

/* Relative standard errors of the median over rounds, those of neighbours together: a
 * few rounds tell little of their own spread. */
static void estimate_errors(struct level_sample *sample)
{
	for (size_t i = 0; i < sample->count; i++) {
		size_t first = i > 0 ? i - 1 : 0;
		size_t last = i + 1 < sample->count ? i + 1 : i;
		double sum = 0;
		size_t n = 0;

		for (size_t k = first; k <= last; k++) {
			const struct estimate *time =
				sample->cycles_known
					? &sample->stairs[k]->cycles
					: &sample->stairs[k]->estimates[QUANTITY_NS];

			if (time->count < 2 || !(time->p10 > 0))
				continue;
			sum += MEDIAN_LOSS * log(time->p90 / time->p10) / P10_TO_P90 /
			       sqrt((double)time->count);
			n++;
		}
		sample->errors[i] = hypot(LEAST_ERROR, n ? sum / (double)n : 0);
	}
}

static int make_dictionary(struct level_sample *sample)
{
	estimate_errors(sample);
	pool_times(sample);
	for (size_t i = 0; i < sample->count; i++)
		sample->scratch[i] = sample->errors[i] * sample->times[i];
	return step_dictionary_init(
		&sample->dictionary, sample->x, sample->scratch, sample->count);
}

static int compare_numbers(const void *left, const void *right)
{
	const uint64_t *a = left;
	const uint64_t *b = right;

	return (*a > *b) - (*a < *b);
}

/* The numbers of all rounds; *count of them. NULL: not enough memory. */
static uint64_t *round_numbers(const struct series *series, size_t *count)
{
	uint64_t *numbers;
	size_t all = 0;

	*count = 0;
	for (size_t i = 0; i < series->count; i++)
		all += series->stairs[i].rounds_count;
	numbers = calloc(all + 1, sizeof(*numbers));
	if (!numbers)
		return NULL;
	all = 0;
	for (size_t i = 0; i < series->count; i++)
		for (size_t r = 0; r < series->stairs[i].rounds_count; r++)
			numbers[all++] = series->stairs[i].rounds[r].number;
	qsort(numbers, all, sizeof(*numbers), compare_numbers);
	for (size_t i = 0; i < all; i++)
		if (*count == 0 || numbers[i] != numbers[*count - 1])
			numbers[(*count)++] = numbers[i];
	return numbers;
}

static void fill_rounds(struct level_sample *sample, const uint64_t *numbers)
{
	for (size_t i = 0; i < sample->count; i++) {
		const struct stair *stair = sample->stairs[i];

		for (size_t r = 0; stair && r < stair->rounds_count; r++) {
			const uint64_t *at = bsearch(&stair->rounds[r].number, numbers,
				sample->rounds_count, sizeof(*numbers), compare_numbers);

			sample->rounds[i * sample->rounds_count +
				       (size_t)(at - numbers)] = &stair->rounds[r];
		}
	}
}

static int allocate(struct level_sample *sample, const struct series *series)
{
	const size_t n = series->count;
	const size_t longest = n > sample->rounds_count ? n : sample->rounds_count;

	sample->stairs = calloc(n + 1, sizeof(*sample->stairs));
	sample->rounds = calloc(n * sample->rounds_count + 1, sizeof(*sample->rounds));
	sample->drawn = calloc(sample->rounds_count + 1, sizeof(*sample->drawn));
	sample->x = calloc(
		(6 + STEP_GIVEN + LEVEL_FIRST_REACHES) * n + 1, sizeof(*sample->x));
	sample->pool = calloc(n * sample->rounds_count + 1, sizeof(*sample->pool));
	sample->blocks = calloc(n + 1, sizeof(*sample->blocks));
	sample->scratch = calloc(longest + 1, sizeof(*sample->scratch));
	if (!sample->stairs || !sample->rounds || !sample->drawn || !sample->x ||
		!sample->scratch || !sample->pool || !sample->blocks)
		return -ENOMEM;
	sample->cycles = sample->x + n;
	sample->ns = sample->x + 2 * n;
	sample->errors = sample->x + 3 * n;
	sample->times = sample->x + 4 * n;
	sample->given = sample->x + 5 * n;
	sample->parts = sample->x + 6 * n;
	for (size_t b = 0; b < sample->borders_count; b++) {
		sample->borders[b].beyond = calloc(n + 1, sizeof(double));
		if (!sample->borders[b].beyond)
			return -ENOMEM;
	}
	return 0;
}

/* A time of nothing, less than what a window costs itself, has no logarithm. */
static bool is_measured(const struct stair *stair)
{
	return stair->windows > 0 && stair->bytes > 0 &&
	       stair->estimates[QUANTITY_NS].median > 0;
}

int level_sample_init(struct level_sample *sample, const struct staircase *staircase,
	const struct series *series, const struct machine *machine)
{
	const struct kernel *kernel = kernel_find(series->kernel);
	uint64_t *numbers;
	int error;

	*sample = (struct level_sample){.series = series,
		.machine = machine,
		.per_page = kernel && kernel->per_page};
	numbers = round_numbers(series, &sample->rounds_count);
	if (!numbers)
		return -ENOMEM;
	level_borders_list(sample, staircase, machine);
	level_reaches_list(sample, machine);
	error = allocate(sample, series);
	if (error)
		goto out;
	for (size_t i = 0; i < series->count; i++)
		if (is_measured(&series->stairs[i])) {
			sample->x[sample->count] = log2((double)series->stairs[i].bytes);
			sample->stairs[sample->count++] = &series->stairs[i];
		}
	fill_rounds(sample, numbers);
	for (size_t r = 0; r < sample->rounds_count; r++)
		sample->drawn[r] = r;
	condense_times(sample);
	if (sample->count >= 2)
		error = make_dictionary(sample);
	if (!error)
		error = condense(sample);
	if (!error)
		error = find_steps(sample);
out:
	free(numbers);
	return error;
}

/* The medians of a size's rounds from..to of those numbered; false: none was measured. */
static bool condense_rounds(const struct level_sample *sample, size_t size, size_t from,
	size_t to, struct stair_round *condensed)
{
	const struct stair_round **rounds = &sample->rounds[size * sample->rounds_count];
	bool measured = false;

	for (int q = 0; q < QUANTITIES; q++) {
		size_t n = 0;

		for (size_t r = from; r < to; r++) {
			measured |= rounds[r] != NULL;
			if (rounds[r] && !isnan(rounds[r]->values[q]))
				sample->scratch[n++] = rounds[r]->values[q];
		}
		condensed->values[q] = statistics_median_selected(sample->scratch, n);
	}
	return measured;
}

int level_sample_batch(struct level_sample *sample)
{
	const size_t all = sample->rounds_count;
	const size_t count = all < LEVEL_BATCHES ? all : LEVEL_BATCHES;

	if (count == all)
		return 0;
	sample->batches = calloc(sample->count * count + 1, sizeof(*sample->batches));
	if (!sample->batches)
		return -ENOMEM;
	/* In place: no batch of a size lies behind the rounds that it is of. */
	for (size_t i = 0; i < sample->count; i++)
		for (size_t b = 0; b < count; b++) {
			struct stair_round *batch = &sample->batches[i * count + b];
			bool measured = condense_rounds(
				sample, i, b * all / count, (b + 1) * all / count, batch);

			sample->rounds[i * count + b] = measured ? batch : NULL;
		}
	sample->rounds_count = count;
	return 0;
}

int level_sample_draw(struct level_sample *sample, struct random *random)
{
	for (size_t r = 0; r < sample->rounds_count; r++)
		sample->drawn[r] = random_below(random, sample->rounds_count);
	if (condense(sample))
		return -ENOMEM;
	/* Where counters tell everything, the time is a witness once and for all. */
	if (!sample->covers_caches || sample->caches_counted == 0 ||
		sample->tlbs_counted == 0)
		return find_steps(sample);
	return 0;
}

void level_sample_release(struct level_sample *sample)
{
	for (size_t b = 0; b < sample->borders_count; b++)
		free(sample->borders[b].beyond);
	step_dictionary_release(&sample->dictionary);
	free(sample->stairs);
	free(sample->rounds);
	free(sample->drawn);
	free(sample->x);
	free(sample->scratch);
	free(sample->pool);
	free(sample->blocks);
	free(sample->batches);
	*sample = (struct level_sample){0};
}
