/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/check/known.h"

#include "core/check/counted-loop.h"

#include <math.h>

/* Enough that the instructions of reading the counters vanish beside them: under 0.1 %.
 */
enum { LOOP_TURNS = 1 << 17 };

const struct known_kernel *const known_kernels[] = {
	&known_loop,
	&known_chase_l1,
	&known_chase_l2,
	&known_chase_l3,
	&known_chase_dram,
	&known_pages_l1,
	&known_pages_l2,
	&known_pages_walk,
	&known_touch,
	&known_sleep,
	&known_migrate,
	NULL,
};

static int prepare(
	struct known_state *state, struct known_setting *setting, struct complaint *why)
{
	(void)setting;
	(void)why;
	*state = (struct known_state){
		.reads = LOOP_TURNS,
		.instructions = counted_loop_exact
					? (double)LOOP_TURNS * COUNTED_LOOP_INSTRUCTIONS
					: NAN,
		.branches = counted_loop_exact ? LOOP_TURNS : NAN,
	};
	return 0;
}

static void run(struct kernel_state *state, uint64_t reads)
{
	(void)state;
	counted_loop(reads);
}

const struct known_kernel known_loop = {
	.name = "loop",
	.summary = "a loop whose instructions and branches are known exactly",
	.prepare = prepare,
	.run = run,
};
