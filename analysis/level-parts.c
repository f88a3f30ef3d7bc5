/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/level-parts.h"

#include <math.h>

/* What a read past a TLB takes longer, and memory with each doubling, before anything is
 * measured: a hit of the next TLB, a page walk, most of whose entries are in caches. */
static const struct prior {
	double cycles, error;
} hit = {7, 4}, walk = {30, 25}, doubling = {0, 10};
#define CYCLES_PER_NS 3

/* Reaches that a first-level TLB may have: two an octave. */
#define FIRST_REACH (64 << 10)
enum { REACHES_OCTAVE = 2 };

double *level_parts_add(struct level_parts *parts)
{
	double *values = &parts->sample->parts[parts->count * parts->sample->count];

	parts->list[parts->count++] = (struct step_given){.values = values};
	return values;
}

static void think(const struct level_sample *sample, const struct prior *prior,
	struct step_given *part)
{
	const double unit = sample->cycles_known ? 1 : 1.0 / CYCLES_PER_NS;

	part->height = unit * prior->cycles;
	part->error = unit * prior->error;
}

static const struct prior *prior_of(unsigned tlb)
{
	return tlb > 1 ? &walk : &hit;
}

static bool is_counted(const struct level_sample *sample, unsigned tlb)
{
	return level_border_find(sample, LEVEL_TLB, tlb) != NULL;
}

/* Behind the last cache memory slows down as it grows, and ever more of the page table is
 * in no cache. */
static void add_border(struct level_parts *parts, const struct level_border *border)
{
	const struct level_sample *sample = parts->sample;
	double *values = level_parts_add(parts);

	for (size_t i = 0; i < sample->count; i++)
		values[i] = border->beyond[i];
	if (border->kind == LEVEL_TLB)
		think(sample, prior_of(border->number), &parts->list[parts->count - 1]);
	if (border->kind == LEVEL_TLB || border->number != sample->last_cache ||
		isnan(border->half))
		return;
	values = level_parts_add(parts);
	for (size_t i = 0; i < sample->count; i++)
		values[i] = border->beyond[i] * fmax(0, sample->x[i] - border->half);
}

void level_parts_add_borders(struct level_parts *parts)
{
	for (size_t b = 0; b < parts->sample->borders_count; b++)
		if (parts->sample->borders[b].known)
			add_border(parts, &parts->sample->borders[b]);
}

/* Half of the reads are past it at twice the reach. */
static void fill_reach(const struct level_sample *sample, double bytes, double *values)
{
	for (size_t i = 0; i < sample->count; i++)
		values[i] = fmax(0, 1 - bytes * exp2(-sample->x[i]));
}

/* Beside what is looked for, and its choice. */
static bool has_room(const struct level_parts *parts)
{
	return parts->count + STEP_PLACES + 1 < STEP_GIVEN;
}

void level_parts_add_reaches(struct level_parts *parts, const bool but[3])
{
	const struct level_sample *sample = parts->sample;

	for (size_t r = 0; r < sample->reaches_count && has_room(parts); r++) {
		const struct level_reach *reach = &sample->reaches[r];

		if (is_counted(sample, reach->number) ||
			(reach->number < 3 && but[reach->number]))
			continue;
		fill_reach(sample, reach->bytes, level_parts_add(parts));
		think(sample, prior_of(reach->number), &parts->list[parts->count - 1]);
		/* Smaller pages than the series has are there only if a host splits them.
		 */
		if (!reach->sure)
			parts->list[parts->count - 1].height = 0;
	}
}

void level_parts_add_rises(struct level_parts *parts, const struct step_fit *rises)
{
	double *values;
	double slope;

	if (!has_room(parts))
		return;
	values = level_parts_add(parts);
	for (size_t i = 0; i < parts->sample->count; i++)
		values[i] = step_fit_value(rises, parts->sample->x[i], &slope);
}

void level_parts_add_drift(struct level_parts *parts, double behind)
{
	double *values = level_parts_add(parts);

	for (size_t i = 0; i < parts->sample->count; i++)
		values[i] = fmax(0, parts->sample->x[i] - behind);
	think(parts->sample, &doubling, &parts->list[parts->count - 1]);
}

void level_parts_choose_reach(const struct level_parts *parts, bool known,
	struct step_given list[LEVEL_FIRST_REACHES], struct step_choice *choice)
{
	const struct level_sample *sample = parts->sample;
	/* Behind all parts. */
	double *values = &sample->parts[STEP_GIVEN * sample->count];

	*choice = (struct step_choice){.index = parts->count, .parts = list, .count = 1};
	list[0] = (struct step_given){.values = NULL};
	known |= is_counted(sample, 1);
	for (size_t r = 0; r < sample->reaches_count; r++)
		known |= sample->reaches[r].number == 1;
	for (; !known && choice->count < LEVEL_FIRST_REACHES; choice->count++) {
		struct step_given *part = &list[choice->count];
		double octaves = (double)(choice->count - 1) / REACHES_OCTAVE;

		*part = (struct step_given){.values = values};
		fill_reach(sample, FIRST_REACH * exp2(octaves), values);
		think(sample, &hit, part);
		values += sample->count;
	}
}

void level_parts_give(const struct level_parts *parts)
{
	for (size_t p = 0; p < STEP_GIVEN; p++)
		step_dictionary_give(&parts->sample->dictionary, p, &parts->list[p]);
}

double level_cost_of_place(const struct nominal *cache, bool shared, double half)
{
	double distance = half - log2((double)cache->bytes);

	if (distance > 0)
		return 3 * fmax(0, distance - 0.4);
	/* What is left of a shared one is rarely less than a sixteenth. */
	return shared ? 0.35 * fmax(0, -distance - 0.5) + 1.5 * fmax(0, -distance - 4)
		      : 1.2 * fmax(0, -distance - 0.75);
}

struct step level_placed_step(const struct step_place *place, double latest)
{
	/* Octaves from its half to 5 and 95 %, or where a reach has become slow. */
	static const double ends[STEP_SHAPES][2] = {
		{-0.18, 0.18}, {-0.49, 0.49}, {-0.98, 0.98}, {-0.93, 2.06}};
	struct step step = {.half = place->half,
		.onset = place->half + ends[place->shape][0],
		.full = place->half + ends[place->shape][1]};
	enum { STEPS_OCTAVE = 16 };
	double slope;

	step.full = fmax(fmin(step.full, latest), step.half);
	/* Far behind the step, what stays is what other things take. */
	for (int i = -2 * STEPS_OCTAVE; i <= STEPS_OCTAVE / 2; i++) {
		double distance = (double)i / STEPS_OCTAVE;
		double stays = 1 - step_shape_value(place->shape, distance, &slope);

		step.resident = fmax(step.resident, exp2(place->half + distance) * stays);
	}
	step.own = (struct step_fit){
		.rises = {{place->half, place->shape, place->height}}, .count = 1};
	return step;
}
