/* SPDX-License-Identifier: MIT */
#ifndef ALLOC_HP_RESERVED_H
#define ALLOC_HP_RESERVED_H

#include <stddef.h>

/* Pages of the pools that the administrator set aside (hugetlb). */

/*
 * Maps whole pages of `page_bytes` (2 MiB or 1 GiB), aligned, on the node preferred (-1:
 * any), and faults all of them in. `hugetlbfs`: NULL for anonymous memory, "memfd" for a
 * file of memory, else the mount point for an unlinked file of this mapping's own. 0;
 * -ENOMEM: the pool has not that many; -EFAULT: they were promised and not given (a limit
 * of the control group, another node's pages); otherwise what the kernel said. On failure
 * nothing is left mapped.
 */
int reserved_map(size_t bytes, size_t alignment, size_t page_bytes, int node,
	const char *hugetlbfs, void **base, int *node_got);

#endif
