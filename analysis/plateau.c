/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/plateau.h"

#include "analysis/nominal.h"
#include "analysis/served.h"
#include "core/statistics.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define SERVED_MOST 0.8

/* A range of sizes to look for a level in: above low, up to high. */
struct range {
	double low, high;
};

struct search {
	const struct series *series;
	struct served served;
	double *ns, *cycles; /* scratch, as long as the series */
};

static bool on_plateau(struct search *search, const struct stair *stair, size_t level,
	struct range range)
{
	if (stair->windows == 0)
		return false;
	if (search->served.count > 0)
		return served_shares(stair, &search->served) == 0 &&
		       search->served.shares[level] >= SERVED_MOST;
	return (double)stair->bytes > range.low && (double)stair->bytes <= range.high;
}

/* Condenses the sizes on one level; sizes 0 where there are none. */
static void condense(
	struct search *search, size_t level, struct range range, struct plateau *plateau)
{
	size_t cycles = 0;

	plateau->sizes = 0;
	plateau->by_counters = search->served.count > 0;
	plateau->cycles_counted = true;
	for (size_t i = 0; i < search->series->count; i++) {
		const struct stair *stair = &search->series->stairs[i];

		if (!on_plateau(search, stair, level, range))
			continue;
		if (plateau->sizes == 0)
			plateau->first_bytes = stair->bytes;
		plateau->last_bytes = stair->bytes;
		search->ns[plateau->sizes++] = stair->estimates[QUANTITY_NS].median;
		if (!isnan(stair->cycles.median)) {
			search->cycles[cycles++] = stair->cycles.median;
			plateau->cycles_counted &= stair->cycles_counted;
		}
	}
	plateau->ns = statistics_median(search->ns, plateau->sizes);
	plateau->cycles = statistics_median(search->cycles, cycles);
}

/* The middle of each cache's announced range, where neither the level before it nor an
 * early overflow of its own shows; memory from 2 last caches up. */
static size_t nominal_ranges(const struct machine *machine, unsigned cpu,
	struct range ranges[PLATEAUS], char names[PLATEAUS][16])
{
	struct nominal nominals[NOMINALS];
	size_t all = nominal_list(machine, cpu, nominals);
	double before = 0;
	size_t count = 0;

	for (size_t i = 0; i < all && count < PLATEAUS - 1; i++) {
		double bytes = (double)nominals[i].bytes;

		if (nominals[i].tlb || bytes <= before)
			continue;
		ranges[count].low = before * M_SQRT2;
		ranges[count].high = before > 0 ? sqrt(before * bytes) : bytes * 0.75;
		/* A level less than twice the one before has no middle. */
		if (ranges[count].high > ranges[count].low)
			(void)snprintf(names[count++], 16, "L%u", nominals[i].level);
		before = bytes;
	}
	if (before > 0) {
		ranges[count] = (struct range){2 * before, INFINITY};
		(void)snprintf(names[count++], 16, "DRAM");
	}
	return count;
}

int plateau_find(const struct staircase *staircase, const struct series *series,
	const struct machine *machine, struct plateau plateaus[PLATEAUS])
{
	struct search search = {.series = series};
	struct range ranges[PLATEAUS] = {{0}};
	char names[PLATEAUS][16];
	size_t levels;
	int count = 0;

	served_levels(staircase, &search.served);
	levels = search.served.count;
	for (size_t i = 0; i < levels; i++)
		(void)snprintf(names[i], 16, "%s", search.served.names[i]);
	if (levels == 0)
		levels = nominal_ranges(machine, series->cpu, ranges, names);
	search.ns = calloc(2 * series->count + 1, sizeof(*search.ns));
	if (!search.ns)
		return -ENOMEM;
	search.cycles = search.ns + series->count;
	for (size_t i = 0; i < levels; i++) {
		condense(&search, i, ranges[i], &plateaus[count]);
		if (plateaus[count].sizes == 0)
			continue;
		(void)snprintf(plateaus[count].name, sizeof(plateaus[count].name), "%s",
			names[i]);
		count++;
	}
	free(search.ns);
	return count;
}
