/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ALLOC_BACKEND_H
#define ALLOC_BACKEND_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Where the buffer of a point comes from: the variable of the experiment. A backend gives
 * memory of the page size in its name or fails; it never falls back to another.
 */

enum { MEMORY_ANY_NODE = -1 };

struct memory_request {
	size_t bytes; /* wanted; above 0 */
	int node;     /* bind strictly to it (kernel's number), or MEMORY_ANY_NODE */
};

struct memory_grant {
	void *base;    /* aligned to the backend's page (allocators: to the base page) */
	size_t bytes;  /* as asked */
	void *mapping; /* what release gives back */
	size_t mapped_bytes; /* whole pages: above `bytes` is the price of the page */
	int node;            /* bound to, as asked */
	uint64_t page_bytes; /* that verify expects; 0: any */
};

struct memory_backend {
	const char *name;
	const char *summary;
	uint64_t page_bytes; /* of its pool; else 0, and memory_page_bytes knows */
	bool pool;           /* pages come out of a hugetlb pool */

	/*
	 * 0 where it can serve, else -errno: what, why, what to type. Does not look at
	 * whether the pool holds enough pages: acquire does.
	 */
	int (*probe)(struct complaint *complaint);

	/*
	 * Maps, binds and faults in every page by writing (a page never written is the
	 * shared zero page). -ENOMEM when there is not enough (pool empty or short, node
	 * full): never SIGBUS, never another page size. On failure nothing is left mapped
	 * and the grant is untouched. A child made by fork has no part in what the
	 * mapping backends grant.
	 */
	int (*acquire)(const struct memory_request *request, struct memory_grant *grant,
		struct complaint *complaint);
	void (*release)(struct memory_grant *grant);
};

/* In the order of the figure's series: libc, small, thp, hugetlb-2m, hugetlb-1g, and our
 * own allocators. */
extern const struct memory_backend *const memory_backends[]; /* ends with NULL */
const struct memory_backend *memory_find(const char *name); /* NULL where there is none */

/*
 * The page that a backend stands for on the running machine: the base page for small,
 * what the kernel calls a transparent huge page for thp, the pool's page for hugetlb; 0
 * for allocators, and for thp on a kernel without transparent huge pages.
 */
uint64_t memory_page_bytes(const struct memory_backend *backend);

/*
 * What was really obtained, from the kernel's own accounting and after the pages were
 * faulted in: /proc/self/smaps (KernelPageSize, AnonHugePages, Private_Hugetlb), and
 * move_pages for nodes. Where a mapping reaches beyond the grant, only what must lie
 * inside it is counted.
 */
struct memory_obtained {
	uint64_t page_bytes; /* of the pages under at least 95 % of the bytes; 0: mixed */
	uint64_t huge_bytes; /* bytes that lie on pages larger than the base page */
	int node;            /* that holds all sampled pages; -1 mixed or unknown */
	double node_share; /* of the sampled pages on the most frequent node; 0 unknown */
};

/* 0 or -errno. A kernel that does not tell nodes (no NUMA, a container's filter) is no
 * error. */
int memory_inspect(const struct memory_grant *grant, struct memory_obtained *obtained);

/*
 * Whether the pages obtained are what the backend stands for, on the node asked for: 0,
 * or -ENOTSUP with the complaint ("thp: 12M of 64M on huge pages").
 */
int memory_verify(const struct memory_backend *backend, const struct memory_grant *grant,
	const struct memory_obtained *obtained, struct complaint *complaint);

#endif
