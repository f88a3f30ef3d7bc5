/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/check/counted-loop.h"

const bool counted_loop_exact = true;

void counted_loop(uint64_t turns)
{
	uint64_t sum = 0;

	__asm__ volatile(".p2align 5\n"
			 "1:\tadd %[sum], %[sum], %[addend]\n"
			 "\tadd %[sum], %[sum], %[addend]\n"
			 "\tadd %[sum], %[sum], %[addend]\n"
			 "\tadd %[sum], %[sum], %[addend]\n"
			 "\tadd %[sum], %[sum], %[addend]\n"
			 "\tadd %[sum], %[sum], %[addend]\n"
			 "\tsubs %[turns], %[turns], #1\n"
			 "\tb.ne 1b\n"
			 : [sum] "+r"(sum), [turns] "+r"(turns)
			 : [addend] "r"(turns | 1)
			 : "cc");
}
