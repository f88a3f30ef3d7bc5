/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/level-parts.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

/* Octaves from one cache's half to the next one's at the least, and as far as one that
 * was found is moved. */
#define NEIGHBOUR_OCTAVES 0.75
#define MOVED_OCTAVES 0.8
/* Of an announced cache's absence, minus a logarithm, as the costs of its place; and of
 * shapes, by how far they are from that of the next cache which is counted. */
#define COST_ABSENT 3.0
#define COST_UNLIKE 10.0
#define LIKE_OCTAVES 2.0

/* Announced caches between two that counters tell of, or behind those. */
struct gap {
	double low, high; /* log2 of bytes: where those overflow; INFINITY where none */
	struct nominal caches[STEP_PLACES];
	size_t count;
};

/* False where there is none, or more caches in it than can be placed. */
static bool find_gap(const struct level_sample *sample, struct gap *gap)
{
	struct nominal nominals[NOMINALS];
	size_t count = nominal_list(sample->machine, sample->series->cpu, nominals);

	*gap = (struct gap){.low = NAN, .high = INFINITY};
	for (size_t i = 0; i < count; i++) {
		const struct level_border *border =
			level_border_find(sample, LEVEL_CACHE, nominals[i].level);

		if (nominals[i].tlb)
			continue;
		if (border && gap->count == 0)
			gap->low = border->half;
		else if (border)
			gap->high = fmin(gap->high, border->half);
		else if (gap->count == STEP_PLACES)
			return false;
		else
			gap->caches[gap->count++] = nominals[i];
	}
	/* Where nothing bounds two, what memory or TLBs do is taken for one of them. */
	return gap->count > 0 && !isnan(gap->low) &&
	       (gap->count == 1 || isfinite(gap->high));
}

/* The root of the mean square by which a shape is off what is counted. */
static double unlike(const struct level_sample *sample, const struct level_border *border,
	size_t shape)
{
	double sum = 0;
	double slope;
	size_t n = 0;

	for (size_t i = 0; i < sample->count; i++) {
		double distance = sample->x[i] - border->half;

		if (fabs(distance) > LIKE_OCTAVES)
			continue;
		sum += pow(
			step_shape_value(shape, distance, &slope) - border->beyond[i], 2);
		n++;
	}
	return n ? sqrt(sum / (double)n) : 0;
}

/* Caches behind the first lie behind the same pages and overflow alike, rather than not;
 * the first is mapped by addresses that a program sees. */
static void think_of_shapes(const struct level_sample *sample, struct step_place *place)
{
	const struct level_border *like = NULL;

	for (unsigned cache = 2; cache <= sample->last_cache; cache++) {
		const struct level_border *border =
			level_border_find(sample, LEVEL_CACHE, cache);

		if (border && !isnan(border->half))
			like = border;
	}
	for (size_t s = 0; s < STEP_SHAPES && like; s++)
		place->shapes[s] = COST_UNLIKE * unlike(sample, like, s);
}

static bool is_shared(const struct level_sample *sample, const struct nominal *cache)
{
	return cache->bytes >
	       staircase_private_bytes(sample->machine, sample->series->cpu);
}

/* Of a cache's half between two places. */
static void think_of_place(const struct level_sample *sample, const struct nominal *cache,
	double low, double high, double *costs)
{
	const bool shared = is_shared(sample, cache);

	for (size_t p = 0; p < step_positions(&sample->dictionary); p++) {
		double half = step_position(&sample->dictionary, p);

		costs[p] = half < low || half > high
				   ? INFINITY
				   : level_cost_of_place(cache, shared, half);
	}
}

static void keep_places(struct level_parts *parts, const struct gap *gap,
	const struct step_place places[STEP_PLACES])
{
	struct level_sample *sample = parts->sample;

	for (size_t c = 0; c < gap->count; c++) {
		struct level_placed *placed = &sample->placed[sample->placed_count];

		if (!places[c].found)
			continue;
		placed->number = gap->caches[c].level;
		placed->step = level_placed_step(&places[c], gap->high);
		level_parts_add_rises(parts, &placed->step.own);
		sample->placed_count++;
	}
}

int level_place_caches(struct level_parts *parts)
{
	struct level_sample *sample = parts->sample;
	const size_t positions = step_positions(&sample->dictionary);
	struct step_given reaches[LEVEL_FIRST_REACHES];
	struct step_choice choice;
	struct step_place places[STEP_PLACES];
	struct gap gap;
	double *costs;
	int error;

	sample->placed_count = 0;
	sample->gap_closed = find_gap(sample, &gap);
	if (!sample->gap_closed)
		return 0;
	costs = calloc(gap.count * positions, sizeof(*costs));
	if (!costs)
		return -ENOMEM;
	for (size_t c = 0; c < gap.count; c++) {
		places[c] = (struct step_place){
			.costs = &costs[c * positions], .absent = COST_ABSENT};
		think_of_shapes(sample, &places[c]);
		think_of_place(sample, &gap.caches[c], gap.low + NEIGHBOUR_OCTAVES,
			gap.high - NEIGHBOUR_OCTAVES, &costs[c * positions]);
	}
	level_parts_choose_reach(parts, false, reaches, &choice);
	error = step_place(
		&sample->dictionary, sample->times, places, gap.count, &choice);
	if (!error && choice.best && sample->tlbs_counted)
		parts->list[parts->count++] = reaches[choice.best];
	if (!error)
		keep_places(parts, &gap, places);
	free(costs);
	return error;
}

/* What is counted, all other steps, of whatever, and reaches that none of them was taken
 * for. */
static void list_others(struct level_parts *parts, const struct nominal *const *names,
	size_t index, bool tlbs[3])
{
	const struct step_list *steps = &parts->sample->unexplained;

	level_parts_add_borders(parts);
	for (size_t i = 0; i < steps->count; i++) {
		if (i == index)
			continue;
		if (names[i] && names[i]->tlb && names[i]->level < 3)
			tlbs[names[i]->level] = true;
		level_parts_add_rises(parts, &steps->list[i].own);
	}
	if (index + 1 == steps->count || names[index]->level == parts->sample->last_cache)
		level_parts_add_drift(parts, steps->list[index].half + 1);
	level_parts_add_reaches(parts, tlbs);
}

int level_refine(
	struct level_sample *sample, const struct nominal *const *names, size_t index)
{
	struct step *step = &sample->unexplained.list[index];
	struct level_parts parts = {.sample = sample};
	struct step_given reaches[LEVEL_FIRST_REACHES];
	struct step_choice choice;
	struct step_place place = {.absent = INFINITY};
	bool tlbs[3] = {false};
	double *costs = calloc(step_positions(&sample->dictionary), sizeof(*costs));
	int error;

	if (!costs)
		return -ENOMEM;
	place.costs = costs;
	list_others(&parts, names, index, tlbs);
	think_of_place(sample, names[index], step->half - MOVED_OCTAVES,
		step->half + MOVED_OCTAVES, costs);
	level_parts_choose_reach(&parts, tlbs[1], reaches, &choice);
	level_parts_give(&parts);
	error = step_place(&sample->dictionary, sample->times, &place, 1, &choice);
	if (!error && place.found) {
		const double before = step->before;

		*step = level_placed_step(&place, INFINITY);
		step->before = before;
		step->after = before + place.height;
	}
	level_parts_give(&(struct level_parts){.sample = sample});
	free(costs);
	return error;
}
