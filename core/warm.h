/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CORE_WARM_H
#define CORE_WARM_H

#include "base/clock.h"
#include "core/kernel.h"
#include "core/point.h"
#include "topology/topology.h"

#include <stdint.h>

/*
 * The most reads to perform before the first window: two passes, or as many as replace
 * the content of the last cache where that is fewer. What a cache holds depends on the
 * latest reads alone, so a longer warming of a large buffer changes nothing. A multiple
 * of KERNEL_UNROLL.
 */
uint64_t warm_reads(const struct machine *machine, const struct point *point);

/*
 * Performs that many reads, or fewer where the time of one has become steady: a virtual
 * machine may announce a cache of which it has a small part, and then all of those reads
 * are from memory. At least an eighth of them in any case. Returns the reads performed.
 */
uint64_t warm_run(const struct clocks *clocks, const struct kernel *kernel,
	struct kernel_state *state, uint64_t most);

#endif
