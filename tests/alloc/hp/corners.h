/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef TESTS_ALLOC_HP_CORNERS_H
#define TESTS_ALLOC_HP_CORNERS_H

#include "tests/alloc/hp/model.h"

/*
 * The corners of the malloc family as glibc has them, one function each. NULL where the
 * allocator does the same, else what it does. Modelled on what the suites of glibc,
 * jemalloc, mimalloc and gperftools probe (see corners.c).
 */
struct corner {
	const char *name;
	const char *(*check)(const struct model_heap *heap);
};

extern const struct corner corners[]; /* ends with an entry without a name */

#endif
