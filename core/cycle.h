/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CORE_CYCLE_H
#define CORE_CYCLE_H

#include "core/kernel.h"

/*
 * A random cycle of pointers: each element of a buffer holds the address of the next one,
 * and following them visits every element once before it comes back. Elements stand
 * `stride` bytes apart; inside its stride each begins at an offset that rotates through
 * the multiples of `offset_step`, so that elements further apart than a line do not all
 * fall into the same sets.
 */
struct cycle {
	char *base;
	uint64_t elements;    /* 1 to UINT32_MAX */
	uint64_t stride;      /* a multiple of 8 */
	uint64_t offset_step; /* 0: every element at the start of its stride */
};

/* Writes the cycle and gives its first element. 0, -EINVAL, -ERANGE or -ENOMEM. */
int cycle_build(const struct cycle *cycle, struct random *random,
	struct kernel_scratch *scratch, void **first);

/* 0 when following the pointers from `first` visits every element once; -EBADMSG else,
 * with what was found in the complaint; -ENOMEM. */
int cycle_verify(const struct cycle *cycle, void *first, struct complaint *complaint);

/* A uniformly random order of 0 .. count - 1 in scratch->order; scratch holds `count` at
 * least. */
void cycle_shuffle(struct kernel_scratch *scratch, uint64_t count, struct random *random);

/*
 * What every kernel that follows a cycle shares: the cycle of a state (its stride and
 * offset_step already set), and the kernel's functions over it.
 */
int chase_prepare(struct kernel_state *state, struct random *random,
	struct kernel_scratch *scratch);
void chase_run(struct kernel_state *state, uint64_t reads);
void chase_idle(struct kernel_state *state, uint64_t reads);
int chase_verify(const struct kernel_state *state, struct complaint *complaint);

#endif
