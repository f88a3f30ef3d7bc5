/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef COUNTERS_EXPLAIN_H
#define COUNTERS_EXPLAIN_H

#include "base/error.h"
#include "counters/counters.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* Private to counters/: what decides whether this process may count, read from one place
 * so that recorded systems can stand in for the live one. */
struct host_facts {
	bool core_pmu;        /* the kernel has a PMU for the CPU's own events */
	bool hypervisor;      /* this is a virtual machine */
	bool watchdog;        /* the NMI watchdog holds a counter */
	bool seccomp;         /* a system call filter is on this process */
	bool container;       /* Docker's or Podman's mark is in the root folder */
	bool perfmon;         /* CAP_PERFMON or CAP_SYS_ADMIN is in effect */
	bool user_access_off; /* kernel.perf_user_access is there (Arm), and 0 */
	bool paranoid_known;
	int paranoid;         /* kernel.perf_event_paranoid */
	uint64_t descriptors; /* this process's limit (RLIMIT_NOFILE); 0 unknown */
	uint64_t locked_kib;  /* kernel.perf_event_mlock_kb; 0 unknown */
};

/* What could not be opened, and how it was asked for. */
struct counter_failure {
	int error; /* -errno of perf_event_open */
	const char *event;
	enum counter_scope scope;
	struct counter_filter filter;
	pid_t thread; /* 0: the calling one */
};

/* `root` is put before /proc and /sys; "" is the live system. */
void host_facts_read(const char *root, struct host_facts *facts);

/* For given facts, and for those of the live system. */
void explain_failure(const struct host_facts *facts,
	const struct counter_failure *failure, struct complaint *complaint);
void counters_explain_failure(
	const struct counter_failure *failure, struct complaint *complaint);

/* Why the page of an event could not be mapped (-EPERM: the limits of locked memory). */
void explain_page(const struct host_facts *facts, int error, struct complaint *complaint);

/* Where the system keeps every program from reading counters in user space: true, with
 * the complaint. The pages of its events do not tell: they look like those of events that
 * are on no counter just now. */
bool explain_user_access(const struct host_facts *facts, struct complaint *complaint);

#endif
