/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/cycle.h"

#include <unistd.h>

enum { LINE_BYTES = 64 };

/* One element a base page whatever the backend's page size is, so that backends compare.
 * The line inside the page rotates: at one offset, all elements would share a few sets of
 * every cache. */
static int prepare(
	struct kernel_state *state, struct random *random, struct kernel_scratch *scratch)
{
	state->stride = (uint64_t)sysconf(_SC_PAGESIZE);
	state->offset_step = LINE_BYTES;
	return chase_prepare(state, random, scratch);
}

const struct kernel kernel_page_chase = {
	.name = "page-chase",
	.summary = "random cycle through one line of every page: the cost of the TLB",
	.dependent = true,
	.per_page = true,
	.prepare = prepare,
	.run = chase_run,
	.idle = chase_idle,
	.verify = chase_verify,
};
