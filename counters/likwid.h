/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef COUNTERS_LIKWID_H
#define COUNTERS_LIKWID_H

#include "base/error.h"
#include "counters/group.h"

#include <stddef.h>

/*
 * What liblikwid serves for: reading group files, and counting through the CPU's model
 * specific registers. The build takes likwid/ where liblikwid was found and
 * likwid-absent/ elsewhere; there every function answers -EOPNOTSUPP and says why.
 *
 * liblikwid is loaded when it is first needed: its tables of events make a program that
 * is linked with it start ten milliseconds later.
 */

/*
 * Takes the events and metrics of a group that group_parse() has accepted from
 * liblikwid's own reader, perfgroup_readGroup. `path` is the file that `text` was read
 * from. 0; -EOPNOTSUPP where there is no liblikwid, or the file is none for it: its
 * reader looks for `*.txt` only and walks out of its memory on lines which our grammar
 * allows; the group is then as it was. -EINVAL with the complaint where it reads another
 * group than we do.
 */
int likwid_read_group(struct group *group, const char *path, const char *text,
	size_t length, struct complaint *complaint);

/*
 * perfmon_init() ends the program where it cannot start its daemon, and forks; so does
 * taking a register that another program uses. All of it is therefore tried in a process
 * of its own first, which runs this program as `PROGRAM likwid-trial CPU EVENTS` and has
 * so many seconds for it. Set once, before anything is counted; without it no trial is
 * possible.
 */
void likwid_trial_program(const char *program, unsigned seconds);

/* Longer than liblikwid itself waits for its daemon. */
enum { LIKWID_TRIAL_SECONDS = 15 };

enum { LIKWID_OUTPUT = 4096 };

struct likwid_trial {
	char usable[GROUP_EVENTS + 1]; /* '1' or '0' for each event */
	char output[LIKWID_OUTPUT];    /* what liblikwid printed, its end cut off */
};

/* Starts liblikwid for a CPU, and counts a set of events ("NAME:REGISTER,...", empty for
 * none) for a moment, all in another process. 0, or -errno with the complaint. */
int likwid_trial_run(unsigned cpu, const char *events, struct likwid_trial *trial,
	struct complaint *complaint);

/* What that process does: in its own, which it may end. `usable` is as in the trial. */
int likwid_attempt(unsigned cpu, const char *events, char usable[GROUP_EVENTS + 1],
	struct complaint *complaint);

#endif
