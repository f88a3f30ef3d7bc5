/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A malloc and free pair as a program makes it, in ns: among 1,000 blocks that live, of
 * 16 to 512 bytes, a random one is freed and another allocated. The median of 31
 * stretches of 20,000 pairs. What is loaded before this program adds to it.
 */
#include "base/clock.h"
#include "base/random.h"
#include "core/statistics.h"

#include <stdio.h>
#include <stdlib.h>

enum { STRETCHES = 31, PAIRS = 20000, LIVE = 1000, LEAST = 16, MOST = 512 };

int main(void)
{
	static void *volatile blocks[LIVE];
	double ns[STRETCHES];
	struct random random;

	random_init(&random, 1);
	for (int s = 0; s < STRETCHES; s++) {
		uint64_t started_ns = clocks_system.cpu_ns();

		for (int i = 0; i < PAIRS; i++) {
			size_t at = random_below(&random, LIVE);

			free(blocks[at]);
			blocks[at] =
				malloc(LEAST + random_below(&random, MOST - LEAST + 1));
		}
		ns[s] = (double)(clocks_system.cpu_ns() - started_ns) / PAIRS;
	}
	for (int i = 0; i < LIVE; i++)
		free(blocks[i]);
	printf("%.2f\n", statistics_median(ns, STRETCHES));
	return 0;
}
