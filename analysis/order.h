/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ANALYSIS_ORDER_H
#define ANALYSIS_ORDER_H

#include "core/measurement.h"

#include <stddef.h>
#include <stdint.h>

/*
 * A dataset's windows in the order of analysis: by kernel, stride, place, backend, size
 * and round. Names, strides and places rank by their first appearance, which is the
 * order of the plan.
 */
struct order_key {
	uint32_t kernel, stride, place, backend, group;
	uint32_t index; /* of the measurement */
	uint64_t bytes, round;
};

struct order {
	struct order_key *keys;
	size_t count;
	const struct point **groups; /* a point of each group, by the keys' group */
	size_t groups_count;
};

/* The dataset outlives the order. 0 or -ENOMEM; release after success only. */
int order_build(struct order *order, const struct dataset *dataset);
void order_release(struct order *order);

/* The first position after `from` whose key differs: in what makes a series, then in
 * the size, then in the round. */
size_t order_series_end(const struct order *order, size_t from);
size_t order_size_end(const struct order *order, size_t from);
size_t order_round_end(const struct order *order, size_t from);

#endif
