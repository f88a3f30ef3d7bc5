/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ALLOC_ALLOCATOR_H
#define ALLOC_ALLOCATOR_H

#include "alloc/backend.h"

/* What backends share that get their memory from an allocator of the malloc kind. */
struct allocator {
	const char *name;
	/* Whole pages, aligned to `alignment`; NULL where there is no memory. */
	void *(*allocate)(const void *context, size_t alignment, size_t bytes);
	void (*release)(const void *context, void *block);
	const void *context;
	/* Its pages may be so large, and can only be bound to a node whole; 0: base
	 * pages. */
	uint64_t bound_page_bytes;
};

int allocator_acquire(const struct allocator *allocator,
	const struct memory_request *request, struct memory_grant *grant,
	struct complaint *complaint);
void allocator_release(const struct allocator *allocator, struct memory_grant *grant);

#endif
