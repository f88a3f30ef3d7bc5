/* SPDX-License-Identifier: MIT */
#ifndef ALLOC_HP_DEPOT_H
#define ALLOC_HP_DEPOT_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Free blocks on their way from threads whose caches overflow to threads whose caches are
 * empty: addresses alone are moved, in batches, and no block is touched. (The idea is
 * TCMalloc's transfer cache.) Nobody waits for the lock of a class, but goes to the spans
 * when somebody else has it. Only where there are several threads, and one node: a block
 * would come to threads of another one.
 */

void depot_open(void);

/* How many of the blocks, from the first on, were taken. */
uint32_t depot_put(unsigned class, void *const *blocks, uint32_t count);

/* Up to so many: how many. */
uint32_t depot_take(unsigned class, void **blocks, uint32_t most);

uint32_t depot_count(unsigned class);

void depot_finalize(void); /* forgets all */
void depot_fork_prepare(void);
void depot_fork_done(void);

#endif
