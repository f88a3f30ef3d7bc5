/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef TESTS_ALLOC_HP_FAULTS_H
#define TESTS_ALLOC_HP_FAULTS_H

#include <stdbool.h>

/*
 * Lets the kernel itself refuse a system call of the code under test, whichever way it
 * was made: a seccomp filter hands every call that concerns memory, files or placement to
 * a second thread, which lets it pass or has it fail (SECCOMP_USER_NOTIF_FLAG_CONTINUE,
 * Linux 5.5). No function is wrapped, so none can be forgotten.
 */

struct faults_result {
	unsigned calls;  /* seen */
	unsigned failed; /* by order */
	int status;      /* of the child, as waitpid gives it */
	int last_failed; /* number of the call that failed last */
	char said[160];  /* what work returned; empty: NULL */
};

/* Whether the kernel can do it, for a skip. */
bool faults_possible(void);

/*
 * Runs work in a child made by fork, where the `at`-th call (from 1; 0: none), or every
 * one from it on (`onwards`), fails with `error`. Calls of only one kind count where
 * `only` is not negative. work returns NULL or what it found wrong; 0 or -errno.
 */
int faults_run(const char *(*work)(void *argument), void *argument, unsigned at,
	bool onwards, int only, int error, struct faults_result *result);

#endif
