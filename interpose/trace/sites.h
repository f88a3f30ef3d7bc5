/* SPDX-License-Identifier: MIT */
#ifndef INTERPOSE_TRACE_SITES_H
#define INTERPOSE_TRACE_SITES_H

#include "interpose/trace/format.h"

#include <stdbool.h>
#include <stddef.h>

/*
 * Sampling of blocks with their call sites and lifetimes. Every byte allocated is a
 * sample with the same small probability (a Poisson process over bytes), as in tcmalloc
 * and jemalloc; a block with k samples stands for k x sample_bytes bytes and for
 * that many bytes' worth of blocks of its size.
 */

/* Readies the unwinder, which allocates when it is used first. */
void sites_init(void);

/* For a block whose allocation has used up sample_left_bytes. */
void site_take(struct trace_thread *slot, const void *block, size_t bytes);

/* Whether any block is sampled: without, the table below is left alone, which is half of
 * a first-level cache. */
extern bool sites_wanted __attribute__((visibility("hidden")));
/* A plain look into a small table: false means surely not sampled. */
extern _Atomic uint8_t sites_filter[16384] __attribute__((visibility("hidden")));

static inline size_t sites_hash(const void *block)
{
	return (size_t)(((uint64_t)(uintptr_t)block >> 4) * 0x9e3779b97f4a7c15u >> 48);
}

static inline bool site_may_know(const void *block)
{
	return sites_wanted &&
	       atomic_load_explicit(&sites_filter[sites_hash(block) & 16383],
		       memory_order_relaxed) != 0;
}

/* Takes a block out of the table, before it is given back: whether it was sampled. Then
 * its life has ended, or it goes on where the block could not be given back. */
bool site_take_out(const void *block, struct trace_sample *sample);
void site_end(const struct trace_sample *sample);
void site_put_back(const void *block, const struct trace_sample *sample);

#endif
