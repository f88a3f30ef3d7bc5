/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/tracker.h"

#include "core/statistics.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static bool same_cell(const struct point *a, const struct point *b)
{
	return a->bytes == b->bytes && a->cpu == b->cpu && a->node == b->node;
}

int tracker_init(struct tracker *tracker, const struct plan *plan, unsigned rounds_max)
{
	size_t n = plan->count ? plan->count : 1;

	*tracker = (struct tracker){
		.points = plan->count,
		.rounds_max = rounds_max,
		.layout_of = calloc(n, sizeof(*tracker->layout_of)),
		.cell_of = calloc(n, sizeof(*tracker->cell_of)),
	};
	if (!tracker->layout_of || !tracker->cell_of)
		goto fail;
	for (size_t i = 0; i < plan->count; i++) {
		const struct point *point = &plan->points[i];

		if (i == 0 || !point_same_layout(point, point - 1))
			tracker->layouts++;
		if (i == 0 || !same_cell(point, point - 1))
			tracker->cells++;
		tracker->layout_of[i] = tracker->layouts - 1;
		tracker->cell_of[i] = tracker->cells - 1;
	}
	tracker->values = calloc(n * rounds_max, sizeof(*tracker->values));
	tracker->counts = calloc(n, sizeof(*tracker->counts));
	tracker->cell_done = calloc(n, sizeof(*tracker->cell_done));
	if (tracker->values && tracker->counts && tracker->cell_done)
		return 0;
fail:
	tracker_release(tracker);
	return -ENOMEM;
}

void tracker_release(struct tracker *tracker)
{
	free(tracker->layout_of);
	free(tracker->cell_of);
	free(tracker->values);
	free(tracker->counts);
	free(tracker->cell_done);
	*tracker = (struct tracker){0};
}

void tracker_add(struct tracker *tracker, size_t point, double value)
{
	size_t layout = tracker->layout_of[point];

	if (tracker->counts[layout] < tracker->rounds_max)
		tracker->values[layout * tracker->rounds_max +
				tracker->counts[layout]++] = value;
}

static bool layout_done(struct tracker *tracker, size_t layout, double target)
{
	double *values = tracker->values + layout * tracker->rounds_max;
	unsigned count = tracker->counts[layout];
	double median;
	double low;
	double high;

	if (count == 0)
		return true;
	/* In place: the order of the rounds is of no use here. */
	median = statistics_median(values, count);
	return statistics_median_interval(values, count, 0.95, &low, &high) > 0 &&
	       low >= median * (1 - target) && high <= median * (1 + target);
}

size_t tracker_update(struct tracker *tracker, double target)
{
	size_t open = 0;

	for (size_t cell = 0; cell < tracker->cells; cell++)
		tracker->cell_done[cell] = true;
	for (size_t i = 0; i < tracker->points; i++) {
		size_t layout = tracker->layout_of[i];

		if ((i == 0 || layout != tracker->layout_of[i - 1]) &&
			!layout_done(tracker, layout, target))
			tracker->cell_done[tracker->cell_of[i]] = false;
	}
	for (size_t cell = 0; cell < tracker->cells; cell++)
		open += !tracker->cell_done[cell];
	return open;
}
