/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CORE_MARKER_H
#define CORE_MARKER_H

#include "base/error.h"
#include "core/point.h"

/*
 * Regions for another tool's counters: `likwid-perfctr -m ... escalier sweep` counts each
 * kernel and size apart. A region encloses a window with its readings of clocks and
 * counters, so that the window's own times are what they are without it. Each returns 0
 * or -errno.
 */
struct marker {
	/* Makes a region known, so that its first start costs no more than the next:
	 * -ENODEV where the caller runs on a CPU that is not counted. */
	int (*announce)(const char *region);
	int (*start)(const char *region);
	int (*stop)(const char *region);
	void (*close)(void); /* writes what was counted to where the tool looks for it */
};

enum { MARKER_OFF = 1, MARKER_REGION = 96 };

/*
 * LIKWID's marker API, for the calling thread, where likwid-perfctr has set the
 * environment for it. 0 with *marker; MARKER_OFF where no tool asks for regions; -errno
 * with the complaint where one does and there can be none. Once in a process.
 */
int marker_open(const struct marker **marker, struct complaint *complaint);

/* "chase_64K_small": kernel, size and backend, and what else sets two points of a plan
 * apart, as in "strided_64K_stride128_small_node1". Returns region. */
char *marker_region(char region[MARKER_REGION], const struct point *point);

#endif
