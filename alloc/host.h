/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ALLOC_HOST_H
#define ALLOC_HOST_H

#include "base/error.h"

#include <stdint.h>

/*
 * What the backends need to know of the running kernel. root is a prefix of sysfs and
 * procfs;
 * "" is the live system.
 */

uint64_t host_base_page(void);

/* Bytes of a transparent huge page; 0 where the kernel has none. 0 or -errno. */
int host_thp_page(const char *root, uint64_t *bytes);

/* 0 where madvise can obtain transparent huge pages, else -ENOTSUP and what stands
 * against it. */
int host_thp_allowed(const char *root, struct complaint *complaint);

/*
 * 0 where the bytes fit into the memory that is free or can be made free without
 * swapping, on the node, or anywhere for -1; else -ENOMEM. Asked before pages are faulted
 * in, since the kernel answers a fault it cannot serve by killing a process. What cannot
 * be read refuses nothing.
 */
int host_room(const char *root, const char *backend, uint64_t bytes, int node,
	struct complaint *complaint);

#endif
