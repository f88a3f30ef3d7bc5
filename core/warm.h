/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CORE_WARM_H
#define CORE_WARM_H

#include "core/point.h"
#include "topology/topology.h"

#include <stdint.h>

/*
 * Reads to perform before the first window: two passes, or as many as replace the content
 * of the last cache where that is fewer. What a cache holds depends on the latest reads
 * alone, so a longer warming of a large buffer changes nothing. A multiple of
 * KERNEL_UNROLL.
 */
uint64_t warm_reads(const struct machine *machine, const struct point *point);

#endif
