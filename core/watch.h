/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CORE_WATCH_H
#define CORE_WATCH_H

#include "core/process-tree.h"

#include <signal.h>
#include <stdint.h>
#include <sys/types.h>

/* What happens while processes run: samples of them, a time limit, our own end. */
struct watch {
	uint64_t timeout_ns; /* 0: none */

	/*
	 * Called about every sample_ns, if not NULL, with the time since the start: takes
	 * samples. A sample may take its time; the next is then put off, so that
	 * sampling takes at most a hundredth of a CPU.
	 */
	void (*sample)(
		void *context, uint64_t elapsed_ns, const struct process_tree *tree);
	void *context;
	uint64_t sample_ns;

	const volatile sig_atomic_t *stop; /* a signal's number: hand it on and end */
};

enum watch_end { WATCH_ENDED, WATCH_TIMED_OUT, WATCH_STOPPED };

/* Until the process of `pidfd` ends, sampling the tree below `root`. Times by the wall
 * clock of base/clock.h. */
enum watch_end watch_until_end(
	const struct watch *watch, int pidfd, pid_t root, uint64_t start_ns);

/* Sends the signal to `root` and all below it, and SIGKILL to what is left of it after
 * grace_ns. */
void watch_end_tree(int pidfd, pid_t root, int number, uint64_t grace_ns);

#endif
