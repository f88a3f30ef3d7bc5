/* SPDX-License-Identifier: MIT */
#ifndef ALLOC_HP_ENVIRONMENT_H
#define ALLOC_HP_ENVIRONMENT_H

/*
 * The variables that begin with ESCALIER_HP_, copied: programs that set their title write
 * over the environment. Before libc is up, where a preload allocates already, they are
 * read from the kernel. A program with more rights than its caller (setuid) has none.
 * One thread at a time.
 */
void environment_copy(void);

/* As copied last; kept until the next time. NULL: not set, or set to nothing. */
const char *environment_variable(const char *name);

#endif
