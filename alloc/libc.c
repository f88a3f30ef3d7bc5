/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "alloc/allocator.h"
#include "alloc/backends.h"

#include <stdlib.h>

static int probe(struct complaint *complaint)
{
	(void)complaint;
	return 0;
}

static void *allocate(const void *context, size_t alignment, size_t bytes)
{
	(void)context;
	return aligned_alloc(alignment, bytes);
}

static void free_block(const void *context, void *block)
{
	(void)context;
	free(block);
}

static const struct allocator libc = {
	.name = "libc",
	.allocate = allocate,
	.release = free_block,
};

static int acquire(const struct memory_request *request, struct memory_grant *grant,
	struct complaint *complaint)
{
	return allocator_acquire(&libc, request, grant, complaint);
}

static void release(struct memory_grant *grant)
{
	allocator_release(&libc, grant);
}

const struct memory_backend memory_libc = {
	.name = "libc",
	.summary = "the C library's allocator, pages as the system gives them",
	.probe = probe,
	.acquire = acquire,
	.release = release,
};
