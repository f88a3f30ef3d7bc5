/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/attribution.h"

#include "base/number.h"
#include "core/kernel.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Of the translations of a size, from the level that holds them. */
#define SERVED_MOST 0.8

/* What is known of one size, the medians over its rounds; false where a term or the time
 * is not. */
static bool mix_of_size(
	const struct costs *costs, const struct stair *stair, struct cost_mix *mix)
{
	double values[QUANTITIES];
	bool known = stair->windows > 0;

	for (int q = 0; q < QUANTITIES; q++)
		values[q] = stair->estimates[q].median;
	*mix = (struct cost_mix){.rounds = stair->rounds_count,
		.cycles = values[costs->cycles_counted ? QUANTITY_CYCLES
						       : QUANTITY_CLOCK_CYCLES]};
	for (int t = 0; t < COST_TERMS; t++)
		if (costs->fit.terms.counted[t]) {
			mix->events[t] = cost_term_value(&costs->fit.terms, t, values);
			known &= !isnan(mix->events[t]);
		}
	return known && !isnan(mix->cycles);
}

void cost_mix_at(const struct costs *costs, const struct series *series, uint64_t bytes,
	struct cost_mix *mix)
{
	const struct stair *stair = series_find(series, bytes);

	if (!stair || !mix_of_size(costs, stair, mix))
		*mix = (struct cost_mix){0};
}

/* Those of the known sizes first..last, by time; returns how many. */
static size_t sort_mixes(const struct costs *costs, const struct series *series,
	uint64_t first, uint64_t last, struct cost_mix *mixes)
{
	size_t count = 0;

	for (size_t i = 0; i < series->count; i++) {
		const struct stair *stair = &series->stairs[i];
		struct cost_mix mix;
		size_t k = count;

		if (stair->bytes < first || stair->bytes > last ||
			!mix_of_size(costs, stair, &mix))
			continue;
		for (; k > 0 && mixes[k - 1].cycles > mix.cycles; k--)
			mixes[k] = mixes[k - 1];
		mixes[k] = mix;
		count++;
	}
	return count;
}

int cost_mix_of(const struct costs *costs, const struct series *series, uint64_t first,
	uint64_t last, struct cost_mix *mix)
{
	struct cost_mix *mixes = calloc(series->count + 1, sizeof(*mixes));
	const struct cost_mix *upper;
	size_t count;

	*mix = (struct cost_mix){0};
	if (!mixes)
		return -ENOMEM;
	count = sort_mixes(costs, series, first, last, mixes);
	if (count > 0) {
		*mix = mixes[(count - 1) / 2];
		upper = &mixes[count / 2];
		mix->rounds += count % 2 ? 0 : upper->rounds;
		mix->cycles = (mix->cycles + upper->cycles) / 2;
		for (int t = 0; t < COST_TERMS; t++)
			mix->events[t] = (mix->events[t] + upper->events[t]) / 2;
	}
	free(mixes);
	return 0;
}

void attribution_between(const struct costs *costs, const struct cost_mix *from,
	const struct cost_mix *to, struct attribution *attribution)
{
	attribution->from_cycles = from->cycles;
	attribution->to_cycles = to->cycles;
	attribution->unexplained = to->cycles - from->cycles;
	for (int t = 0; t < COST_TERMS; t++) {
		attribution->terms[t] =
			costs->fit.cycles[t] * (to->events[t] - from->events[t]);
		attribution->unexplained -= attribution->terms[t];
	}
}

double attribution_share(const struct attribution *attribution)
{
	return 1 - fabs(attribution->unexplained) /
			   fabs(attribution->to_cycles - attribution->from_cycles);
}

/* Sizes of a series that something serves. */
struct served_sizes {
	const char *name;
	uint64_t first, last;
};

/* From one place to another, as the next one; nothing where they are not known. */
static int attribute_places(const struct costs *costs, const struct series *series,
	const struct served_sizes *from, const struct served_sizes *to,
	struct attribution *next, size_t *count)
{
	struct cost_mix before, after;

	if (cost_mix_of(costs, series, from->first, from->last, &before) ||
		cost_mix_of(costs, series, to->first, to->last, &after))
		return -ENOMEM;
	if (!before.rounds || !after.rounds)
		return 0;
	*next = (struct attribution){.series = series};
	(void)snprintf(next->from, ATTRIBUTION_NAME, "%s", from->name);
	(void)snprintf(next->to, ATTRIBUTION_NAME, "%s", to->name);
	attribution_between(costs, &before, &after, next);
	(*count)++;
	return 0;
}

