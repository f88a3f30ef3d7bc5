/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef COUNTERS_EXPLAIN_H
#define COUNTERS_EXPLAIN_H

#include "base/error.h"

#include <stdbool.h>

/* Private to counters/: what decides whether this process may count, read from one place
 * so that recorded systems can stand in for the live one. */
struct host_facts {
	bool core_pmu;   /* the kernel has a PMU for the CPU's own events */
	bool hypervisor; /* this is a virtual machine */
	bool watchdog;   /* the NMI watchdog holds a counter */
	bool seccomp;    /* a system call filter is on this process */
	bool perfmon;    /* CAP_PERFMON or CAP_SYS_ADMIN is in effect */
	bool paranoid_known;
	int paranoid; /* kernel.perf_event_paranoid */
};

/* `root` is put before /proc and /sys; "" is the live system. */
void host_facts_read(const char *root, struct host_facts *facts);

/* counters_explain() for given facts. */
void explain_failure(const struct host_facts *facts, int error, const char *event,
	struct complaint *complaint);

#endif
