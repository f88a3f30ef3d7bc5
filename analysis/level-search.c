/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/level-sample.h"
#include "core/statistics.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SERVES_MOST 0.8
#define WITNESS_OCTAVES 0.75

static void measure_border(const struct level_sample *sample,
	const struct level_border *border, struct level *level)
{
	*level = (struct level){.kind = border->kind,
		.number = border->number,
		.witness = WITNESS_COUNTERS};
	level->values[LEVEL_ONSET].value =
		exp2(level_crossing(sample, border->beyond, 0.05));
	level->values[LEVEL_HALF].value = exp2(border->half);
	level->values[LEVEL_FULL].value =
		exp2(level_crossing(sample, border->beyond, 0.95));
	level->values[LEVEL_RESIDENT].value = NAN;
	if (isnan(level->values[LEVEL_HALF].value))
		return;
	/* Where hardly anything stays, what stays is mostly noise. */
	level->values[LEVEL_RESIDENT].value = 0;
	for (size_t i = 0; i < sample->count && border->beyond[i] <= 0.95; i++)
		level->values[LEVEL_RESIDENT].value =
			fmax(level->values[LEVEL_RESIDENT].value,
				exp2(sample->x[i]) * (1 - border->beyond[i]));
}

/* Whether a step of the time lies near a level that counters found. */
static bool has_witness(const struct level_sample *sample, const struct level *level)
{
	/* A TLB is felt from its reach on, half of it at twice that. */
	for (size_t i = 0; i < sample->steps.count; i++)
		if (fabs(sample->steps.list[i].half -
			    log2(level->values[LEVEL_HALF].value)) <= WITNESS_OCTAVES ||
			(level->kind == LEVEL_TLB &&
				fabs(sample->steps.list[i].onset -
					log2(level->values[LEVEL_ONSET].value)) <=
					WITNESS_OCTAVES))
			return true;
	return false;
}

static struct level *add(
	struct level_search *search, const struct level *level, const double *beyond)
{
	struct levels *levels = search->levels;

	if (levels->count == LEVELS)
		return NULL;
	levels->list[levels->count] = *level;
	search->beyond[levels->count] = beyond;
	return &levels->list[levels->count++];
}

/* The most of the reads of any size that end between one border and the next. */
static double most_served(
	const struct level_sample *sample, const double *before, const double *beyond)
{
	double most = 0;

	for (size_t i = 0; i < sample->count; i++)
		most = fmax(most, (before ? before[i] : 1) - beyond[i]);
	return most;
}

/* The levels whose source serves most of the reads at some size. */
static void add_counted(struct level_search *search, enum level_kind kind)
{
	const struct level_sample *sample = search->sample;
	const double *before = NULL;

	for (size_t b = 0; b < sample->borders_count; b++) {
		const struct level_border *border = &sample->borders[b];
		struct level level;

		if (border->kind != kind || !border->known)
			continue;
		if (most_served(sample, before, border->beyond) <= 0.5)
			continue;
		before = border->beyond;
		measure_border(sample, border, &level);
		/* A TLB that no size overflows is not seen at all. */
		if (isnan(level.values[LEVEL_HALF].value) && kind == LEVEL_TLB)
			continue;
		if (has_witness(sample, &level))
			level.witness = WITNESS_BOTH;
		(void)add(search, &level, border->beyond);
		/* What serves behind it is not reached. */
		if (isnan(level.values[LEVEL_HALF].value))
			return;
	}
}

/* Whether a counter settles what a step in time is named for. */
static bool is_counted(const struct level_search *search, const struct level *step)
{
	const struct level_sample *sample = search->sample;

	if (step->kind == LEVEL_TLB)
		return sample->tlbs_counted > 0;
	if (sample->covers_caches && sample->caches_counted > 0)
		return true;
	for (size_t i = 0; i < search->levels->count; i++) {
		const struct level *level = &search->levels->list[i];

		if (level->kind == step->kind && level->number == step->number &&
			step->number)
			return true;
		if (fabs(log2(level->values[LEVEL_HALF].value /
			      step->values[LEVEL_HALF].value)) <= WITNESS_OCTAVES)
			return true;
	}
	return false;
}

