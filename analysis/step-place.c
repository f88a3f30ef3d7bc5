/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/step-place.h"

#include "analysis/step-solve.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

/* Errors of neighbouring sizes go together: chi-squared counts for less than it seems. */
#define INDEPENDENT 0.5
#define APART 1.0  /* octaves between two steps at the least */
#define WINDOW 0.5 /* octaves on either side, around which most of the likelihood is */
enum { SETS = 1 << STEP_PLACES };

/* A rise's column less all that is given. */
struct candidate {
	size_t column, position;
	double rest, target;
	double row[STEP_TAKEN];
};
/* One at each place, or none. */
struct choice {
	const struct candidate *at[STEP_PLACES];
	size_t columns[STEP_PLACES];
	double heights[STEP_PLACES];
	double gain; /* in chi-squared */
};
struct search {
	struct step_dictionary *dictionary;
	struct step_active given;
	double explained; /* of chi-squared, by what is given */
	size_t part;      /* of the choice */
	struct step_place *places;
	size_t count;
	struct candidate *candidates;
	size_t candidates_count;
	struct choice best[SETS]; /* by the set of places (bits) that have one */
	size_t best_parts[SETS];
	double scores[SETS]; /* log posteriors of those */
	double *masses;      /* of all choices of a set, by place and position */
};

size_t step_positions(const struct step_dictionary *d)
{
	return (d->columns - STEP_FIRST) / STEP_SHAPES;
}

double step_position(const struct step_dictionary *d, size_t position)
{
	return step_column_at(d, STEP_FIRST + position * STEP_SHAPES);
}

static bool can_be(const struct search *search, size_t position)
{
	for (size_t p = 0; p < search->count; p++)
		if (isfinite(search->places[p].costs[position]))
			return true;
	return false;
}

static void list_candidates(struct search *search)
{
	const struct step_dictionary *d = search->dictionary;

	for (size_t c = STEP_FIRST; c < d->columns; c++) {
		struct candidate *candidate =
			&search->candidates[search->candidates_count];

		candidate->column = c;
		candidate->position = (c - STEP_FIRST) / STEP_SHAPES;
		if (!can_be(search, candidate->position))
			continue;
		candidate->rest = step_project(d, &search->given, c, candidate->row);
		candidate->target = d->targets[c];
		for (size_t j = 0; j < search->given.count; j++)
			candidate->target -= candidate->row[j] * search->given.solved[j];
		search->candidates_count += candidate->rest > 0;
	}
}

static bool solve_one(struct choice *choice, size_t place)
{
	const struct candidate *a = choice->at[place];

	choice->heights[place] = a->target / a->rest;
	choice->gain = choice->heights[place] * a->target;
	return a->target > 0;
}

static bool solve_two(const struct search *search, struct choice *choice)
{
	const struct candidate *a = choice->at[0];
	const struct candidate *b = choice->at[1];
	const struct step_dictionary *d = search->dictionary;
	double both = d->products[a->column * d->columns + b->column];
	double determinant;

	for (size_t j = 0; j < search->given.count; j++)
		both -= a->row[j] * b->row[j];
	determinant = a->rest * b->rest - both * both;
	if (determinant <= 1e-6 * a->rest * b->rest)
		return false;
	choice->heights[0] = (a->target * b->rest - b->target * both) / determinant;
	choice->heights[1] = (b->target * a->rest - a->target * both) / determinant;
	choice->gain = choice->heights[0] * a->target + choice->heights[1] * b->target;
	return choice->heights[0] > 0 && choice->heights[1] > 0;
}

static double score_of(const struct search *search, const struct choice *choice)
{
	double score = INDEPENDENT * (search->explained + choice->gain) / 2;

	for (size_t p = 0; p < search->count; p++)
		score -= choice->at[p]
				 ? INDEPENDENT * STEP_LEAST_GAIN / 2 +
					   search->places[p]
						   .costs[choice->at[p]->position] +
					   search->places[p].shapes[step_column_shape(
						   choice->at[p]->column)]
				 : search->places[p].absent;
	return score;
}

