/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/difference.h"

#include "analysis/nominal.h"
#include "base/number.h"
#include "core/statistics.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CONFIDENCE 0.95
#define CLAIM_CONFIDENCE 0.99
enum { REGIONS = 8 };

void differences_release(struct differences *differences)
{
	for (size_t i = 0; i < differences->count; i++)
		free(differences->list[i].values);
	free(differences->list);
	*differences = (struct differences){0};
}

/* A new row with room for so many values of each folder; NULL: not enough memory. */
static struct difference *add_row(struct differences *d, size_t a_most, size_t b_most)
{
	struct difference *row;

	if (d->count == d->capacity) {
		size_t capacity = d->capacity ? 2 * d->capacity : 64;
		struct difference *list = realloc(d->list, capacity * sizeof(*list));

		if (!list)
			goto failed;
		d->list = list;
		d->capacity = capacity;
	}
	row = &d->list[d->count];
	*row = (struct difference){
		.values = calloc(a_most + b_most + 1, sizeof(*row->values))};
	if (!row->values)
		goto failed;
	d->count++;
	return row;
failed:
	d->clipped = true;
	return NULL;
}

/* A row that one folder has no value of is none. */
static void keep_row(struct differences *d, struct difference *row)
{
	if (row->counts[0] > 0 && row->counts[1] > 0) {
		d->claims += row->claim;
		return;
	}
	free(row->values);
	d->count--;
}

/* Appends what a ratio can be of; all values of the first folder come before any of the
 * second. */
static void add_value(struct difference *row, int folder, double value)
{
	if (!(value > 0) || !isfinite(value))
		return;
	row->values[row->counts[0] + row->counts[1]] = value;
	row->counts[folder]++;
}

static int judge(const struct differences *d, struct difference *row)
{
	const double *a = row->values;
	const double *b = row->values + row->counts[0];
	double confidence = row->claim ? d->claim_confidence : d->row_confidence;
	int error = unpaired_ratio(
		a, row->counts[0], b, row->counts[1], CONFIDENCE, &row->ratio);

	if (!error)
		error = unpaired_ratio(
			a, row->counts[0], b, row->counts[1], confidence, &row->together);
	if (error)
		return error;
	row->verdict = verdict_judge(&row->together);
	row->medians[0] = statistics_median(row->values, row->counts[0]);
	row->medians[1] = statistics_median(row->values + row->counts[0], row->counts[1]);
	return 0;
}

/* How many rows that are claims, or are none, have rounds enough for the confidence. */
static size_t count_resolvable(
	const struct differences *d, bool claims, double confidence)
{
	size_t count = 0;

	for (size_t i = 0; i < d->count; i++)
		count += d->list[i].claim == claims &&
			 unpaired_rank(d->list[i].counts[0], d->list[i].counts[1],
				 confidence) >= 0;
	return count;
}

/* What each of several intervals needs for all to hold together (Bonferroni). */
static double each_of(size_t count, double together)
{
	return 1 - (1 - together) / (double)(count ? count : 1);
}

/* Once all rows are there, so that their number is known. */
static int finish(struct differences *d)
{
	size_t rows = d->count - d->claims;
	int error = d->clipped ? -ENOMEM : d->count == 0 ? -ENODATA : 0;

	d->row_confidence = each_of(rows, CONFIDENCE);
	d->claims_together = CLAIM_CONFIDENCE;
	if (!count_resolvable(d, true, each_of(d->claims, CLAIM_CONFIDENCE)))
		d->claims_together = CONFIDENCE;
	d->claim_confidence = each_of(d->claims, d->claims_together);
	d->resolvable[0] = count_resolvable(d, false, d->row_confidence);
	d->resolvable[1] = count_resolvable(d, true, d->claim_confidence);
	for (size_t i = 0; i < d->count && !error; i++)
		error = judge(d, &d->list[i]);
	if (error)
		differences_release(d);
	return error;
}

static bool same_kind(const struct series *a, const struct series *b)
{
	return strcmp(a->kernel, b->kernel) == 0 && strcmp(a->backend, b->backend) == 0 &&
	       a->stride == b->stride && b->windows > 0;
}

