/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/rounds.h"

#include "base/array.h"
#include "core/statistics.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { CLOCKS_MAX = 1 << 18 };

static bool same_name(const char *a, const char *b)
{
	return a == b || strcmp(a, b) == 0;
}

static bool same_attribute(int attribute, const struct point *a, const struct point *b)
{
	switch (attribute) {
	case RANK_KERNEL:
		return same_name(a->kernel, b->kernel);
	case RANK_STRIDE:
		return a->stride == b->stride;
	case RANK_PLACE:
		return a->cpu == b->cpu && a->node == b->node;
	case RANK_BACKEND:
		return same_name(a->backend, b->backend);
	default:
		return same_name(a->group, b->group);
	}
}

static int rank(
	struct rounds *rounds, int attribute, const struct point *point, uint32_t *result)
{
	struct ranks *ranks = &rounds->ranks[attribute];
	size_t at = ranks->last;

	if (ranks->count == 0 || !same_attribute(attribute, &ranks->points[at], point)) {
		for (at = 0; at < ranks->count; at++)
			if (same_attribute(attribute, &ranks->points[at], point))
				break;
		if (at == ranks->count) {
			if (array_reserve(&ranks->points, &ranks->capacity, at + 1,
				    sizeof(*ranks->points)))
				return -ENOMEM;
			ranks->points[ranks->count++] = *point;
		}
		ranks->last = at;
	}
	*result = (uint32_t)at;
	return 0;
}

static int make_key(
	struct rounds *rounds, const struct measurement *window, struct round_key *key)
{
	const struct point *point = &window->point;
	int error = rank(rounds, RANK_KERNEL, point, &key->kernel);

	key->bytes = point->bytes;
	key->number = window->round;
	if (!error)
		error = rank(rounds, RANK_STRIDE, point, &key->stride);
	if (!error)
		error = rank(rounds, RANK_PLACE, point, &key->place);
	if (!error)
		error = rank(rounds, RANK_BACKEND, point, &key->backend);
	return error;
}

static int compare_u64(uint64_t a, uint64_t b)
{
	return (a > b) - (a < b);
}

static int compare_series(const struct round_key *a, const struct round_key *b)
{
	int difference = compare_u64(a->kernel, b->kernel);

	if (!difference)
		difference = compare_u64(a->stride, b->stride);
	if (!difference)
		difference = compare_u64(a->place, b->place);
	return difference ? difference : compare_u64(a->backend, b->backend);
}

static int compare_keys(const void *left, const void *right)
{
	const struct round_key *a = &((const struct round *)left)->key;
	const struct round_key *b = &((const struct round *)right)->key;
	int difference = compare_series(a, b);

	if (!difference)
		difference = compare_u64(a->bytes, b->bytes);
	return difference ? difference : compare_u64(a->number, b->number);
}

static int init_reading(struct rounds *rounds, struct reading *reading, const char *name)
{
	const struct staircase_options *options = rounds->options;
	const struct environment_window_cost *cost = NULL;
	const struct group *group = NULL;

	for (size_t i = 0; i < options->groups_count; i++)
		if (strcmp(name, options->groups[i].name) == 0)
			group = &options->groups[i];
	for (size_t i = 0; i < options->costs_count; i++)
		if (strcmp(name, options->costs[i].group) == 0)
			cost = &options->costs[i];
	if (reading_init(reading, group, rounds->events, cost))
		return -ENOMEM;
	reading_exclude(
		reading, options->verdicts, options->verdicts_count, rounds->excluded);
	reading->scaled = options->scaled;
	return 0;
}

/* How the windows of a point's group are read; NULL without memory. */
static const struct reading *reading_of(struct rounds *rounds, const struct point *point)
{
	struct reading *readings;
	uint32_t group;

	if (rank(rounds, RANK_GROUP, point, &group))
		return NULL;
	if (group == rounds->readings_count) {
		readings = realloc(rounds->readings, (group + 1) * sizeof(*readings));
		if (!readings)
			return NULL;
		rounds->readings = readings;
		if (init_reading(rounds, &readings[group], point->group))
			return NULL;
		rounds->readings_count++;
	}
	return &rounds->readings[group];
}

static int reserve_windows(struct rounds *rounds, size_t count)
{
	size_t capacity[3] = {rounds->windows_capacity, rounds->windows_capacity,
		rounds->windows_capacity};

	if (array_reserve(
		    &rounds->values, &capacity[0], count, sizeof(*rounds->values)) ||
		array_reserve(
			&rounds->clean, &capacity[1], count, sizeof(*rounds->clean)) ||
		array_reserve(
			&rounds->sample, &capacity[2], count, sizeof(*rounds->sample)))
		return -ENOMEM;
	rounds->windows_capacity = capacity[0];
	return 0;
}

/* The centre of one quantity over the windows of a round that know it: over the clean
 * ones, or where there are none over all, which *unclean tells. */
static double centre(const struct rounds *rounds, int q, double p, bool *unclean)
{
	size_t count = 0;

	for (size_t i = 0; i < rounds->windows; i++)
		if (rounds->clean[i] && !isnan(rounds->values[i][q]))
			rounds->sample[count++] = rounds->values[i][q];
	if (count == 0) {
		for (size_t i = 0; i < rounds->windows; i++)
			if (!isnan(rounds->values[i][q]))
				rounds->sample[count++] = rounds->values[i][q];
		if (count > 0)
			*unclean = true;
	}
	return statistics_quantile_selected(rounds->sample, count, p);
}

