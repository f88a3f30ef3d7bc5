/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/warm.h"

#include "core/kernel.h"

/* Where the machine does not tell its last cache. */
#define ASSUMED_CACHE_BYTES (32ull << 20)

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
