/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef TESTS_ALLOC_HP_FORKS_H
#define TESTS_ALLOC_HP_FORKS_H

#include "tests/alloc/hp/model.h"

/* Processes that fork with a heap in use. NULL where nothing went wrong, else what did.
 */

/* `forks` children, one after another, while `threads` others allocate and free without a
 * pause; each child allocates, reads its inheritance, frees it, and starts a thread. */
const char *forks_while_busy(
	const struct model_heap *heap, unsigned threads, unsigned forks);

/* A tree of processes `depth` deep, each with two children, in which all allocate and
 * verify at once. */
const char *forks_tree(const struct model_heap *heap, unsigned depth);

/*
 * `bytes` in blocks of `block_bytes`, written; then parent and child both write to all of
 * it, allocate more, and each must find its own. Twice: once from a process with one
 * thread, then with a second one that waits, so that the other way through fork is taken.
 */
const char *forks_both_write(
	const struct model_heap *heap, size_t bytes, size_t block_bytes);

#endif
