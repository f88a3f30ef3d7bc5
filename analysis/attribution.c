/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/attribution.h"

#include "base/number.h"
#include "core/kernel.h"

#include <math.h>
#include <stdio.h>
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

/* The known size in a range with so many below it in time; false: none. */
static bool mix_of_rank(const struct costs *costs, const struct series *series,
	const uint64_t range[2], size_t rank, struct cost_mix *mix)
{
	for (size_t i = 0; i < series->count; i++) {
		size_t below = 0;

		if (series->stairs[i].bytes < range[0] ||
			series->stairs[i].bytes > range[1] ||
			!mix_of_size(costs, &series->stairs[i], mix))
			continue;
		for (size_t k = 0; k < series->count; k++) {
			const struct stair *other = &series->stairs[k];
			struct cost_mix its;

			below += other->bytes >= range[0] && other->bytes <= range[1] &&
				 mix_of_size(costs, other, &its) &&
				 (its.cycles < mix->cycles ||
					 (its.cycles == mix->cycles && k < i));
		}
		if (below == rank)
			return true;
	}
	return false;
}

void cost_mix_of(const struct costs *costs, const struct series *series, uint64_t from,
	uint64_t to, struct cost_mix *mix)
{
	const uint64_t range[2] = {from, to};
	struct cost_mix upper;
	size_t known = 0;

	for (size_t i = 0; i < series->count; i++)
		known += series->stairs[i].bytes >= from &&
			 series->stairs[i].bytes <= to &&
			 mix_of_size(costs, &series->stairs[i], &upper);
	*mix = (struct cost_mix){0};
	if (known == 0 || !mix_of_rank(costs, series, range, (known - 1) / 2, mix) ||
		!mix_of_rank(costs, series, range, known / 2, &upper))
		return;
	mix->rounds += known % 2 ? 0 : upper.rounds;
	mix->cycles = (mix->cycles + upper.cycles) / 2;
	for (int t = 0; t < COST_TERMS; t++)
		mix->events[t] = (mix->events[t] + upper.events[t]) / 2;
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

size_t attribute_steps(const struct costs *costs, const struct series *series,
	const struct level *levels, size_t count, struct attribution steps[LEVELS])
{
	size_t done = 0;

	for (size_t i = 0; i + 1 < count; i++) {
		const struct level *a = &levels[i], *b = &levels[i + 1];
		struct cost_mix from, to;

		if (a->sizes == 0 || b->sizes == 0)
			continue;
		cost_mix_of(costs, series, a->first_bytes, a->last_bytes, &from);
		cost_mix_of(costs, series, b->first_bytes, b->last_bytes, &to);
		if (!from.rounds || !to.rounds)
			continue;
		steps[done] = (struct attribution){.series = series};
		(void)snprintf(steps[done].from, ATTRIBUTION_NAME, "%s", a->name);
		(void)snprintf(steps[done].to, ATTRIBUTION_NAME, "%s", b->name);
		attribution_between(costs, &from, &to, &steps[done++]);
	}
	return done;
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

size_t attribute_tlb_steps(const struct costs *costs, const struct staircase *staircase,
	struct attribution steps[TLB_STEPS])
{
	static const char *const names[] = {
		"first-level dTLB", "second-level TLB", "page walks"};
	const struct series *series = page_series(costs, staircase);
	uint64_t first[3] = {0}, last[3] = {0};
	size_t done = 0;

	for (size_t i = 0; series && i < series->count; i++) {
		int level = translated_by(&costs->fit.terms, &series->stairs[i]);

		if (level < 0)
			continue;
		if (!first[level])
			first[level] = series->stairs[i].bytes;
		last[level] = series->stairs[i].bytes;
	}
	for (int a = 0, b = 1; b < 3; b++) {
		struct cost_mix from, to;

		if (!first[a])
			a = b;
		if (!first[b] || a == b)
			continue;
		cost_mix_of(costs, series, first[a], last[a], &from);
		cost_mix_of(costs, series, first[b], last[b], &to);
		if (from.rounds && to.rounds) {
			steps[done] = (struct attribution){.series = series};
			(void)snprintf(
				steps[done].from, ATTRIBUTION_NAME, "%s", names[a]);
			(void)snprintf(steps[done].to, ATTRIBUTION_NAME, "%s", names[b]);
			attribution_between(costs, &from, &to, &steps[done++]);
		}
		a = b;
	}
	return done;
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
	cost_mix_of(costs, baseline, *bytes, *bytes, &from);
	for (size_t i = 0; i < staircase->count && from.rounds; i++) {
		const struct series *rival = &staircase->series[i];

		if (!is_rival(rival, baseline) || done == ATTRIBUTION_BACKENDS)
			continue;
		cost_mix_of(costs, rival, *bytes, *bytes, &to);
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