static void add_steps(struct level_search *search, enum level_kind kind,
	const struct level *steps, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (steps[i].kind == kind && !is_counted(search, &steps[i]))
			(void)add(search, &steps[i], NULL);
}

/* One that never overflows is the last. */
static double size_of(const struct level *level)
{
	return isnan(level->values[LEVEL_HALF].value) ? INFINITY
						      : level->values[LEVEL_HALF].value;
}

static int compare_levels(const void *left, const void *right)
{
	double a = size_of(left);
	double b = size_of(right);

	return (a > b) - (a < b);
}

/* Caches that counters and time told in turn: by size, with their borders. */
static void sort_caches(struct level_search *search)
{
	struct levels *levels = search->levels;

	qsort(levels->list, levels->count, sizeof(levels->list[0]), compare_levels);
	for (size_t i = 0; i < levels->count; i++) {
		search->beyond[i] = NULL;
		for (size_t b = 0; b < search->sample->borders_count; b++) {
			const struct level_border *border = &search->sample->borders[b];

			if (levels->list[i].witness != WITNESS_TIME &&
				border->kind == LEVEL_CACHE &&
				border->number == levels->list[i].number)
				search->beyond[i] = border->beyond;
		}
	}
}

/* What lies behind the last cache that overflows: the next one, or memory. */
static void add_behind(struct level_search *search)
{
	struct levels *levels = search->levels;
	unsigned last = machine_last_cache_level(search->machine, levels->series->cpu);
	struct level level = {.kind = LEVEL_MEMORY, .witness = WITNESS_TIME};
	const struct level *before =
		levels->count ? &levels->list[levels->count - 1] : NULL;

	if (before && isnan(before->values[LEVEL_HALF].value))
		return;
	level.values[LEVEL_ONSET].value = level.values[LEVEL_HALF].value =
		level.values[LEVEL_FULL].value = level.values[LEVEL_RESIDENT].value = NAN;
	if (before)
		level.witness = before->witness;
	if (!before ? last > 0 : before->number && before->number < last) {
		bool counted = search->sample->covers_caches &&
			       search->sample->caches_counted > 0;

		/* Where counters see all caches, what they did not find is not there. */
		if (!counted) {
			level.kind = LEVEL_CACHE;
			level.number = before ? before->number + 1 : 1;
		}
	}
	if (level.kind == LEVEL_MEMORY)
		(void)snprintf(level.name, sizeof(level.name), "%s",
			before && before->number ? "DRAM" : "farthest");
	(void)add(search, &level, NULL);
}

/* Share of a size's reads that go beyond a level. */
static double share_beyond(const struct level_search *search, size_t index, size_t size)
{
	const struct level *level = &search->levels->list[index];
	double x = search->sample->x[size];
	double onset, half, full;

	if (search->beyond[index])
		return search->beyond[index][size];
	if (isnan(level->values[LEVEL_HALF].value))
		return 0;
	onset = log2(level->values[LEVEL_ONSET].value);
	half = log2(level->values[LEVEL_HALF].value);
	full = log2(level->values[LEVEL_FULL].value);
	if (x <= onset)
		return 0;
	if (x < half)
		return 0.05 + 0.45 * (x - onset) / (half - onset);
	return x < full ? 0.5 + 0.45 * (x - half) / (full - half) : 1;
}

/* Latency and sizes of a cache or of memory: those where it serves most reads. */
static void measure_latency(struct level_search *search, size_t index)
{
	const struct level_sample *sample = search->sample;
	struct level *level = &search->levels->list[index];
	double *ns = search->scratch;
	double *cycles = search->scratch + sample->count;
	size_t n = 0;

	level->sizes = 0;
	level->cycles_counted = true;
	for (size_t i = 0; i < sample->count; i++) {
		double reaching = index > 0 ? share_beyond(search, index - 1, i) : 1;

		if (reaching - share_beyond(search, index, i) < SERVES_MOST)
			continue;
		if (level->sizes++ == 0)
			level->first_bytes = sample->stairs[i]->bytes;
		level->last_bytes = sample->stairs[i]->bytes;
		ns[level->sizes - 1] = sample->ns[i];
		if (isnan(sample->cycles[i]))
			continue;
		cycles[n++] = sample->cycles[i];
		level->cycles_counted &= sample->stairs[i]->cycles_counted;
	}
	level->values[LEVEL_NS].value = statistics_median(ns, level->sizes);
	level->values[LEVEL_CYCLES].value = statistics_median(cycles, n);
}

