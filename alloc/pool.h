/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ALLOC_POOL_H
#define ALLOC_POOL_H

#include "base/error.h"

#include <stdbool.h>
#include <stdint.h>

/*
 * The kernel's hugetlb pools, grown for a sweep and put back afterwards. One `struct
 * pool` per page size (and node). pool_restore may be called any number of times; the
 * caller arranges that it runs on SIGINT and SIGTERM too (by ending its work in the
 * ordinary way), after the memory that came out of the pool was released.
 *
 * Pages are counted as the kernel's setting counts them: without surplus pages, which
 * come and go with their users.
 */
struct pool {
	uint64_t page_bytes;
	int node;        /* the kernel's number, or -1 for all */
	uint64_t before; /* pages in the pool when opened */
	uint64_t asked;  /* pages wanted in all */
	uint64_t now;    /* pages in the pool after growing */
	uint64_t added;  /* by pool_grow, and not yet put back */
	bool changed;    /* there is something to put back */
	char root[128];  /* prefix of sysfs and procfs, for tests */
};

/* Reads the pool. -ENOENT where the kernel has no such page size. root "" is the live
 * system. */
int pool_open(struct pool *pool, const char *root, uint64_t page_bytes, int node);

/* Pages that a mapping could have now: free and not promised to another. 0 or -errno. */
int pool_available(const struct pool *pool, uint64_t *pages);

/*
 * Sees to it that `free_pages` are available, adding what is missing (after compacting
 * memory where the kernel allows). 0; -EACCES without the right (the complaint says what
 * to type); -ENOMEM when the kernel found fewer: `now` tells how many there are, and
 * those stay reserved until restored.
 */
int pool_grow(struct pool *pool, uint64_t free_pages, struct complaint *complaint);

/* Advice in the complaint: the command that gives the pool `pages` in all. */
void pool_advise(const struct pool *pool, uint64_t pages, struct complaint *complaint);

/*
 * Puts the size back to `before`, exactly, unless somebody else changed it after
 * pool_grow. Then only what pool_grow added is taken away, and nothing that others hold
 * or were promised: the kernel keeps no owner of a page, and this is the one rule by
 * which several programs that each add and take away, in any order, leave the pool as the
 * first one found it. 0; -errno, or -EBUSY when the kernel kept another size: it may be
 * tried again.
 */
int pool_restore(struct pool *pool);

#endif
