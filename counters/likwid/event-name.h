/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef COUNTERS_LIKWID_EVENT_NAME_H
#define COUNTERS_LIKWID_EVENT_NAME_H

#include "base/error.h"
#include "counters/counters.h"

#include <stdbool.h>
#include <stddef.h>

enum { LIKWID_EVENT_NAME = COUNTER_FULL_NAME };

/*
 * An event of a group as liblikwid takes it, "NAME:REGISTER:OPTIONS". One on a PMC
 * register that libpfm4 knows, or that is a raw code, becomes GENERIC_EVENT with the code
 * that libpfm4 gives it, since liblikwid has other names, and none for many a unit mask.
 * Anything else is taken for a name of liblikwid's own on the register that the group
 * names. `kernel` counts the kernel too.
 *
 * 0; -EOPNOTSUPP for events that no register of the core counts; -EINVAL for a name that
 * liblikwid would misread; with the complaint.
 */
int likwid_event_name(const struct event *event, bool kernel,
	char name[LIKWID_EVENT_NAME], struct complaint *complaint);

#endif