/* The windows added last make the last round. */
static void close_round(struct rounds *rounds)
{
	struct round *round;
	uint32_t known = 0;
	bool in_cache;

	if (rounds->count == 0 || rounds->windows == 0)
		return;
	round = &rounds->list[rounds->count - 1];
	in_cache = round->point.bytes <=
		   staircase_private_bytes(rounds->options->machine, round->point.cpu);
	for (size_t i = 0; i < rounds->windows; i++)
		for (int q = 0; q < QUANTITIES; q++)
			known |= (uint32_t)!isnan(rounds->values[i][q]) << q;
	for (int q = 0; q < QUANTITIES; q++)
		/* In a cache that no other core shares, disturbance only ever adds
		 * cycles: the lower quartile is steadier there by a factor of 3. */
		round->values[q] =
			known >> q & 1
				? centre(rounds, q,
					  q == QUANTITY_CYCLES && in_cache ? 0.25 : 0.5,
					  &round->unclean)
				: NAN;
	round->windows = rounds->windows;
	rounds->windows = 0;
}

/* The round that a window belongs to: the last, or a new one; NULL without memory. */
static struct round *round_of(struct rounds *rounds, const struct measurement *window)
{
	struct round *round = rounds->count ? &rounds->list[rounds->count - 1] : NULL;
	struct round_key key;

	if (round && round->key.number == window->round &&
		point_same_layout(&round->point, &window->point))
		return round;
	if (make_key(rounds, window, &key))
		return NULL;
	if (round && compare_series(&round->key, &key) == 0 &&
		round->key.bytes == key.bytes && round->key.number == key.number)
		return round;
	close_round(rounds);
	if (array_reserve(&rounds->list, &rounds->capacity, rounds->count + 1,
		    sizeof(*rounds->list)))
		return NULL;
	round = &rounds->list[rounds->count++];
	*round = (struct round){.key = key, .point = window->point};
	return round;
}

static int add_error(struct round *round, const char *error)
{
	round->error_rows++;
	if (!round->error)
		round->error = strdup(error);
	return round->error ? 0 : -ENOMEM;
}

/* Every window's, or every second, fourth... one's where they are many. */
static int add_clock(struct rounds *rounds, double ghz)
{
	if (ghz <= 0 || rounds->clocks_seen++ % rounds->clocks_step != 0)
		return 0;
	if (rounds->clocks_count == CLOCKS_MAX) {
		for (size_t i = 0; i < CLOCKS_MAX / 2; i++)
			rounds->clocks[i] = rounds->clocks[2 * i];
		rounds->clocks_count = CLOCKS_MAX / 2;
		rounds->clocks_step *= 2;
	}
	if (array_reserve(&rounds->clocks, &rounds->clocks_capacity,
		    rounds->clocks_count + 1, sizeof(*rounds->clocks)))
		return -ENOMEM;
	rounds->clocks[rounds->clocks_count++] = ghz;
	return 0;
}

int rounds_add(struct rounds *rounds, const struct measurement *window)
{
	struct round *round = round_of(rounds, window);
	const struct reading *reading;

	if (!round)
		return -ENOMEM;
	if (window->error[0])
		return add_error(round, window->error);
	reading = reading_of(rounds, &window->point);
	if (!reading || reserve_windows(rounds, rounds->windows + 1) ||
		add_clock(rounds, window->clock_ghz))
		return -ENOMEM;
	if (rounds->windows == 0)
		round->page_bytes = window->page_bytes;
	else if (round->page_bytes != window->page_bytes)
		round->page_bytes = 0;
	rounds->clean[rounds->windows] = window->clean;
	round->windows_clean += window->clean;
	reading_tally_add(&round->tally,
		reading_quantities(reading, window, rounds->values[rounds->windows]));
	rounds->windows++;
	return 0;
}

void rounds_init(struct rounds *rounds, const struct staircase_options *options,
	const struct event_list *events)
{
	*rounds = (struct rounds){.options = options, .events = events, .clocks_step = 1};
}

int rounds_finish(struct rounds *rounds)
{
	close_round(rounds);
	if (rounds->count > 1)
		qsort(rounds->list, rounds->count, sizeof(*rounds->list), compare_keys);
	for (size_t i = 1; i < rounds->count; i++)
		if (compare_keys(&rounds->list[i - 1], &rounds->list[i]) == 0)
			return -EBADMSG;
	return 0;
}

void rounds_release(struct rounds *rounds)
{
	for (size_t i = 0; i < rounds->count; i++)
		free(rounds->list[i].error);
	for (int i = 0; i < RANKS; i++)
		free(rounds->ranks[i].points);
	for (size_t i = 0; i < rounds->readings_count; i++)
		reading_release(&rounds->readings[i]);
	free(rounds->list);
	free(rounds->clocks);
	free(rounds->readings);
	free(rounds->values);
	free(rounds->clean);
	free(rounds->sample);
	*rounds = (struct rounds){0};
}

size_t rounds_series_end(const struct rounds *rounds, size_t from)
{
	size_t end = from + 1;

	while (end < rounds->count &&
		compare_series(&rounds->list[from].key, &rounds->list[end].key) == 0)
		end++;
	return end;
}

size_t rounds_size_end(const struct rounds *rounds, size_t from)
{
	size_t end = from + 1;

	while (end < rounds->count &&
		rounds->list[end].key.bytes == rounds->list[from].key.bytes &&
		compare_series(&rounds->list[from].key, &rounds->list[end].key) == 0)
		end++;
	return end;
}
