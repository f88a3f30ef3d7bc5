/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "counters/likwid.h"

#include "counters/counters.h"

#include <errno.h>

static int refuse(struct complaint *complaint)
{
	complaint_what(complaint, "liblikwid cannot be used");
	complaint_why(complaint, "%s", "this Escalier was built without it");
	complaint_advise(complaint, "sudo apt-get install likwid, and build again");
	return -EOPNOTSUPP;
}

int likwid_read_group(struct group *group, const char *path, const char *text,
	size_t length, struct complaint *complaint)
{
	(void)group;
	(void)path;
	(void)text;
	(void)length;
	(void)complaint;
	return -EOPNOTSUPP;
}

void likwid_trial_program(const char *program, unsigned seconds)
{
	(void)seconds;
	(void)program;
}

int likwid_trial_run(unsigned cpu, const char *events, struct likwid_trial *trial,
	struct complaint *complaint)
{
	(void)cpu;
	(void)events;
	(void)trial;
	return refuse(complaint);
}

int likwid_attempt(unsigned cpu, const char *events, char usable[GROUP_EVENTS + 1],
	struct complaint *complaint)
{
	(void)cpu;
	(void)events;
	(void)usable;
	return refuse(complaint);
}

static int absent_open(struct counters **counters, const struct group *group,
	const struct counter_target *target, struct counter_event_status *status,
	struct complaint *complaint)
{
	(void)counters;
	(void)group;
	(void)target;
	(void)status;
	return refuse(complaint);
}

/* Never opened, so that it has nothing to start, read, stop or close. */
const struct counter_backend counters_likwid = {
	.name = "likwid",
	.summary = "the CPU's registers, through liblikwid (built without it)",
	.probe = refuse,
	.open = absent_open,
};
