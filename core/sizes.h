/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CORE_SIZES_H
#define CORE_SIZES_H

#include "topology/topology.h"

#include <stddef.h>
#include <stdint.h>

/*
 * The buffer sizes of a staircase: a grid of `per_octave` sizes an octave, twice as dense
 * within half an octave of every capacity that the machine announces for this CPU
 * (caches; TLB reaches for each page size that it can give), those capacities themselves,
 * and both ends of the range; beyond `dense_bytes` one an octave and those
 * capacities, as each size there costs seconds. Ascending, without duplicates, multiples
 * of 1 KiB below 64 KiB and of 4 KiB above.
 */
struct size_range {
	uint64_t min_bytes;
	uint64_t max_bytes;
	uint64_t dense_bytes;
	unsigned per_octave;
};

/* The caller frees *sizes. 0 or -ENOMEM. */
int sizes_choose(const struct machine *machine, unsigned cpu,
	const struct size_range *range, uint64_t **sizes, size_t *count);

#endif
