/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CORE_CHECK_VERDICT_H
#define CORE_CHECK_VERDICT_H

#include "counters/group.h"

#include <stdbool.h>

/* What the self-check says of an event of a group. */
enum event_judgement {
	EVENT_UNPROVEN, /* nothing here decides: no kernel makes it happen, or others use
			   the machine too much */
	EVENT_RIGHT,    /* counted what is known to happen */
	EVENT_WRONG,    /* counted something else */
	EVENT_DEAD,     /* counted nothing where it must */
	EVENT_ABSENT,   /* cannot be opened here */
	EVENT_JUDGEMENTS
};

enum { VERDICT_WHY = 224 };
struct event_verdict {
	char group[GROUP_NAME];
	char counter[16]; /* its variable in the group's formulas */
	char event[EVENT_NAME];
	enum event_judgement judgement;
	/* The expectation that decided: its kernel, events a unit counted, and the range.
	 * The kernel is empty where none did. */
	char kernel[KERNEL_NAME];
	double low, high, counted;
	double units;          /* of a window: reads, instructions, ...; NaN not known */
	char why[VERDICT_WHY]; /* for people; empty for a right one */
	/* It is what others do on this machine, or with its counters, that led to it:
	 * another check may say otherwise. */
	bool passing;
};

/* "unproven", "right", "wrong", "dead", "absent". */
const char *event_judgement_name(enum event_judgement judgement);
/* By name; -1 for none of them. */
int event_judgement_find(const char *name);

/* Whether figures that need the event are to be left out: it is wrong, dead or absent. */
bool event_excluded(enum event_judgement judgement);

#endif