/* The series of the other folder: at the same place, else at its first. */
static const struct series *find_series(
	const struct staircase *b, const struct series *series)
{
	const struct series *first = NULL;

	for (size_t i = 0; i < b->count; i++) {
		const struct series *other = &b->series[i];

		if (!same_kind(series, other))
			continue;
		if (other->cpu == series->cpu && other->node == series->node)
			return other;
		if (!first)
			first = other;
	}
	return first;
}

static void name_row(struct difference *row, const struct series *series,
	const char *what, enum quantity quantity)
{
	int length = snprintf(row->subject, sizeof(row->subject), "%.24s, %.24s",
		series->kernel, series->backend);

	if (series->stride != 64)
		(void)snprintf(row->subject + length,
			sizeof(row->subject) - (size_t)length, ", stride %" PRIu64,
			series->stride);
	(void)snprintf(row->what, sizeof(row->what), "%s", what);
	row->unit = quantity == QUANTITY_NS ? "ns" : "cycles";
}

/* Whether a size of a series is in the range and in the other series too. */
static bool is_common(
	const struct stair *stair, const struct series *other, const double range[2])
{
	const struct stair *match = series_find(other, stair->bytes);

	return (double)stair->bytes > range[0] && (double)stair->bytes <= range[1] &&
	       stair->windows > 0 && match && match->windows > 0;
}

/* Of each round its geometric mean over the common sizes in the range, where it has all
 * of them. */
static void add_means(struct difference *row, int folder, const struct series *series,
	const struct series *other, const double range[2])
{
	const struct stair *last = NULL;

	for (size_t i = 0; i < series->count; i++)
		if (is_common(&series->stairs[i], other, range))
			last = &series->stairs[i];
	for (size_t r = 0; last && r < last->rounds_count; r++) {
		double sum = 0;
		size_t sizes = 0;

		for (size_t i = 0; i < series->count; i++)
			if (is_common(&series->stairs[i], other, range)) {
				sum += log(stair_time_in_round(
					&series->stairs[i], last->rounds[r].number));
				sizes++;
			}
		add_value(row, folder, exp(sum / (double)sizes));
	}
}

static size_t rounds_of(const struct series *series)
{
	size_t most = 0;

	for (size_t i = 0; i < series->count; i++)
		if (series->stairs[i].rounds_count > most)
			most = series->stairs[i].rounds_count;
	return most;
}

/* Announced caches, each from the one before it; and memory, past the last. */
static size_t list_regions(const struct machine *machine, unsigned cpu,
	double ranges[REGIONS][2], char names[REGIONS][32])
{
	struct nominal nominals[NOMINALS];
	size_t all = nominal_list(machine, cpu, nominals);
	char low[NUMBER_TEXT], high[NUMBER_TEXT];
	uint64_t before = 0;
	size_t count = 0;

	for (size_t i = 0; i < all && count + 1 < REGIONS; i++) {
		if (nominals[i].tlb || nominals[i].bytes <= before)
			continue;
		number_format_bytes(high, nominals[i].bytes);
		if (before)
			(void)snprintf(names[count], 32, "%s to %s",
				number_format_bytes(low, before), high);
		else
			(void)snprintf(names[count], 32, "up to %s", high);
		ranges[count][0] = (double)before;
		ranges[count++][1] = (double)nominals[i].bytes;
		before = nominals[i].bytes;
	}
	(void)snprintf(names[count], 32, "past %s", number_format_bytes(low, before));
	ranges[count][0] = (double)before;
	ranges[count++][1] = INFINITY;
	return count;
}

static void add_claims(struct differences *d, const struct series *a,
	const struct series *b, const struct machine *machine)
{
	double ranges[REGIONS][2];
	char names[REGIONS][32];
	size_t regions = list_regions(machine, a->cpu, ranges, names);

	for (size_t i = 0; i < regions; i++) {
		struct difference *row = add_row(d, rounds_of(a), rounds_of(b));

		if (!row)
			return;
		row->claim = true;
		name_row(row, a, names[i], QUANTITY_NS);
		add_means(row, 0, a, b, ranges[i]);
		add_means(row, 1, b, a, ranges[i]);
		keep_row(d, row);
	}
}

