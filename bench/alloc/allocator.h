/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef BENCH_ALLOC_ALLOCATOR_H
#define BENCH_ALLOC_ALLOCATOR_H

#include <stdbool.h>
#include <stddef.h>

enum { ALLOCATORS_MAX = 16, LIBRARY_TEXT = 512 };

struct allocator {
	const char *name;
	/* Names for the loader to search, NULL-terminated; none: the program's own. */
	const char *libraries[4];
	const char *variable; /* NAME=VALUE that selects a variant, or NULL */
	bool peer;            /* one of those that set the mark */
};

/* glibc first; ends with an entry without a name. */
extern const struct allocator allocators[];
int allocator_find(const char *name); /* index, or -1 */

#endif