int attribute_steps(const struct costs *costs, const struct series *series,
	const struct level *levels, size_t levels_count, struct attribution steps[LEVELS],
	size_t *count)
{
	*count = 0;
	for (size_t i = 0; i + 1 < levels_count; i++) {
		const struct level *a = &levels[i], *b = &levels[i + 1];

		if (a->sizes == 0 || b->sizes == 0)
			continue;
		if (attribute_places(costs, series,
			    &(struct served_sizes){
				    a->name, a->first_bytes, a->last_bytes},
			    &(struct served_sizes){
				    b->name, b->first_bytes, b->last_bytes},
			    &steps[*count], count))
			return -ENOMEM;
	}
	return 0;
}

/* Which level translates most of a size: 0, 1, 2 (a walk); -1 none, or not known. */
static int translated_by(const struct cost_terms *terms, const struct stair *stair)
{
	double values[QUANTITIES];
	double walks, hits;

	for (int q = 0; q < QUANTITIES; q++)
		values[q] = stair->estimates[q].median;
	walks = cost_term_value(terms, COST_WALK, values);
	hits = cost_term_value(terms, COST_TLB_L2, values);
	if (stair->windows == 0 || isnan(walks) || isnan(hits))
		return -1;
	if (walks >= SERVED_MOST)
		return 2;
	if (hits >= SERVED_MOST)
		return 1;
	return walks + hits <= 1 - SERVED_MOST ? 0 : -1;
}

static const struct series *page_series(
	const struct costs *costs, const struct staircase *staircase)
{
	const struct series *found = NULL;

	for (size_t i = 0; i < staircase->count; i++) {
		const struct series *series = &staircase->series[i];
		const struct kernel *kernel = kernel_find(series->kernel);

		if (kernel && kernel->per_page && costs_cover(costs, series) &&
			(!found || (series->baseline && !found->baseline)))
			found = series;
	}
	return found;
}

int attribute_tlb_steps(const struct costs *costs, const struct staircase *staircase,
	struct attribution steps[TLB_STEPS], size_t *count)
{
	const struct series *series = page_series(costs, staircase);
	struct served_sizes places[] = {{.name = "first-level dTLB"},
		{.name = "second-level TLB"}, {.name = "page walks"}};
	const struct served_sizes *before = NULL;

	*count = 0;
	for (size_t i = 0; series && i < series->count; i++) {
		int level = translated_by(&costs->fit.terms, &series->stairs[i]);

		if (level < 0)
			continue;
		if (!places[level].first)
			places[level].first = series->stairs[i].bytes;
		places[level].last = series->stairs[i].bytes;
	}
	for (size_t p = 0; p < 3; p++) {
		if (!places[p].first)
			continue;
		if (before && attribute_places(costs, series, before, &places[p],
				      &steps[*count], count))
			return -ENOMEM;
		before = &places[p];
	}
	return 0;
}

static bool is_rival(const struct series *series, const struct series *baseline)
{
	return series != baseline && series->windows > 0 &&
	       series_same_facet(series, baseline);
}

/* The largest size of the baseline's that all rivals measured; 0 none. */
static uint64_t common_size(
	const struct staircase *staircase, const struct series *baseline)
{
	for (size_t i = baseline->count; i-- > 0;) {
		const uint64_t bytes = baseline->stairs[i].bytes;
		bool common = baseline->stairs[i].windows > 0;

		for (size_t k = 0; k < staircase->count && common; k++) {
			const struct series *rival = &staircase->series[k];
			const struct stair *stair;

			if (!is_rival(rival, baseline))
				continue;
			stair = series_find(rival, bytes);
			common = stair && stair->windows > 0;
		}
		if (common)
			return bytes;
	}
	return 0;
}

size_t attribute_backends(const struct costs *costs, const struct staircase *staircase,
	const struct series *baseline,
	struct attribution differences[ATTRIBUTION_BACKENDS], uint64_t *bytes)
{
	struct cost_mix from, to;
	size_t done = 0;

	*bytes = common_size(staircase, baseline);
	cost_mix_at(costs, baseline, *bytes, &from);
	for (size_t i = 0; i < staircase->count && from.rounds; i++) {
		const struct series *rival = &staircase->series[i];

		if (!is_rival(rival, baseline) || done == ATTRIBUTION_BACKENDS)
			continue;
		cost_mix_at(costs, rival, *bytes, &to);
		if (!to.rounds)
			continue;
		differences[done] = (struct attribution){.series = rival};
		(void)snprintf(differences[done].from, ATTRIBUTION_NAME, "%.40s",
			baseline->backend);
		(void)snprintf(
			differences[done].to, ATTRIBUTION_NAME, "%.40s", rival->backend);
		attribution_between(costs, &from, &to, &differences[done++]);
	}
	return done;
}
