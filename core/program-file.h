/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CORE_PROGRAM_FILE_H
#define CORE_PROGRAM_FILE_H

#include "base/error.h"

#include <limits.h>
#include <stdbool.h>

/*
 * What a program's file says of preloading an allocator into it, as ld.so(8) decides it:
 * nothing is preloaded into a static or a 32-bit binary, nor, by anybody but their owner,
 * into those that run with another's rights; and a program that brings its own malloc
 * calls that.
 */
struct program_file {
	char path[PATH_MAX]; /* the binary; of a script, its interpreter's */
	bool is_static;
	bool is_foreign;     /* for another architecture or word size than ours */
	bool is_privileged;  /* setuid, setgid or with capabilities that we have not */
	bool has_own_malloc; /* defines malloc itself, for others to find */
};

/* Looks the name up as execvp(3) does, and follows "#!" lines. 0; -ENOENT; -ENOEXEC for a
 * file that is no ELF binary; -errno of reading. */
int program_file_examine(struct program_file *file, const char *name);

/* Whether something is in the way of an allocator preloaded into the program of that
 * name: then the complaint says what. Not where its file cannot be examined. */
bool program_file_obstacle(const char *name, struct complaint *complaint);

#endif
