/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/cycle.h"

#include <errno.h>

static struct cycle cycle_of(const struct kernel_state *state)
{
	return (struct cycle){
		.base = state->base,
		.elements = state->bytes / state->stride,
		.stride = state->stride,
		.offset_step = state->offset_step,
	};
}

int chase_prepare(
	struct kernel_state *state, struct random *random, struct kernel_scratch *scratch)
{
	struct cycle cycle;

	if (state->stride == 0)
		return -EINVAL;
	cycle = cycle_of(state);
	state->reads = cycle.elements;
	return cycle_build(&cycle, random, scratch, &state->cursor);
}

/* A volatile load is one load instruction on every architecture, neither merged nor left
 * out: gcc and clang give the same loop. */
void chase_run(struct kernel_state *state, uint64_t reads)
{
	void *cursor = state->cursor;

	for (; reads >= KERNEL_UNROLL; reads -= KERNEL_UNROLL) {
#pragma GCC unroll 32
		for (int i = 0; i < KERNEL_UNROLL; i++)
			cursor = *(void *volatile *)cursor;
	}
	state->cursor = cursor;
}

void chase_idle(struct kernel_state *state, uint64_t reads)
{
	void *cursor = state->cursor;

	for (; reads >= KERNEL_UNROLL; reads -= KERNEL_UNROLL)
		__asm__ volatile("" : "+r"(cursor));
	state->cursor = cursor;
}

int chase_verify(const struct kernel_state *state, struct complaint *complaint)
{
	struct cycle cycle = cycle_of(state);

	return cycle_verify(&cycle, state->cursor, complaint);
}
