/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef COUNTERS_COUNTERS_H
#define COUNTERS_COUNTERS_H

#include "base/error.h"
#include "counters/group.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Counting a group's events on the calling thread, in user space only, through one of
 * several backends. Counters are opened and enabled once per point and read as running
 * totals around each window; the caller subtracts.
 */

struct counter_value {
	uint64_t count;
	uint64_t enabled_ns; /* time since enabled */
	uint64_t running_ns; /* of which it was on a hardware counter; 0: never ran, count
				is void */
};

struct counter_event_status {
	int error;     /* 0 when it is being counted, else -errno: no value, say why */
	char why[256]; /* for people; empty when counted */
};

struct counters; /* an open group; each backend has its own */

struct counter_backend {
	const char *name;
	const char *summary;

	/* 0 when it can count hardware or software events here, else -errno and the
	 * reason why not, with what would allow it. */
	int (*probe)(struct complaint *complaint);

	/*
	 * Opens the events of a group on the calling thread. Events that cannot be opened
	 * are marked in `status` (one per event of the group) and the rest goes on.
	 * -errno with the complaint when none can be opened; *counters is set on success
	 * only.
	 */
	int (*open)(struct counters **counters, const struct group *group,
		struct counter_event_status *status, struct complaint *complaint);

	int (*start)(struct counters *counters); /* enable; 0 or -errno */

	/*
	 * Running totals, one per event of the group; events not opened read as all zero.
	 * A value holds for a window only where its running time grew as much as its
	 * enabled time: else the group had to give its counters away. On -errno all
	 * values are zero: -ENODATA where the kernel stopped the group, -EIO where it
	 * answered with something else.
	 */
	int (*read)(struct counters *counters, struct counter_value *values);

	int (*stop)(struct counters *counters);
	void (*close)(struct counters *counters); /* NULL is fine */
};

/* In order of preference: perf, (likwid), none. `fake` is found by name only. */
extern const struct counter_backend *const counter_backends[]; /* ends with NULL */
extern const struct counter_backend counters_perf;
extern const struct counter_backend counters_none;
extern const struct counter_backend counters_fake;

/* By name, "auto" for the first that probes; NULL for an unknown name. With "auto" the
 * reason why the best one cannot serve is in the complaint, which is empty where it can.
 */
const struct counter_backend *counters_find(
	const char *name, struct complaint *complaint);

/*
 * What the fake backend counts is up to the test: it calls this at every read, with the
 * group, and a context. Values not set stay all zero. Install before opening, not from
 * two threads; the group stays alive while it is open.
 */
struct counter_fake {
	void (*read)(
		void *context, const struct group *group, struct counter_value *values);
	void *context;
};
void counters_fake_install(const struct counter_fake *fake);

/* The group folder's arch for the CPU at hand: a libpfm4 PMU name mapped to a folder
 * ("zen3", "skx", "arm_n1", ...), or "generic". Writes the PMU's own name too, ""
 * where libpfm4 knows none. LIBPFM_FORCE_PMU is obeyed. A PMU that libpfm4 knows by the
 * CPU's model may still not be there: opening a group tells. */
void counters_arch(char arch[GROUP_NAME], char pmu[GROUP_NAME]);

/*
 * Encodes an event name for perf_event: libpfm4 first, raw "rNNNN" itself. 0 with type
 * and config filled, or -errno with a complaint that names the nearest event names.
 */
struct event_code {
	uint32_t type; /* PERF_TYPE_* or a PMU's dynamic type */
	uint64_t config, config1, config2;
	char full_name[EVENT_NAME + 48]; /* libpfm4's fully qualified name */
};
int counters_encode(
	const char *name, struct event_code *code, struct complaint *complaint);

/* Turns the failure of perf_event_open for this event into what, why, and what to type;
 * reads perf_event_paranoid, the hypervisor's and the watchdog's state for it. */
void counters_explain(int error, const char *event, struct complaint *complaint);

#endif
