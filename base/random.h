/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef BASE_RANDOM_H
#define BASE_RANDOM_H

#include <stdint.h>

/*
 * xoshiro256** seeded by splitmix64 (Blackman and Vigna, "Scrambled linear pseudorandom
 * number generators", 2021). The caller owns the state; there is no global one.
 */
struct random {
	uint64_t state[4];
};

void random_init(struct random *random, uint64_t seed);
uint64_t random_next(struct random *random);

/* Uniform in [0, bound) to within bound / 2^64 (Lemire's multiply-shift); bound > 0. */
static inline uint64_t random_below(struct random *random, uint64_t bound)
{
	return (uint64_t)(((unsigned __int128)random_next(random) * bound) >> 64);
}

/* An independent seed for a numbered use of one recorded seed. */
uint64_t random_derive(uint64_t seed, uint64_t use);

#endif
