/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CORE_LAUNCH_H
#define CORE_LAUNCH_H

#include "base/cpus.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* A child process that waits before exec, so that it can be looked at first. */
struct launch_setup {
	char *const *arguments;   /* ends with NULL; the first is looked up in PATH */
	char *const *environment; /* whole, ends with NULL */
	int input, output, error; /* descriptors for its standard ones; -1: ours */
	const struct cpus *cpus;  /* where it may run; NULL: where we may */
};

struct launch {
	pid_t pid;
	int pidfd;  /* readable once it has ended */
	int go;     /* a byte lets it go on to exec; closed: it ends */
	int failed; /* gives exec's errno, or ends empty where exec succeeded */
};

/* Signals are the program's as at a login: all at their default, none blocked. 0 or
 * -errno. */
int launch_begin(struct launch *launch, const struct launch_setup *setup);

/* Lets the child go on: 0 once the program runs; else exec's -errno, and the child is
 * gone. The caller closes pidfd. */
int launch_go(struct launch *launch);

/* Ends a child that was not let go. */
void launch_cancel(struct launch *launch);

/* Waits for the end of the process, or the time (base/clock.h, wall), or a signal to us:
 * whether it has ended. */
bool launch_wait(int pidfd, uint64_t until_ns);

#endif
