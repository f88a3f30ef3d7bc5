/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CLI_CONTENDERS_H
#define CLI_CONTENDERS_H

#include "cli/run-options.h"
#include "core/environment.h"

/* The allocators that a program is run under, the reference first. */
struct contenders {
	struct program_allocator allocators[TRIALS_ALLOCATORS];
	size_t count;
};

/*
 * Those that the options name, or all. One that is not installed is noted in the
 * environment, and on stderr where it was asked for by name. 0 or -errno with the
 * complaint: an unknown name, a reference that is not there, a library that cannot be
 * used.
 */
int contenders_choose(struct contenders *contenders, const struct run_options *options,
	struct environment *environment, struct complaint *complaint);

/* What there is, and which are installed, on stdout. 0 or -errno. */
int contenders_print_all(void);

#endif
