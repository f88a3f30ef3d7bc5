/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ALLOC_MAP_H
#define ALLOC_MAP_H

#include "alloc/backend.h"

/* What the backends share: mapping whole pages, and faulting them in without risk. */

/* Rounded up to whole pages (a power of two), or 0 where that does not fit a size_t. */
size_t map_round_up(size_t bytes, uint64_t page_bytes);

/*
 * Maps the request's bytes, rounded up to whole pages and aligned to them, between two
 * unreadable base pages. Those keep the kernel from merging it with its neighbours, whose
 * pages would be counted with ours; and a kernel under test that runs over its buffer
 * stops there. Advises the kernel with `advice` (MADV_HUGEPAGE or MADV_NOHUGEPAGE), binds
 * and faults in.
 */
int map_acquire(const char *backend, const struct memory_request *request,
	uint64_t page_bytes, int advice, struct memory_grant *grant,
	struct complaint *complaint);
void map_release(struct memory_grant *grant);

/* Faults in whole pages for writing, as populate() does, and complains. -EFAULT becomes
 * -ENOMEM. */
int map_fault_in(const char *backend, void *start, size_t bytes, int node,
	struct complaint *complaint);

#endif
