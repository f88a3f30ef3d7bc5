/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CORE_TRACKER_H
#define CORE_TRACKER_H

#include "core/plan.h"

#include <stdbool.h>
#include <stddef.h>

/*
 * When to stop: how sure each layout's estimate is, over the rounds so far. The unit of
 * stopping is the cell, all points of one size, CPU and node: leaving out one backend of
 * a size and not another would unpair them.
 */
struct tracker {
	size_t points;
	size_t *layout_of; /* by point */
	size_t *cell_of;   /* by point */
	size_t layouts;
	size_t cells;
	unsigned rounds_max;
	double *values; /* layouts x rounds_max */
	unsigned *counts;
	bool *cell_done;
};

int tracker_init(struct tracker *tracker, const struct plan *plan, unsigned rounds_max);
void tracker_release(struct tracker *tracker);

/* One round's estimate of the layout that this point belongs to. */
void tracker_add(struct tracker *tracker, size_t point, double value);

/*
 * A cell is done once the 95 % sign-test interval of each of its layouts' medians is
 * within `target` of the median on both sides; layouts without any value do not hold it
 * back. Returns how many cells are not done.
 */
size_t tracker_update(struct tracker *tracker, double target);

#endif
