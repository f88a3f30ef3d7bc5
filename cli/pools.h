/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CLI_POOLS_H
#define CLI_POOLS_H

#include "alloc/pool.h"
#include "core/environment.h"
#include "core/plan.h"

/* The hugetlb pools of a plan, grown before it runs and put back after it. */
struct pools {
	struct pool pool[PLAN_NAMES];
	size_t count;
};

/* Grows what the plan needs. A pool that cannot be had is told on stderr and noted, and
 * the sweep goes on: its points will be error rows. */
void pools_grow(
	struct pools *pools, const struct plan *plan, struct environment *environment);

/* Puts all back. 0, or -errno of the first that could not be, with a message on stderr.
 */
int pools_restore(struct pools *pools, struct environment *environment);

#endif