/* Keeps the best of its set or, where masses are gathered, adds to them. */
static void consider(struct search *search, const struct choice *choice)
{
	const size_t positions = step_positions(search->dictionary);
	double score = score_of(search, choice);
	unsigned set = 0;

	for (size_t p = 0; p < search->count; p++)
		set |= (choice->at[p] != NULL) << p;
	if (!search->masses) {
		if (score > search->scores[set]) {
			search->scores[set] = score;
			search->best[set] = *choice;
			search->best_parts[set] = search->part;
			for (size_t p = 0; p < search->count; p++)
				if (choice->at[p])
					search->best[set].columns[p] =
						choice->at[p]->column;
		}
		return;
	}
	for (size_t p = 0; p < search->count; p++)
		if (choice->at[p])
			search->masses[((size_t)set * STEP_PLACES + p) * positions +
				       choice->at[p]->position] +=
				exp(score - search->scores[set]);
}

static void consider_pairs(struct search *search, const struct candidate *first)
{
	for (size_t k = 0; k < search->candidates_count; k++) {
		struct choice choice = {.at = {first, &search->candidates[k]}};

		if (choice.at[1]->position >=
				first->position + (size_t)(APART * STEP_GRID) &&
			isfinite(search->places[1].costs[choice.at[1]->position]) &&
			solve_two(search, &choice))
			consider(search, &choice);
	}
}

static void consider_all(struct search *search)
{
	consider(search, &(struct choice){.gain = 0});
	for (size_t i = 0; i < search->candidates_count; i++)
		for (size_t p = 0; p < search->count; p++) {
			struct choice choice = {.gain = 0};

			choice.at[p] = &search->candidates[i];
			if (!isfinite(search->places[p].costs[choice.at[p]->position]))
				continue;
			if (solve_one(&choice, p))
				consider(search, &choice);
			if (p == 0 && search->count > 1)
				consider_pairs(search, choice.at[p]);
		}
}

/* The mean of a mass over the positions about which most of it is. */
static double middle(
	const struct step_dictionary *d, const double *masses, size_t positions)
{
	const size_t reach = (size_t)(WINDOW * STEP_GRID);
	double most = 0;
	double mean = 0;

	for (size_t centre = 0; centre < positions; centre++) {
		double mass = 0;
		double sum = 0;

		for (size_t p = centre > reach ? centre - reach : 0;
			p <= centre + reach && p < positions; p++) {
			mass += masses[p];
			sum += masses[p] * step_position(d, p);
		}
		if (mass <= most)
			continue;
		most = mass;
		mean = sum / mass;
	}
	return mean;
}

static unsigned set_places(struct search *search)
{
	const size_t positions = step_positions(search->dictionary);
	unsigned best = 0;

	for (unsigned set = 1; set < 1u << search->count; set++)
		if (search->scores[set] > search->scores[best])
			best = set;
	for (size_t p = 0; p < search->count; p++) {
		struct step_place *place = &search->places[p];

		place->found = best >> p & 1;
		if (!place->found)
			continue;
		place->half = middle(search->dictionary,
			&search->masses[((size_t)best * STEP_PLACES + p) * positions],
			positions);
		place->shape = step_column_shape(search->best[best].columns[p]);
		place->height = search->best[best].heights[p];
	}
	return best;
}

static void consider_parts(
	struct search *search, const double *times, const struct step_choice *other)
{
	for (search->part = 0; search->part < other->count; search->part++) {
		const struct step_given *part = &other->parts[search->part];

		step_dictionary_give(search->dictionary, other->index, part);
		step_set_targets(search->dictionary, times);
		search->given = step_start(search->dictionary);
		search->explained = step_explained(&search->given);
		/* What the height is thought to be explains nothing. */
		if (part->error > 0)
			search->explained -=
				part->height * part->height / (part->error * part->error);
		search->candidates_count = 0;
		list_candidates(search);
		consider_all(search);
	}
}

int step_place(struct step_dictionary *d, const double *times, struct step_place *places,
	size_t count, struct step_choice *other)
{
	struct search search = {.dictionary = d, .places = places, .count = count};
	int error = -ENOMEM;

	search.candidates = calloc(d->columns, sizeof(*search.candidates));
	if (!search.candidates)
		return -ENOMEM;
	for (size_t set = 0; set < SETS; set++)
		search.scores[set] = -INFINITY;
	consider_parts(&search, times, other);
	search.masses = calloc(
		(size_t)SETS * STEP_PLACES * step_positions(d), sizeof(*search.masses));
	if (search.masses) {
		consider_parts(&search, times, other);
		other->best = search.best_parts[set_places(&search)];
		error = 0;
	}
	free(search.masses);
	free(search.candidates);
	return error;
}
