/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef COUNTERS_COUNTERS_H
#define COUNTERS_COUNTERS_H

#include "base/clock.h"
#include "base/error.h"
#include "counters/group.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * Counting a group's events on a thread, on a program, or on the whole system, through
 * one of several backends. Counters are opened and enabled once and read as running
 * totals around what is to be measured; the caller subtracts.
 */

struct counter_value {
	uint64_t count;
	uint64_t enabled_ns; /* time since enabled */
	uint64_t running_ns; /* of which it was on a hardware counter; 0: never ran, count
				is void */
};

/*
 * Whose instructions count. None of user, kernel and hypervisor means user space alone,
 * neither of host and guest means host: an empty filter is user space of this system.
 * `guest` is what virtual machines that this system runs do.
 */
struct counter_filter {
	bool user, kernel, hypervisor;
	bool host, guest;
};

enum { COUNTER_FILTER_TEXT = 64 };

/* perf's letters: u, k, h (hypervisor), G (guest), H (host), each at most once. 0, or
 * -EINVAL for others and for none. */
int counter_filter_parse(const char *letters, struct counter_filter *filter);

/* For people: "user space", "user space and kernel of guests", ... Returns text. */
const char *counter_filter_describe(
	const struct counter_filter *filter, char text[COUNTER_FILTER_TEXT]);

/* What is counted. An event's own suffix (":k") goes before the filter. */
struct counter_target {
	pid_t thread; /* 0: the calling one; -1: all that runs on `cpu` */
	int cpu;      /* -1: any, and with thread -1 every one */
	bool inherit; /* threads and children that it starts later count too */
	bool on_exec; /* starts by itself at the thread's next exec */
	struct counter_filter filter;
};

enum counter_scope {
	COUNTER_SCOPE_THREAD,  /* one thread */
	COUNTER_SCOPE_PROGRAM, /* a thread and all that it starts */
	COUNTER_SCOPE_SYSTEM, /* all that runs: on one CPU, on all, or through a unit that
				 CPUs share (L3, memory controller, mesh) */
};

/* "thread", "program", "system-wide". */
const char *counter_scope_name(enum counter_scope scope);

enum { COUNTER_PARTS = 4, COUNTER_PMU_NAME = 48, COUNTER_FULL_NAME = EVENT_NAME + 48 };

/* What became of an event at opening. */
struct counter_event_status {
	int error;     /* 0 when it is being counted, else -errno: no value, say why */
	char why[256]; /* for people; empty when counted */
	char full_name[COUNTER_FULL_NAME]; /* as encoded; empty where it could not be */
	enum counter_scope scope;
	struct counter_filter filter; /* what the kernel was asked for in the end: a
					 context switch happens in the kernel */
	/* The kernel's names of the PMUs that count it, each a part of the value: one, or
	 * every type of core of a hybrid CPU. */
	char parts[COUNTER_PARTS][COUNTER_PMU_NAME];
	size_t parts_count;
	bool alone; /* read by itself: of another moment than the group's other events */
};

/* How an open group is read: chosen by measuring both on it. */
enum counter_read_path { COUNTER_READ_SYSCALL, COUNTER_READ_USER };
/* "read()", "user space". */
const char *counter_read_path_name(enum counter_read_path path);
struct counter_read_cost {
	enum counter_read_path path; /* in use */
	double syscall_ns;  /* median of reading the group once, by system calls */
	double user_ns;     /* by the CPU's own instruction; 0: not possible */
	char user_why[512]; /* why not possible, and what would allow it */
};

struct counters; /* an open group; each backend has its own */

struct counter_backend {
	const char *name;
	const char *summary;

	/* 0 when it can count hardware or software events here, else -errno and the
	 * reason why not, with what would allow it. */
	int (*probe)(struct complaint *complaint);

	/*
	 * Opens the events of a group on a target; NULL is the calling thread in user
	 * space. Events that cannot be opened are marked in `status` (one per event of
	 * the group) and the rest goes on. -errno with the complaint when none can be
	 * opened; *counters is set on success only.
	 */
	int (*open)(struct counters **counters, const struct group *group,
		const struct counter_target *target, struct counter_event_status *status,
		struct complaint *complaint);

	int (*start)(
		struct counters *counters); /* enable; 0 or -errno. Not for on_exec */

