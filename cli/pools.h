/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CLI_POOLS_H
#define CLI_POOLS_H

#include "alloc/pool.h"
#include "core/environment.h"
#include "core/plan.h"

/* The hugetlb pools that a run needs, grown before it and put back after it. */
struct pools {
	struct pool pool[PLAN_NAMES];
	size_t count;
};

/* Grows all that are wanted. A pool that cannot be had is told on stderr and noted, and
 * the run goes on: what needs it will fail and say so. */
void pools_grow(struct pools *pools, const struct plan_pool *all, size_t count,
	struct environment *environment);

/* Puts all back. 0, or -errno of the first that could not be, with a message on stderr.
 */
int pools_restore(struct pools *pools, struct environment *environment);

#endif
