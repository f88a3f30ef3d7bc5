/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/served.h"

#include <errno.h>
#include <math.h>

static void add_level(struct served *served, const char *name, enum quantity source)
{
	served->names[served->count] = name;
	served->sources[served->count++] = source;
}

void served_levels(const struct staircase *staircase, struct served *served)
{
	const bool *known = staircase->known;

	*served = (struct served){0};
	if (known[QUANTITY_FROM_DRAM] && known[QUANTITY_FROM_L2]) {
		add_level(served, "L1", QUANTITIES);
		add_level(served, "L2", QUANTITY_FROM_L2);
		if (known[QUANTITY_FROM_L3])
			add_level(served, "L3", QUANTITY_FROM_L3);
		add_level(served, "DRAM", QUANTITY_FROM_DRAM);
	} else if (known[QUANTITY_L1_MISSES]) {
		served->misses = true;
		add_level(served, "L1", QUANTITIES);
		if (known[QUANTITY_LLC_MISSES]) {
			add_level(served, "L2+", QUANTITY_L1_MISSES);
			add_level(served, "DRAM", QUANTITY_LLC_MISSES);
		} else {
			add_level(served, "rest", QUANTITY_L1_MISSES);
		}
	}
}

int served_shares(const struct stair *stair, struct served *served)
{
	double *shares = served->shares;
	double sum = 0;

	if (served->count == 0)
		return -ENODATA;
	for (size_t i = 1; i < served->count; i++) {
		shares[i] = stair->estimates[served->sources[i]].median;
		if (isnan(shares[i]))
			return -ENODATA;
	}
	for (size_t i = 1; i < served->count; i++) {
		if (served->misses && i + 1 < served->count)
			shares[i] -= shares[i + 1];
		shares[i] = fmin(fmax(shares[i], 0), 1);
		sum += shares[i];
	}
	/* Fills that no read asked for, of the page walker or a prefetcher, may make it
	 * more than one a read. */
	for (size_t i = 1; i < served->count && sum > 1; i++)
		shares[i] /= sum;
	shares[0] = fmax(1 - sum, 0);
	return 0;
}
