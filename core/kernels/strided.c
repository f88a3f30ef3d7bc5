/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/kernel.h"

#include <errno.h>

/* Reads that one update of the address serves: enough that the chain of updates, one
 * cycle each, is not what limits a core that loads three times a cycle. */
enum { BLOCK = 8, BLOCKS = KERNEL_UNROLL / BLOCK };

static int prepare(
	struct kernel_state *state, struct random *random, struct kernel_scratch *scratch)
{
	(void)random;
	(void)scratch;
	if (state->stride == 0 || state->stride % 8 != 0 || state->bytes < state->stride)
		return -EINVAL;
	state->reads = state->bytes / state->stride;
	state->cursor = state->base;
	return 0;
}

static inline void read_at(const char *address)
{
	(void)*(const volatile uint64_t *)(const volatile void *)address;
}

static inline void touch_nothing(const char *address)
{
	__asm__ volatile("" : : "r"(address));
}

/* One pass after another from the cursor on; inlined twice, with the read and without. */
static inline __attribute__((always_inline)) void go(
	struct kernel_state *state, uint64_t reads, void (*visit)(const char *))
{
	const uint64_t stride = state->stride;
	const char *const end = state->base + state->reads * stride;
	char *cursor = state->cursor;

	while (reads > 0) {
		uint64_t left = (uint64_t)(end - cursor) / stride;
		uint64_t now = left < reads ? left : reads;

		reads -= now;
		for (; now >= KERNEL_UNROLL; now -= KERNEL_UNROLL) {
#pragma GCC unroll 4
			for (int i = 0; i < BLOCKS; i++) {
				visit(cursor);
				visit(cursor + stride);
				visit(cursor + 2 * stride);
				visit(cursor + 3 * stride);
				visit(cursor + 4 * stride);
				visit(cursor + 5 * stride);
				visit(cursor + 6 * stride);
				visit(cursor + 7 * stride);
				cursor += BLOCK * stride;
			}
		}
		for (; now > 0; now--) {
			visit(cursor);
			cursor += stride;
		}
		if (cursor == end)
			cursor = state->base;
	}
	state->cursor = cursor;
}

static void run(struct kernel_state *state, uint64_t reads)
{
	go(state, reads, read_at);
}

static void idle(struct kernel_state *state, uint64_t reads)
{
	go(state, reads, touch_nothing);
}

static int verify(const struct kernel_state *state, struct complaint *complaint)
{
	uint64_t offset = (uint64_t)((char *)state->cursor - state->base);

	if (state->reads != 0 && state->reads * state->stride <= state->bytes &&
		offset % state->stride == 0 && offset < state->reads * state->stride)
		return 0;
	complaint_what(complaint, "the strided pass leaves its buffer");
	return -EBADMSG;
}

const struct kernel kernel_strided = {
	.name = "strided",
	.summary = "independent reads at a constant stride, the classroom's: throughput",
	.prepare = prepare,
	.run = run,
	.idle = idle,
	.verify = verify,
};
