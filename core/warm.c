/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/warm.h"

#include <math.h>

/* Where the machine does not tell its last cache. */
#define ASSUMED_CACHE_BYTES (32ull << 20)

/* A part is long enough to be timed; so many in a row within 2 % of the one before are
 * steady. */
enum { PARTS = 32, PARTS_LEAST = PARTS / 8, PART_READS_LEAST = 1 << 14, STEADY = 3 };

uint64_t warm_reads(const struct machine *machine, const struct point *point)
{
	unsigned level = machine_last_cache_level(machine, point->cpu);
	const struct cache *last = machine_cache(machine, level, point->cpu);
	uint64_t cache_bytes = last ? last->bytes : ASSUMED_CACHE_BYTES;
	uint64_t passes = 2 * (point->bytes / point->stride);
	uint64_t lines = cache_bytes / machine_line_bytes(machine, point->cpu);
	uint64_t reads = passes < lines ? passes : lines;

	return (reads + KERNEL_UNROLL) / KERNEL_UNROLL * KERNEL_UNROLL;
}

uint64_t warm_run(const struct clocks *clocks, const struct kernel *kernel,
	struct kernel_state *state, uint64_t most)
{
	uint64_t part = most / PARTS / KERNEL_UNROLL * KERNEL_UNROLL;
	uint64_t done = 0;
	double before_ns = 0;
	unsigned steady = 0;

	if (part < PART_READS_LEAST)
		part = PART_READS_LEAST;
	while (done < most && (steady < STEADY || done < PARTS_LEAST * part)) {
		uint64_t reads = most - done < part ? most - done : part;
		uint64_t started_ns = clocks->cpu_ns();
		double ns;

		kernel->run(state, reads);
		ns = (double)(clocks->cpu_ns() - started_ns) / (double)reads;
		steady = fabs(ns - before_ns) <= 0.02 * ns ? steady + 1 : 0;
		before_ns = ns;
		done += reads;
	}
	return done;
}
