/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/sizes.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { CAPACITIES_MAX = 64, TLB_LEVELS = 3 };

struct capacities {
	uint64_t bytes[CAPACITIES_MAX];
	size_t count;
};

static void add_capacity(struct capacities *capacities, uint64_t bytes)
{
	if (bytes && capacities->count < CAPACITIES_MAX)
		capacities->bytes[capacities->count++] = bytes;
}

static void collect(
	const struct machine *machine, unsigned cpu, struct capacities *capacities)
{
	unsigned last = machine_last_cache_level(machine, cpu);

	for (unsigned level = 1; level <= last; level++) {
		const struct cache *cache = machine_cache(machine, level, cpu);

		add_capacity(capacities, cache ? cache->bytes : 0);
	}
	for (size_t page = 0; page < machine->page_sizes_count; page++)
		for (unsigned level = 1; level <= TLB_LEVELS; level++)
			add_capacity(
				capacities, machine_tlb_reach(machine, level,
						    machine->page_sizes[page].bytes));
}

static uint64_t round_size(double bytes)
{
	uint64_t unit = bytes < 65536 ? 1024 : 4096;

	return (uint64_t)llround(bytes / (double)unit) * unit;
}

static bool is_dense(const struct capacities *capacities, double bytes)
{
	for (size_t i = 0; i < capacities->count; i++)
		if (fabs(log2(bytes / (double)capacities->bytes[i])) <= 0.5)
			return true;
	return false;
}

static int compare_sizes(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a;
	uint64_t y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

int sizes_choose(const struct machine *machine, unsigned cpu,
	const struct size_range *range, uint64_t **sizes, size_t *count)
{
	struct capacities capacities = {.count = 0};
	const int steps = 2 * (int)range->per_octave; /* of the dense grid, an octave */
	const int low = (int)floor(log2((double)range->min_bytes) * steps);
	const int high = (int)ceil(log2((double)range->max_bytes) * steps);
	uint64_t *chosen;
	size_t n = 0;
	size_t kept = 0;

	collect(machine, cpu, &capacities);
	chosen = malloc(((size_t)(high - low) + 4 + capacities.count) * sizeof(*chosen));
	if (!chosen)
		return -ENOMEM;
	for (int step = low; step <= high; step++) {
		double bytes = exp2((double)step / steps);

		if (bytes > (double)range->dense_bytes
				? step % steps == 0
				: step % 2 == 0 || is_dense(&capacities, bytes))
			chosen[n++] = round_size(bytes);
	}
	for (size_t i = 0; i < capacities.count; i++)
		chosen[n++] = round_size((double)capacities.bytes[i]);
	chosen[n++] = round_size((double)range->min_bytes);
	chosen[n++] = round_size((double)range->max_bytes);
	qsort(chosen, n, sizeof(*chosen), compare_sizes);
	for (size_t i = 0; i < n; i++) {
		if (chosen[i] < range->min_bytes || chosen[i] > range->max_bytes)
			continue;
		if (kept && chosen[i] == chosen[kept - 1])
			continue;
		chosen[kept++] = chosen[i];
	}
	*sizes = chosen;
	*count = kept;
	return 0;
}
