/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/check/counted-loop.h"

const bool counted_loop_exact = false;

void counted_loop(uint64_t turns)
{
	uint64_t sum = 0;

	for (; turns > 0; turns--) {
#pragma GCC unroll 6
		for (int i = 0; i < COUNTED_LOOP_CHAIN; i++) {
			sum += turns | 1;
			__asm__ volatile("" : "+r"(sum));
		}
	}
}
