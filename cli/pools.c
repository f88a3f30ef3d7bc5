/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/pools.h"

#include "base/clock.h"
#include "base/number.h"
#include "cli/message.h"

#include <errno.h>
#include <string.h>

enum { RESTORE_TRIES = 5, RESTORE_PAUSE_NS = 20000000 };

static void note_complaint(
	struct environment *environment, const struct complaint *complaint)
{
	message_complaint(complaint);
	(void)environment_note_complaint(environment, "", complaint);
}

void pools_grow(struct pools *pools, const struct plan_pool *all, size_t count,
	struct environment *environment)
{
	*pools = (struct pools){0};
	for (size_t i = 0; i < count; i++) {
		const struct plan_pool *wanted = &all[i];
		struct pool *pool = &pools->pool[pools->count];
		struct complaint complaint = {0};
		char size[NUMBER_TEXT];
		int error = pool_open(pool, "", wanted->page_bytes, wanted->node);

		if (error) {
			complaint_what(&complaint, "the kernel has no pool of %s pages",
				number_format_bytes(size, wanted->page_bytes));
			complaint_why(&complaint, "%s", strerror(-error));
			note_complaint(environment, &complaint);
			continue;
		}
		pools->count++;
		if (pool_grow(pool, wanted->pages, &complaint))
			note_complaint(environment, &complaint);
		if (environment->pools_count < ENVIRONMENT_POOLS)
			environment->pools[environment->pools_count++] =
				(struct environment_pool){.page_bytes = pool->page_bytes,
					.before = pool->before,
					.during = pool->now};
	}
}

int pools_restore(struct pools *pools, struct environment *environment)
{
	int first = 0;

	for (size_t i = 0; i < pools->count; i++) {
		struct pool *pool = &pools->pool[i];
		struct complaint complaint = {0};
		char size[NUMBER_TEXT];
		struct pool after;
		int error = pool_restore(pool);

		for (int try = 1; error == -EBUSY && try < RESTORE_TRIES; try++) {
			clock_sleep_ns(RESTORE_PAUSE_NS);
			error = pool_restore(pool);
		}
		if (error) {
			complaint_what(&complaint,
				"the pool of %s pages is not as it was",
				number_format_bytes(size, pool->page_bytes));
			complaint_why(&complaint, "%s", strerror(-error));
			pool_advise(pool, pool->before, &complaint);
			note_complaint(environment, &complaint);
			first = first ? first : error;
		}
		if (i < environment->pools_count &&
			pool_open(&after, "", pool->page_bytes, pool->node) == 0)
			environment->pools[i].after = after.before;
	}
	return first;
}
