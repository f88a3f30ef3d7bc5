/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CORE_PROGRAM_H
#define CORE_PROGRAM_H

#include "base/cpus.h"
#include "base/error.h"
#include "core/process-tree.h"
#include "counters/counters.h"

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

/*
 * One execution of somebody's program, from its exec to the end of its last process.
 *
 * The child waits before exec until its counters are open: they start with the program's
 * first instruction and follow its threads and children. Processes that it leaves behind
 * are ended and counted.
 */
struct program_setup {
	char *const *arguments;   /* ends with NULL; the first is looked up in PATH */
	char *const *environment; /* whole, ends with NULL */
	int input, output, error; /* descriptors for its standard ones; -1: ours */
	const struct cpus *cpus;  /* where it may run; NULL: where we may */
	uint64_t timeout_ns;      /* 0: none */

	/* What is counted; NULL: nothing is. */
	const struct counter_backend *counters;
	const struct group *group;
	const struct counter_filter *filter;

	/*
	 * Called about every sample_ns while it runs, if not NULL, with the time since
	 * its start: takes samples. A sample may take its time; the next is then put off,
	 * so that sampling takes at most a hundredth of a CPU.
	 */
	void (*sample)(
		void *context, uint64_t elapsed_ns, const struct process_tree *tree);
	void *context;
	uint64_t sample_ns;

	const volatile sig_atomic_t *stop; /* a signal's number: hand it on and end */
};

enum program_end {
	PROGRAM_EXITED,   /* code: its exit status */
	PROGRAM_SIGNALED, /* code: the signal */
	PROGRAM_TIMED_OUT,
	PROGRAM_STOPPED, /* code: the signal that ended us */
};

struct program_outcome {
	enum program_end end;
	int code;
	uint64_t wall_ns;            /* up to the end of its first process */
	uint64_t user_ns, system_ns; /* of all its processes, as wait4(2) tells them */
	uint64_t minor_faults, major_faults;
	uint64_t voluntary_switches, involuntary_switches;
	uint64_t peak_resident_bytes; /* of the largest process; leaves hugetlb out */
	uint64_t left_behind;         /* processes that outlived the first and were ended
				       */
	/* By the group's events; all zero where nothing counts. */
	struct counter_value values[GROUP_EVENTS];
	struct counter_event_status status[GROUP_EVENTS];
};

/*
 * 0 once it has run, however it ended. -ENOENT, -EACCES, -ENOEXEC: it could not be
 * executed (the shell's 127 and 126). Else -errno of the machinery, the counters' among
 * it. With the complaint.
 */
int program_run(const struct program_setup *setup, struct program_outcome *outcome,
	struct complaint *complaint);

/* The exit code that env(1) and time(1) would hand on. */
int program_exit_code(const struct program_outcome *outcome);

#endif
