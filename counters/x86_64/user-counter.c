/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "counters/user-counter.h"

bool user_counter_exists(void)
{
	return true;
}

/* Not fenced: a few instructions around the reading may fall to either side of it, which
 * is nothing beside a window and far cheaper than a serializing instruction. */
uint64_t user_counter_read(uint32_t counter)
{
	uint32_t low;
	uint32_t high;

	__asm__ volatile("rdpmc" : "=a"(low), "=d"(high) : "c"(counter) : "memory");
	return (uint64_t)high << 32 | low;
}

uint64_t user_clock_read(void)
{
	uint32_t low;
	uint32_t high;

	__asm__ volatile("rdtsc" : "=a"(low), "=d"(high) : : "memory");
	return (uint64_t)high << 32 | low;
}
