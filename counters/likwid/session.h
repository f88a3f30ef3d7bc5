/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef COUNTERS_LIKWID_SESSION_H
#define COUNTERS_LIKWID_SESSION_H

#include "base/error.h"
#include "counters/group.h"

#include <stdbool.h>

/*
 * liblikwid counts on the CPUs that perfmon_init() names, for the whole process. Escalier
 * measures on one CPU at a time: a session is liblikwid started for that CPU, with the
 * sets of events of all open groups. It begins with the first set, moves when a set is
 * started on another CPU, and ends with the last. For one thread at a time.
 */
struct likwid_set {
	const char *events; /* "NAME:REGISTER,..."; the caller's, while it is in */
	int id;             /* liblikwid's, valid until the session moves */
	struct likwid_set *next;
};

/* What is to be said of a failure is on stderr, by liblikwid itself. */
int likwid_session_add(struct likwid_set *set, unsigned cpu, struct complaint *complaint);
void likwid_session_remove(struct likwid_set *set);

/* Whether an event of the set is being counted: liblikwid goes on without those that it
 * cannot. */
bool likwid_session_counts(const struct likwid_set *set, int event);

/* Programs the registers of the CPU that the caller runs on, and starts them. -EBUSY
 * while another set counts; -EIO where liblikwid fails. */
int likwid_session_start(struct likwid_set *set);
int likwid_session_stop(struct likwid_set *set);
int likwid_session_read(void);

/* What an event counted from one start, read or stop to the last one. 0, or -EIO for what
 * is no count. */
int likwid_session_delta(const struct likwid_set *set, int event, double *count);

/* Whether the caller runs on the CPU that is counted. */
bool likwid_session_here(void);

#endif
