/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/levels.h"

#include "analysis/level-sample.h"
#include "core/statistics.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Octaves between the halves of what two samples call the same. */
#define SAME_OCTAVES 0.75
/* Bootstraps draw the same rounds each time, so that a report is the same. */
enum { BOOTSTRAP_SEED = 1 };

/* The same level in another sample: by name, and by place where both have one. */
static struct level *find_same(struct levels *levels, const struct level *level)
{
	for (size_t i = 0; i < levels->count; i++) {
		struct level *other = &levels->list[i];

		if (other->kind != level->kind || strcmp(other->name, level->name) != 0)
			continue;
		if (fabs(log2(other->values[LEVEL_HALF].value /
			      level->values[LEVEL_HALF].value)) > SAME_OCTAVES)
			continue;
		return other;
	}
	return NULL;
}

/* What the bootstraps said, by level and value. */
struct spread {
	double values[LEVELS][LEVEL_VALUES][LEVEL_BOOTSTRAPS];
	size_t counts[LEVELS][LEVEL_VALUES];
	size_t kept[LEVELS];
};

static void collect(struct spread *spread, struct levels *found, struct levels *drawn)
{
	for (size_t i = 0; i < found->count; i++) {
		struct level *same = find_same(drawn, &found->list[i]);

		if (!same)
			continue;
		spread->kept[i]++;
		for (int v = 0; v < LEVEL_VALUES; v++) {
			double value = same->values[v].value;

			if (isfinite(value))
				spread->values[i][v][spread->counts[i][v]++] = value;
		}
	}
}

static void set_intervals(struct spread *spread, struct levels *found)
{
	for (size_t i = 0; i < found->count; i++) {
		found->list[i].confidence = (double)spread->kept[i] / LEVEL_BOOTSTRAPS;
		for (int v = 0; v < LEVEL_VALUES; v++) {
			struct level_value *value = &found->list[i].values[v];
			double *sample = spread->values[i][v];
			size_t count = spread->counts[i][v];

			statistics_sort(sample, count);
			value->low = statistics_quantile(sample, count, 0.05);
			value->high = statistics_quantile(sample, count, 0.95);
			if (isnan(value->value))
				value->low = value->high = NAN;
		}
	}
}

/* A TLB or a step that time alone shows, and not in most of the bootstraps, is noise. */
static void drop_doubtful(struct levels *levels)
{
	size_t kept = levels->caches;

	for (size_t i = levels->caches; i < levels->count; i++)
		if (levels->list[i].witness != WITNESS_TIME ||
			levels->list[i].confidence >= 0.5)
			levels->list[kept++] = levels->list[i];
	levels->count = kept;
}

static int bootstrap(struct level_search *search, struct level_sample *sample)
{
	struct levels *found = search->levels;
	struct spread *spread = calloc(1, sizeof(*spread));
	struct levels *drawn = calloc(1, sizeof(*drawn));
	struct random random;
	int error = spread && drawn ? level_sample_batch(sample) : -ENOMEM;

	random_init(&random, BOOTSTRAP_SEED);
	search->levels = drawn;
	for (int i = 0; i < LEVEL_BOOTSTRAPS && !error; i++) {
		drawn->series = found->series;
		error = level_sample_draw(sample, &random);
		if (!error)
			error = level_search(search);
		if (!error)
			collect(spread, found, drawn);
	}
	search->levels = found;
	if (!error) {
		set_intervals(spread, found);
		drop_doubtful(found);
	}
	free(spread);
	free(drawn);
	return error;
}

/* Announced caches that are not among the levels. */
static void list_absent(struct levels *levels, const struct machine *machine)
{
	struct nominal nominals[NOMINALS];
	size_t count = nominal_list(machine, levels->series->cpu, nominals);

	for (size_t i = 0; i < count && levels->absent_count < LEVELS; i++) {
		bool found = nominals[i].tlb;

		for (size_t k = 0; k < levels->caches; k++)
			found |= levels->list[k].number == nominals[i].level;
		if (!found)
			levels->absent[levels->absent_count++] = nominals[i];
	}
}

/* Without bootstraps there is neither confidence nor interval. */
static void clear_intervals(struct levels *levels)
{
	for (size_t i = 0; i < levels->count; i++) {
		levels->list[i].confidence = NAN;
		for (int v = 0; v < LEVEL_VALUES; v++)
			levels->list[i].values[v].low = levels->list[i].values[v].high =
				NAN;
	}
}

int levels_find(struct levels *levels, const struct staircase *staircase,
	const struct series *series, const struct machine *machine, bool intervals)
{
	struct level_sample sample;
	struct level_search search = {
		.sample = &sample, .machine = machine, .levels = levels};
	int error = level_sample_init(&sample, staircase, series, machine);

	*levels = (struct levels){.series = series};
	search.scratch = calloc(2 * series->count + 1, sizeof(*search.scratch));
	if (!search.scratch)
		error = -ENOMEM;
	if (error)
		goto out;
	levels->per_page = sample.per_page;
	levels->rounds = sample.rounds_count;
	if (sample.count > 0)
		levels->largest_bytes = sample.stairs[sample.count - 1]->bytes;
	error = level_search(&search);
	if (error)
		goto out;
	if (!levels->per_page)
		list_absent(levels, machine);
	clear_intervals(levels);
	if (intervals && sample.rounds_count > 1)
		error = bootstrap(&search, &sample);
out:
	free(search.scratch);
	level_sample_release(&sample);
	return error;
}

const char *level_witness_name(enum level_witness witness)
{
	static const char *const names[] = {
		[WITNESS_BOTH] = "counters+time",
		[WITNESS_COUNTERS] = "counters",
		[WITNESS_TIME] = "time alone",
	};

	return names[witness];
}

int levels_find_all(struct levels **levels, size_t *count,
	const struct staircase *staircase, const struct machine *machine)
{
	*count = 0;
	*levels = calloc(staircase->count + 1, sizeof(**levels));
	if (!*levels)
		return -ENOMEM;
	for (size_t i = 0; i < staircase->count; i++) {
		const struct series *series = &staircase->series[i];

		if (!series_is_latency(series))
			continue;
		if (levels_find(
			    &(*levels)[(*count)++], staircase, series, machine, true)) {
			free(*levels);
			return -ENOMEM;
		}
	}
	return 0;
}