static void add_sizes(struct differences *d, const struct series *a,
	const struct series *b, enum quantity quantity)
{
	char size[NUMBER_TEXT];

	for (size_t i = 0; i < a->count; i++) {
		const struct stair *stairs[2] = {
			&a->stairs[i], series_find(b, a->stairs[i].bytes)};
		struct difference *row;

		if (!stairs[1])
			continue;
		row = add_row(d, stairs[0]->rounds_count, stairs[1]->rounds_count);
		if (!row)
			return;
		name_row(row, a, number_format_bytes(size, a->stairs[i].bytes), quantity);
		for (int f = 0; f < 2; f++)
			for (size_t r = 0; r < stairs[f]->rounds_count; r++)
				add_value(row, f, stairs[f]->rounds[r].values[quantity]);
		keep_row(d, row);
	}
}

int differences_of_sweeps(struct differences *d, const struct staircase *a,
	const struct staircase *b, const struct machine *machine)
{
	enum quantity cycles = a->known[QUANTITY_CYCLES] && b->known[QUANTITY_CYCLES]
				       ? QUANTITY_CYCLES
				       : QUANTITY_CLOCK_CYCLES;

	*d = (struct differences){0};
	for (size_t i = 0; i < a->count; i++) {
		const struct series *other = find_series(b, &a->series[i]);

		if (a->series[i].windows == 0)
			continue;
		if (!other) {
			d->unmatched++;
			continue;
		}
		add_claims(d, &a->series[i], other, machine);
		add_sizes(d, &a->series[i], other, QUANTITY_NS);
		add_sizes(d, &a->series[i], other, cycles);
	}
	return finish(d);
}

static const struct contender *find_contender(
	const struct comparison *comparison, const char *allocator)
{
	for (size_t i = 0; i < comparison->count; i++)
		if (strcmp(comparison->contenders[i].allocator, allocator) == 0)
			return &comparison->contenders[i];
	return NULL;
}

/* The other run's quantity of that name; -1 none. */
static int find_quantity(const struct comparison *comparison, const char *name)
{
	for (size_t q = 0; q < comparison->quantities; q++)
		if (strcmp(comparison_name(comparison, q), name) == 0)
			return (int)q;
	return -1;
}

static void compare_quantity(struct differences *d,
	const struct comparison *const runs[2], const struct contender *contender,
	size_t quantity)
{
	const char *name = comparison_name(runs[0], quantity);
	const int quantities[2] = {(int)quantity, find_quantity(runs[1], name)};
	struct difference *row = add_row(d, runs[0]->rounds, runs[1]->rounds);
	bool few = false;

	if (!row)
		return;
	(void)snprintf(row->subject, sizeof(row->subject), "%.60s", contender->allocator);
	(void)snprintf(row->what, sizeof(row->what), "%.31s", name);
	row->unit =
		quantity < COMPARISON_FIXED ? comparison_quantities[quantity].unit : "";
	row->claim = quantity == COMPARE_WALL;
	row->of_program = true;
	row->quantity = quantity;
	for (int f = 0; f < 2 && quantities[1] >= 0; f++) {
		size_t known = 0;

		for (uint64_t r = 0; r < runs[f]->rounds; r++) {
			double value = comparison_value(
				runs[f], contender->allocator, r, (size_t)quantities[f]);

			known += !isnan(value);
			add_value(row, f, value);
		}
		few |= !estimate_logs_tell(row->counts[f], known);
	}
	if (few)
		row->counts[0] = row->counts[1] = 0;
	keep_row(d, row);
}

int differences_of_runs(
	struct differences *d, const struct comparison *a, const struct comparison *b)
{
	const struct comparison *runs[2] = {a, b};

	*d = (struct differences){0};
	for (size_t i = 0; i < a->count; i++) {
		if (!find_contender(b, a->contenders[i].allocator)) {
			d->unmatched++;
			continue;
		}
		for (size_t q = 0; q < a->quantities && !d->clipped; q++)
			compare_quantity(d, runs, &a->contenders[i], q);
	}
	return finish(d);
}
