/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CORE_PROGRAM_H
#define CORE_PROGRAM_H

#include "base/error.h"
#include "core/launch.h"
#include "core/service.h"
#include "core/watch.h"
#include "counters/counters.h"

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
	struct launch_setup launch;
	struct watch watch;
	/* NULL: the program ends by itself. Else it serves: times, samples and events are
	 * of the load alone. */
	const struct service *service;

	/* What is counted; NULL: nothing is. */
	const struct counter_backend *counters;
	const struct group *group;
	const struct counter_filter *filter;
};

enum program_end {
	PROGRAM_EXITED,   /* code: its exit status */
	PROGRAM_SIGNALED, /* code: the signal */
	PROGRAM_TIMED_OUT,
	PROGRAM_STOPPED,     /* code: the signal that ended us */
	PROGRAM_UNREADY,     /* a server that ended, or took too long, before it served */
	PROGRAM_LOAD_FAILED, /* code: the exit status of the load's shell */
};

struct program_outcome {
	enum program_end end;
	int code;
	uint64_t wall_ns;  /* up to the end of its first process, or of the load */
	double throughput; /* of the load; 0 none */
	uint64_t user_ns, system_ns; /* of all its processes, as wait4(2) tells them */
	uint64_t stolen_ns; /* in wall_ns, of the CPUs that it may use (base/stolen.h) */
	uint64_t minor_faults, major_faults;
	uint64_t voluntary_switches, involuntary_switches;
	/* Of the largest process; leaves hugetlb out; 0: less than ours before exec,
	 * which getrusage(2) does not tell from the program's. */
	uint64_t peak_resident_bytes;
	uint64_t left_behind; /* processes that outlived the first and were ended
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

/* The exit code that env(1), time(1) and timeout(1) would hand on; of a server that never
 * served, or whose load failed, one that is not its own either. */
enum { PROGRAM_EXIT_NO_LOAD = 123, PROGRAM_EXIT_OUT_OF_TIME = 124 };
int program_exit_code(const struct program_outcome *outcome);

#endif
