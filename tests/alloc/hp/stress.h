/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef TESTS_ALLOC_HP_STRESS_H
#define TESTS_ALLOC_HP_STRESS_H

#include "tests/alloc/hp/model.h"

/* What threads do to one heap at once. NULL where nothing went wrong, else what did. */

/*
 * Each thread allocates, writes, hands blocks to the others through a few shared places,
 * and frees what it finds there after reading it. Sizes are log-uniform up to
 * 2^size_bits.
 */
const char *stress_handover(const struct model_heap *heap, unsigned threads,
	unsigned long steps, unsigned size_bits);

/* A model of its own for each thread, so that every rule is checked in all of them. */
const char *stress_models(const struct model_heap *heap, unsigned threads,
	unsigned long steps, unsigned size_bits);

/*
 * Threads one after another, `count` in all and `at_once` at a time: each allocates,
 * leaves blocks to the one that follows and frees those of the one before.
 */
const char *stress_generations(
	const struct model_heap *heap, unsigned long count, unsigned at_once);

/* Blocks that one thread allocates and another one frees, all of them: a producer and its
 * consumer. `blocks` in all, at most 1000 on the way. */
const char *stress_pipeline(const struct model_heap *heap, unsigned long blocks);

#endif
