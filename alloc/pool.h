/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ALLOC_POOL_H
#define ALLOC_POOL_H

#include "base/error.h"

#include <stdbool.h>
#include <stdint.h>

/*
 * The kernel's hugetlb pools, grown for a sweep and put back afterwards. One `struct pool` per page
 * size. pool_restore may be called any number of times; the caller arranges that it runs on
 * SIGINT and SIGTERM too (by ending its work in the ordinary way).
 */
struct pool {
	uint64_t page_bytes;
	int node;        /* the kernel's number, or -1 for all */
	uint64_t before; /* pages in the pool when opened */
	uint64_t asked;  /* pages wanted in all */
	uint64_t now;    /* pages in the pool after growing */
	bool changed;    /* there is something to put back */
	char root[128];  /* prefix of sysfs, for tests */
};

/* Reads the pool. -ENOENT where the kernel has no such page size. root "" is the live system. */
int pool_open(struct pool *pool, const char *root, uint64_t page_bytes, int node);

/*
 * Sees to it that `free_pages` are free, adding what is missing (after compacting memory where the
 * kernel allows). 0; -EACCES without the right (the complaint says what to type); -ENOMEM when the
 * kernel found fewer: `now` tells how many there are, and those stay reserved until restored.
 */
int pool_grow(struct pool *pool, uint64_t free_pages, struct complaint *complaint);

/* Puts the size back to `before`. 0 or -errno. */
int pool_restore(struct pool *pool);

#endif