static void set_nominal(struct level_search *search, struct level *level)
{
	struct nominal nominals[NOMINALS];
	const unsigned cpu = search->levels->series->cpu;
	size_t count = nominal_list(search->machine, cpu, nominals);
	double nearest = INFINITY;

	for (size_t i = 0; i < count; i++) {
		double distance = fabs(log2(
			(double)nominals[i].bytes / level->values[LEVEL_RESIDENT].value));

		if (nominals[i].tlb != (level->kind == LEVEL_TLB) ||
			nominals[i].level != level->number || distance >= nearest)
			continue;
		/* Of a TLB's reaches, by page size, the nearest. */
		if (level->kind == LEVEL_TLB)
			nearest = distance;
		level->nominal = nominals[i];
		level->shared =
			level->kind == LEVEL_CACHE &&
			nominals[i].bytes > staircase_private_bytes(search->machine, cpu);
	}
	if (level->kind == LEVEL_CACHE && level->number)
		(void)snprintf(level->name, sizeof(level->name), "L%u", level->number);
	if (level->kind == LEVEL_TLB)
		(void)snprintf(level->name, sizeof(level->name), "L%u %s", level->number,
			level->number == 1 ? "dTLB" : "TLB");
}

/* What a read past a TLB takes longer: the height of its step. */
static void measure_miss(const struct level_search *search, struct level *level)
{
	const struct level_sample *sample = search->sample;
	double half = log2(level->values[LEVEL_HALF].value);
	const struct step *nearest = NULL;
	size_t size = 0;

	for (size_t i = 0; i < sample->steps.count; i++)
		if (!nearest || fabs(sample->steps.list[i].half - half) <
					fabs(nearest->half - half))
			nearest = &sample->steps.list[i];
	if (!nearest || fabs(nearest->half - half) > WITNESS_OCTAVES)
		return;
	while (size + 1 < sample->count && sample->x[size] < nearest->full)
		size++;
	level->values[LEVEL_NS].value = nearest->after - nearest->before;
	if (!sample->cycles_known)
		return;
	level->values[LEVEL_CYCLES].value = level->values[LEVEL_NS].value;
	level->values[LEVEL_NS].value *= sample->ns[size] / sample->cycles[size];
	level->cycles_counted = sample->stairs[size]->cycles_counted;
}

/* Caches by size, and what lies behind them. */
static void add_caches(
	struct level_search *search, const struct level *steps, size_t count)
{
	struct levels *levels = search->levels;

	add_counted(search, LEVEL_CACHE);
	add_steps(search, LEVEL_CACHE, steps, count);
	sort_caches(search);
	if (search->sample->count > 0)
		add_behind(search);
	levels->caches = levels->count;
	for (size_t i = 0; i < levels->caches; i++)
		measure_latency(search, i);
}

int level_search(struct level_search *search)
{
	struct levels *levels = search->levels;
	const bool per_page = search->sample->per_page;
	struct level steps[LEVELS_TIMED];
	size_t count;

	if (level_name_steps(search->sample, search->machine, steps, &count))
		return -ENOMEM;
	levels->count = levels->caches = 0;
	levels->caches_counted = search->sample->caches_counted > 0;
	levels->tlbs_counted = search->sample->tlbs_counted > 0;
	if (!per_page)
		add_caches(search, steps, count);
	add_counted(search, LEVEL_TLB);
	add_steps(search, LEVEL_TLB, steps, count);
	add_steps(search, LEVEL_STEP, steps, count);
	for (size_t i = 0; i < levels->count; i++) {
		struct level *level = &levels->list[i];

		if (i >= levels->caches)
			level->values[LEVEL_CYCLES].value =
				level->values[LEVEL_NS].value = NAN;
		if (i >= levels->caches && per_page)
			measure_miss(search, level);
		set_nominal(search, level);
	}
	return 0;
}
