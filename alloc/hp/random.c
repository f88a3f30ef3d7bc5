/* SPDX-License-Identifier: MIT */
#include "alloc/hp/random.h"

#include <stdatomic.h>
#include <string.h>
#include <sys/auxv.h>
#include <time.h>

static _Atomic uint64_t state;

/* 16 bytes that the kernel gives every program at its start, and the time. */
static uint64_t seed(void)
{
	const void *source = (const void *)getauxval(AT_RANDOM);
	uint64_t given[2] = {0};
	struct timespec now = {0};

	if (source)
		memcpy(given, source, sizeof(given)); /* on no particular boundary */
	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return given[0] ^ given[1] << 1 ^ (uint64_t)now.tv_nsec << 20 ^
	       (uint64_t)(uintptr_t)&state;
}

/* SplitMix64: a Weyl sequence, so that threads only share one addition. */
uintptr_t random_word(void)
{
	uint64_t word;

	if (atomic_load_explicit(&state, memory_order_relaxed) == 0)
		atomic_fetch_add_explicit(&state, seed() | 1, memory_order_relaxed);
	word = atomic_fetch_add_explicit(
		&state, UINT64_C(0x9e3779b97f4a7c15), memory_order_relaxed);
	word = (word ^ word >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	word = (word ^ word >> 27) * UINT64_C(0x94d049bb133111eb);
	return (uintptr_t)(word ^ word >> 31);
}
