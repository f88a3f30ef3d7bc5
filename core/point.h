/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CORE_POINT_H
#define CORE_POINT_H

#include "counters/group.h"

#include <stdbool.h>
#include <stdint.h>

/* The group of a point that is measured by clocks alone. */
#define POINT_NO_GROUP "none"

/* One thing to be measured. The names belong to registries, a plan or a dataset, and
 * outlive it. */
struct point {
	const char *kernel;
	const char *backend;
	const char *group;
	uint64_t bytes;  /* of the buffer */
	uint64_t stride; /* bytes from one read to the next, in address order */
	unsigned cpu;
	int node; /* the kernel's number of the node asked for; -1 any */
};

/* Whether two points can share a buffer: they differ in kernel, stride and group at most.
 */
bool point_same_buffer(const struct point *a, const struct point *b);
/* Whether they can share what a kernel laid out in it too: they differ in the group at
 * most. */
bool point_same_layout(const struct point *a, const struct point *b);

#endif
