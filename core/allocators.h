/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CORE_ALLOCATORS_H
#define CORE_ALLOCATORS_H

#include "base/error.h"

#include <limits.h>
#include <stddef.h>

/*
 * The allocators that a program can be run under, as data: which library is preloaded and
 * which variables select its mode. glibc needs no library.
 */
enum { ALLOCATOR_VARIABLES = 6, ALLOCATOR_NAME = 32 };

struct program_allocator {
	char name[ALLOCATOR_NAME];
	const char *summary;
	/* Shell pattern of the library's file name, looked for where the dynamic loader
	 * looks; NULL: none is needed. */
	const char *library;
	const char *package; /* Debian's, for advice; NULL: it comes with Escalier */
	const char *variables[ALLOCATOR_VARIABLES]; /* NAME=VALUE */
	char path[PATH_MAX]; /* of the library found; empty: none */
};

/* The table, in the order of lists; the first is the reference where none is named. */
extern const struct program_allocator program_allocators[]; /* ends with an empty name */

/*
 * Finds an entry by name and its library: in `own_folder` (Escalier's libraries) or, for
 * others, in the loader's folders. 0; -ENOENT for an unknown name; -ENOPKG where it is
 * not installed. With the complaint.
 */
int allocator_find(struct program_allocator *allocator, const char *name,
	const char *own_folder, struct complaint *complaint);

/* "NAME=/path/lib.so": an allocator of the user's own. 0, -EINVAL, or -ENOENT. */
int allocator_define(struct program_allocator *allocator, const char *definition,
	struct complaint *complaint);

/*
 * The environment of a program under the allocator: `base` (ends with NULL) without the
 * variables that choose an allocator or its mode, and with its own in place of the
 * base's. Libraries that the caller preloads already stay, behind the allocator's. One
 * block, freed by free(); NULL where memory is short.
 */
char **allocator_environment(
	const struct program_allocator *allocator, char *const *base);

#endif
