/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/check/flush.h"
#include "core/check/known.h"
#include "core/cycle.h"

#include "base/number.h"

#include <errno.h>
#include <math.h>
#include <string.h>

/*
 * Lines further apart than a line: a prefetcher that fetches a line's neighbour brings
 * none that will be asked for. The offset inside the stride rotates, so that all sets are
 * used.
 */
enum { SPREAD_LINES = 4, DRAM_STRIDE = 512, DRAM_READS = 8192 };
enum { READS_L1 = 1 << 17, READS_L2 = 1 << 16, READS_L3 = 1 << 14 };

/* L2 serves little of a cycle that is this many times its size. */
enum { L3_OVER_L2 = 8, L3_OVER_L2_LEAST = 3 };

static void release(struct known_state *state)
{
	memory_find("small")->release(&state->grant);
}

/* A random cycle over `lines` elements, each `stride` bytes from the next. */
static int lay_out(struct known_state *state, struct known_setting *setting,
	uint64_t lines, uint64_t stride, uint64_t offset_step, struct complaint *why)
{
	struct memory_request request = {lines * stride, MEMORY_ANY_NODE};
	struct random random;
	int error;

	*state = (struct known_state){.instructions = NAN, .branches = NAN};
	error = memory_find("small")->acquire(&request, &state->grant, why);
	if (error)
		return error;
	state->kernel = (struct kernel_state){.base = state->grant.base,
		.bytes = request.bytes,
		.stride = stride,
		.offset_step = offset_step};
	random_init(&random, setting->seed);
	error = chase_prepare(&state->kernel, &random, &setting->scratch);
	if (!error)
		return 0;
	complaint_what(why, "a cycle of %llu lines cannot be laid out",
		(unsigned long long)lines);
	complaint_why(why, "%s", strerror(-error));
	release(state);
	return error;
}

/* Two passes, a multiple of what the loop is unrolled by. */
static void warm(struct known_state *state)
{
	uint64_t reads = 2 * state->kernel.reads;

	chase_run(
		&state->kernel, (reads + KERNEL_UNROLL) / KERNEL_UNROLL * KERNEL_UNROLL);
}

static uint64_t cache_lines(
	const struct known_setting *setting, unsigned level, struct complaint *why)
{
	const struct cache *cache = machine_cache(setting->machine, level, setting->cpu);

	if (cache)
		return cache->bytes / machine_line_bytes(setting->machine, setting->cpu);
	complaint_what(why, "this machine does not say how large its L%u is", level);
	return 0;
}

static int prepare_l1(
	struct known_state *state, struct known_setting *setting, struct complaint *why)
{
	uint64_t lines = cache_lines(setting, 1, why);
	unsigned line = machine_line_bytes(setting->machine, setting->cpu);
	int error;

	if (lines == 0)
		return -ENOTSUP;
	error = lay_out(state, setting, lines / 2, line, 0, why);
	if (error)
		return error;
	state->reads = READS_L1;
	warm(state);
	return 0;
}

static int prepare_spread(struct known_state *state, struct known_setting *setting,
	uint64_t lines, uint64_t reads, struct complaint *why)
{
	unsigned line = machine_line_bytes(setting->machine, setting->cpu);
	int error =
		lay_out(state, setting, lines, (uint64_t)SPREAD_LINES * line, line, why);

	if (error)
		return error;
	state->reads = reads;
	warm(state);
	return 0;
}

static int prepare_l2(
	struct known_state *state, struct known_setting *setting, struct complaint *why)
{
	uint64_t lines = cache_lines(setting, 2, why);

	if (lines == 0)
		return -ENOTSUP;
	return prepare_spread(state, setting, lines / 2, READS_L2, why);
}

static int prepare_l3(
	struct known_state *state, struct known_setting *setting, struct complaint *why)
{
	uint64_t l2 = cache_lines(setting, 2, why);
	uint64_t l3 = cache_lines(setting, 3, why);
	uint64_t lines = L3_OVER_L2 * l2;

	if (l2 == 0 || l3 == 0)
		return -ENOTSUP;
	if (lines > l3 / 8)
		lines = l3 / 8;
	/* A guest's share of L3 is unknown: an eighth is what it surely has. A quarter,
	 * where an eighth is not far enough beyond L2. */
	if (lines < L3_OVER_L2_LEAST * l2)
		lines = L3_OVER_L2_LEAST * l2;
	if (lines <= l3 / 4)
		return prepare_spread(state, setting, lines, READS_L3, why);
	complaint_what(why, "L3 is too small beside L2 to be told from it");
	return -ENOTSUP;
}

static int arm_dram(struct known_state *state)
{
	flush_lines(state->kernel.base, DRAM_STRIDE, DRAM_READS);
	return 0;
}

static int prepare_dram(
	struct known_state *state, struct known_setting *setting, struct complaint *why)
{
	int error;

	if (!flush_possible) {
		complaint_what(why,
			"no instruction of this architecture flushes a line from a "
			"program");
		return -ENOTSUP;
	}
	error = lay_out(state, setting, DRAM_READS, DRAM_STRIDE, 0, why);
	if (error)
		return error;
	state->reads = DRAM_READS;
	warm(state);
	return 0;
}

/* The exposures: a neighbour on the same core has been seen to take a fifth of L1's
 * reads, and other guests can take all that one holds in a shared L3. */
const struct known_kernel known_chase_l1 = {
	.name = "chase-l1",
	.summary = "reads that L1 holds",
	.exposure = 0.3,
	.prepare = prepare_l1,
	.run = chase_run,
	.release = release,
};

const struct known_kernel known_chase_l2 = {
	.name = "chase-l2",
	.summary = "reads that L2 holds and L1 does not",
	.exposure = 0.5,
	.prepare = prepare_l2,
	.run = chase_run,
	.release = release,
};

const struct known_kernel known_chase_l3 = {
	.name = "chase-l3",
	.summary = "reads that L3 holds and L2 does not",
	.exposure = 1,
	.prepare = prepare_l3,
	.run = chase_run,
	.release = release,
};

const struct known_kernel known_chase_dram = {
	.name = "chase-dram",
	.summary = "reads of lines that were flushed out of every cache",
	.exposure = 0.1,
	.prepare = prepare_dram,
	.arm = arm_dram,
	.run = chase_run,
	.release = release,
};
