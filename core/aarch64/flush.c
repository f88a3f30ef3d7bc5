/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/check/flush.h"

/* Linux lets user space clean and invalidate by address (SCTLR_EL1.UCI). */
const bool flush_possible = true;

void flush_lines(const char *base, size_t stride, size_t count)
{
	for (size_t i = 0; i < count; i++)
		__asm__ volatile("dc civac, %0" : : "r"(base + i * stride) : "memory");
	__asm__ volatile("dsb ish" : : : "memory");
}
