/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The kernels built for another architecture and run there: every layout is proved, and a
 * pass of reads comes back to where it began. Prints TAP; exit 1 where something is
 * wrong. */
#include "core/kernel.h"

#include <stdio.h>
#include <stdlib.h>

static int check(const struct kernel *kernel, uint64_t bytes, uint64_t stride)
{
	struct kernel_state state = {.bytes = bytes, .stride = stride};
	struct kernel_scratch scratch = {0};
	struct complaint complaint = {0};
	struct random random;
	void *start;
	int bad = 1;

	random_init(&random, bytes + stride);
	state.base = aligned_alloc(4096, bytes);
	if (!state.base || kernel->prepare(&state, &random, &scratch))
		goto out;
	start = state.cursor;
	/* A whole number of passes that is a multiple of the unrolling. */
	kernel->run(&state, state.reads * KERNEL_UNROLL);
	bad = state.cursor != start || kernel->verify(&state, &complaint) != 0;
	kernel->run(&state, KERNEL_UNROLL);
	bad = bad || (state.reads > KERNEL_UNROLL && state.cursor == start);
out:
	if (bad)
		fprintf(stderr, "%s\n", complaint.what);
	kernel_scratch_release(&scratch);
	free(state.base);
	return bad;
}

int main(void)
{
	static const uint64_t strides[] = {8, 24, 64, 4096};
	static const uint64_t sizes[] = {8192, 4096 * 33, 1 << 20};
	int failed = 0;
	int number = 0;

	for (size_t k = 0; kernels[k]; k++)
		for (size_t i = 0; i < 4; i++)
			for (size_t j = 0; j < 3; j++) {
				int bad = check(kernels[k], sizes[j], strides[i]);

				printf("%s %d - %s stride %llu over %llu bytes\n",
					bad ? "not ok" : "ok", ++number, kernels[k]->name,
					(unsigned long long)strides[i],
					(unsigned long long)sizes[j]);
				failed |= bad;
			}
	printf("1..%d\n", number);
	return failed;
}
