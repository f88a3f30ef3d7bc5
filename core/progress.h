/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CORE_PROGRESS_H
#define CORE_PROGRESS_H

#include "core/point.h"

#include <stddef.h>
#include <stdint.h>

/* Where a sweep stands; told between points, never inside a window. */
struct progress {
	unsigned round; /* from 0 */
	unsigned rounds_min, rounds_max;
	size_t buffers_done;  /* in this round */
	size_t buffers_count; /* to be measured in this round */
	size_t unresolved;    /* buffers not yet within the target */
	uint64_t elapsed_ns;
	uint64_t remaining_ns; /* estimated, 0 unknown */
	const struct point *point;
};

#endif
