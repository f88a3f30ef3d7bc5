/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef TESTS_ALLOC_HP_HEAP_H
#define TESTS_ALLOC_HP_HEAP_H

#include "alloc/hp/hp.h"
#include "tests/alloc/hp/model.h"

/* hp as the allocator under test, in each of its settings. */

struct heap_setting {
	const char *name; /* "hp-firstfit small" */
	struct hp_options options;
	unsigned huge_pages; /* of 2 MiB, that the pool must hold; 1 GiB pages count as
				one each where the source is that */
	bool spare;          /* left out of HEAP_FEW */
};

enum heap_which {
	HEAP_HP = 1,       /* the real policy, on every source and with all checks */
	HEAP_TEACHING = 2, /* firstfit and bump */
	HEAP_ALL = 3,
	HEAP_FEW = 4, /* of these, one for each kind, unless ESCALIER_TESTS_LONG is set */
};

/*
 * Runs a group of tests once for each setting of `which` (bits of enum heap_which), in a
 * child process that was initialised with it. Pages of pools are added for as long as it
 * takes, where that is allowed, and a setting that cannot have them is skipped with the
 * reason. Returns what main should.
 */
int heap_each(unsigned which, int (*group)(void));

/* The setting of the group that runs. */
const struct heap_setting *heap_setting(void);

/* Fails the test with what is wrong, unless NULL. */
void heap_expect_none(const char *wrong);

/* Whether this is a build of the mode, as the variable MODE says. */
bool heap_is_mode(const char *name);

/* Whether ESCALIER_TESTS_LONG is set: all repetitions, sizes and positions. */
bool heap_is_long(void);

/* A number of repetitions: a part of it, and a smaller one in a build that is slower
 * (MODE is not release). */
unsigned long heap_scaled(unsigned long count);

#endif
