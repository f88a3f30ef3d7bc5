/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/level-sample.h"

#include <math.h>
#include <stdio.h>

/*
 * A step in time does not say what it is of. It is taken for what makes the least of
 * implausible things: a private cache holds about what it announces, a shared one may
 * hold much less, none holds more; a cache costs a factor when it overflows, a TLB less;
 * what is announced should show. The costs below were set on synthetic staircases, and
 * held against others and real sweeps (tests/analysis/staircases.h).
 */
#define COST_UNEXPLAINED 1.0 /* and more the higher it is */
#define COST_HEIGHT 1.5
#define LEAST_UNEXPLAINED 0.4 /* lower ones are more likely noise than a level */
#define COST_ABSENT 3.0
#define COST_TLB 0.6
#define IMPOSSIBLE 1e9

enum { CACHES_MOST = 8 };

struct naming {
	const struct level_sample *sample;
	struct nominal caches[CACHES_MOST], tlbs[NOMINALS];
	bool shared[CACHES_MOST];
	size_t caches_count, tlbs_count;
	const struct nominal *best[STEPS]; /* by step; NULL unexplained */
	const struct nominal *current[STEPS];
	double best_cost;
};

static double height_of(const struct step *step)
{
	return log(step->after / step->before);
}

static double cost_of_cache(
	const struct step *step, const struct nominal *cache, bool shared)
{
	double distance = step->half - log2((double)cache->bytes);
	double small = 2 * fmax(0, 0.6 - height_of(step));

	if (distance > 1.25 || distance < -7)
		return IMPOSSIBLE;
	if (distance > 0)
		return small + 3 * fmax(0, distance - 0.4);
	return small + (shared ? 0.35 * fmax(0, -distance - 0.5)
			       : 1.2 * fmax(0, -distance - 0.75));
}

static double cost_of_tlb(const struct step *step, const struct nominal *tlb)
{
	double distance = fabs(log2(step->resident / (double)tlb->bytes));

	if (distance > 0.5)
		return IMPOSSIBLE;
	return COST_TLB + 1.5 * fmax(0, distance - 0.25) +
	       2 * fmax(0, height_of(step) - 0.9);
}

/* An announced cache that no step is of; one beyond the sizes measured need not be. */
static double cost_of_absence(const struct naming *naming, size_t cache)
{
	const struct level_sample *sample = naming->sample;
	double bytes = log2((double)naming->caches[cache].bytes);

	return bytes + 0.25 < sample->x[sample->count - 1] ? COST_ABSENT : 0.3;
}

/* All ways to name the steps from `step` on, with the caches from `cache` on. */
static void name_from(struct naming *naming, size_t step, size_t cache, double cost)
{
	const struct level_sample *sample = naming->sample;
	double skipped = 0;

	if (cost >= naming->best_cost)
		return;
	if (step == sample->steps_count) {
		for (size_t c = cache; c < naming->caches_count; c++)
			cost += cost_of_absence(naming, c);
		if (cost >= naming->best_cost)
			return;
		naming->best_cost = cost;
		for (size_t i = 0; i < sample->steps_count; i++)
			naming->best[i] = naming->current[i];
		return;
	}
	for (size_t c = cache; c < naming->caches_count; c++) {
		naming->current[step] = &naming->caches[c];
		name_from(naming, step + 1, c + 1,
			cost + skipped +
				cost_of_cache(&sample->steps[step], &naming->caches[c],
					naming->shared[c]));
		skipped += cost_of_absence(naming, c);
	}
	for (size_t t = 0; t < naming->tlbs_count; t++) {
		naming->current[step] = &naming->tlbs[t];
		name_from(naming, step + 1, cache,
			cost + cost_of_tlb(&sample->steps[step], &naming->tlbs[t]));
	}
	naming->current[step] = NULL;
	name_from(naming, step + 1, cache,
		cost + COST_UNEXPLAINED + COST_HEIGHT * height_of(&sample->steps[step]));
}

/* The largest page that any size of a series got; UINT64_MAX where none is known. */
static uint64_t largest_page(const struct series *series)
{
	uint64_t bytes = 0;

	for (size_t i = 0; i < series->count; i++)
		if (series->stairs[i].page_bytes > bytes)
			bytes = series->stairs[i].page_bytes;
	return bytes ? bytes : UINT64_MAX;
}

/* No TLB holds larger pages than there are; smaller ones it may, where a host splits
 * them.
 */
static void list_nominals(struct naming *naming, const struct machine *machine)
{
	const unsigned cpu = naming->sample->series->cpu;
	const uint64_t private_bytes = staircase_private_bytes(machine, cpu);
	const uint64_t page_bytes = largest_page(naming->sample->series);
	struct nominal nominals[NOMINALS];
	size_t count = nominal_list(machine, cpu, nominals);

	for (size_t i = 0; i < count; i++) {
		if (nominals[i].tlb) {
			if (nominals[i].page_bytes > page_bytes)
				continue;
			naming->tlbs[naming->tlbs_count++] = nominals[i];
		} else if (naming->caches_count < CACHES_MOST) {
			naming->shared[naming->caches_count] =
				nominals[i].bytes > private_bytes;
			naming->caches[naming->caches_count++] = nominals[i];
		}
	}
}

/* The announced reach of a TLB where a cache's step is, which may be part of it. */
static void note_tlb(
	const struct naming *naming, const struct step *step, struct level *level)
{
	for (size_t t = 0; t < naming->tlbs_count; t++) {
		double reach = log2((double)naming->tlbs[t].bytes);

		if (reach > step->onset - 0.5 && reach < step->full)
			(void)snprintf(level->beside, sizeof(level->beside), "%s",
				naming->tlbs[t].label);
	}
}

static void name_level(const struct naming *naming, size_t step, struct level *level)
{
	const struct nominal *nominal = naming->best[step];
	const struct step *s = &naming->sample->steps[step];

	*level = (struct level){.kind = LEVEL_CACHE, .witness = WITNESS_TIME};
	level->values[LEVEL_ONSET].value = exp2(s->onset);
	level->values[LEVEL_HALF].value = exp2(s->half);
	level->values[LEVEL_FULL].value = exp2(s->full);
	level->values[LEVEL_RESIDENT].value = s->resident;
	if (!nominal) {
		if (naming->caches_count > 0)
			level->kind = LEVEL_STEP;
		(void)snprintf(level->name, sizeof(level->name), "step %zu", step + 1);
		return;
	}
	level->kind = nominal->tlb ? LEVEL_TLB : LEVEL_CACHE;
	level->number = nominal->level;
	if (!nominal->tlb)
		note_tlb(naming, s, level);
}

size_t level_name_steps(const struct level_sample *sample, const struct machine *machine,
	struct level levels[STEPS])
{
	struct naming naming = {.sample = sample, .best_cost = IMPOSSIBLE};
	size_t count = 0;
	size_t last = 0;

	list_nominals(&naming, machine);
	name_from(&naming, 0, 0, 0);
	for (size_t i = 0; i < sample->steps_count; i++)
		last = naming.best[i] && !naming.best[i]->tlb ? i : last;
	for (size_t i = 0; i < sample->steps_count; i++) {
		/* Behind the last cache, memory itself slows down as it grows. */
		if (naming.caches_count > 0 && !naming.best[i] &&
			(i > last || height_of(&sample->steps[i]) < LEAST_UNEXPLAINED))
			continue;
		name_level(&naming, i, &levels[count++]);
	}
	return count;
}
