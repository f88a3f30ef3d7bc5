/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ANALYSIS_NOMINAL_H
#define ANALYSIS_NOMINAL_H

#include "topology/topology.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A capacity that the machine announces, as one CPU sees it; none of them measured. */
enum { NOMINALS = 32, NOMINAL_LABEL = 48 };
struct nominal {
	uint64_t bytes; /* of the cache, or covered by the TLB */
	bool tlb;
	uint64_t page_bytes; /* of the TLB's entries */
	unsigned level;
	char label[NOMINAL_LABEL]; /* "L2 512K", "L1 dTLB 64x4K" */
};

/* Data and unified caches, and data TLBs for each page size, by size. Returns how many.
 */
size_t nominal_list(
	const struct machine *machine, unsigned cpu, struct nominal nominals[NOMINALS]);

/* Bytes of the CPU's last cache; 0 unknown. */
uint64_t nominal_last_cache(const struct machine *machine, unsigned cpu);

#endif