	/*
	 * Running totals, one per event of the group; events not opened read as all zero.
	 * A value holds for a window only where its running time grew as much as its
	 * enabled time: else the group had to give its counters away. On -errno all
	 * values are zero: -ENODATA where the kernel stopped the group, -EIO where it
	 * answered with something else.
	 */
	int (*read)(struct counters *counters, struct counter_value *values);

	/* The parts of an event's value in the last read(), in the order of its status.
	 * NULL where a value has no parts. */
	const struct counter_value *(*parts)(
		const struct counters *counters, size_t event);

	/*
	 * Times every way of reading that a started group has, and takes the fastest from
	 * then on; a way whose values differ from the kernel's is none. 0 or -errno. NULL
	 * where there is but one.
	 */
	int (*choose_read_path)(struct counters *counters, const struct clocks *clocks,
		struct counter_read_cost *cost);

	int (*stop)(struct counters *counters);
	void (*close)(struct counters *counters); /* NULL is fine */
};

/* In order of preference: perf, likwid, none. `fake` is found by name only. */
extern const struct counter_backend *const counter_backends[]; /* ends with NULL */
extern const struct counter_backend counters_perf;
extern const struct counter_backend counters_likwid;
extern const struct counter_backend counters_none;
extern const struct counter_backend counters_fake;

/* By name, "auto" for the first that probes; NULL for an unknown name. With "auto" the
 * reason why the best one cannot serve is in the complaint, which is empty where it can.
 */
const struct counter_backend *counters_find(
	const char *name, struct complaint *complaint);

/*
 * What the fake backend counts is up to the test: it calls `read` at every read, with the
 * group, and a context; values not set stay all zero. `open` may mark events as refused,
 * and return -errno for the whole group; NULL opens everything. Install before opening,
 * not from two threads; the group stays alive while it is open.
 */
struct counter_fake {
	int (*open)(void *context, const struct group *group,
		struct counter_event_status *status);
	void (*read)(
		void *context, const struct group *group, struct counter_value *values);
	void *context;
};
void counters_fake_install(const struct counter_fake *fake);

/*
 * The group folder's arch for a CPU: "zen3", "skx", "arm_n1", ..., or "generic"; `cpu` is
 * the kernel's number, -1 any, which is a P core on a hybrid. By what /proc/cpuinfo says,
 * else by libpfm4's PMU, whose name is written too, "" where libpfm4 knows none.
 * LIBPFM_FORCE_PMU is obeyed. The PMU of a known CPU may still not be there: opening a
 * group tells.
 */
void counters_arch_on(int cpu, char arch[GROUP_NAME], char pmu[GROUP_NAME]);
void counters_arch(char arch[GROUP_NAME], char pmu[GROUP_NAME]); /* of any CPU */

/*
 * Encodes an event name for perf_event: libpfm4 first, raw "rNNNN" itself. 0 with type
 * and config filled, or -errno with a complaint that names the nearest event names.
 */
struct event_code {
	uint32_t type; /* PERF_TYPE_* or a PMU's dynamic type */
	uint64_t config, config1, config2;
	bool raw; /* "rNNNN": a code for whichever core; the type alone does not tell, for
		     the PMU of x86's (P) cores has the type RAW */
	char full_name[EVENT_NAME + 48]; /* libpfm4's fully qualified name */
};
int counters_encode(
	const char *name, struct event_code *code, struct complaint *complaint);

/* As counters_encode, but names of PMU/TERMS/ and modifiers (":k") too, the first PMU's
 * code where several count the event; a name that means nothing here is looked up in
 * libpfm4's table for `arch`, where LIBPFM_ENCODE_INACTIVE=1 lets it. */
int counters_resolve(const char *name, const char *arch, struct event_code *code,
	struct complaint *complaint);

/* libpfm4's PMU for a group folder; NULL where its table is not known to have one. */
const char *counters_pmu_of(const char *arch);

/*
 * Appends the events of libpfm4's tables whose name, or what is said of it, holds the
 * pattern, whatever the case: a line each, and one for each unit mask; then those that
 * the kernel lists in sysfs. `pmu` is one PMU by name, libpfm4's or the kernel's; NULL:
 * those of this CPU's cores; "all": every one of libpfm4's. Returns how many events, or
 * -errno; -ENODEV where there is no such PMU.
 */
int counters_list_events(const char *pattern, const char *pmu, struct text *text);

/* Turns the failure of perf_event_open for this event into what, why, and what to type;
 * reads perf_event_paranoid, the hypervisor's and the watchdog's state for it. */
void counters_explain(int error, const char *event, struct complaint *complaint);

#endif
