/* SPDX-License-Identifier: MIT */
#ifndef INTERPOSE_TRACE_FILE_H
#define INTERPOSE_TRACE_FILE_H

#include "interpose/trace/format.h"

#include <stddef.h>

/*
 * The trace file of this process, mapped for as long as it lives. NULL before
 * trace_file_open, and where there is none: then calls are only forwarded.
 */
extern struct trace_file *trace;

/*
 * Creates and maps <ESCALIER_TRACE_DIR>/<program>.<pid>.trace and fills in its head. The
 * file's room is reserved on the disk first, so that no store into it can fail later.
 * Where that is not possible one line on fd 2 says why, and the program runs untraced.
 * Without ESCALIER_TRACE_DIR nothing is traced.
 */
void trace_file_open(void);
void trace_file_end(void); /* notes the time; the mapping stays */

/*
 * Around fork: the child goes on with a private copy of the parent's state, which costs
 * nothing until it is written to. Most children exec at once; one that goes on allocating
 * calls trace_file_own, which gives it a file of its own. The parent goes on meanwhile:
 * what is alive is noted before.
 */
void trace_file_fork_prepare(void);
void trace_file_fork_child(void);
void trace_file_own(void);

uint64_t trace_now_ns(void);

/* Keeps the modules' table up to date: called where a frame lies in none of it. */
void trace_file_note_modules(void);

#endif
