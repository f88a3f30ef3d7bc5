/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "counters/likwid.h"
#include "counters/likwid/session.h"

#include <stdbool.h>
#include <string.h>

static size_t count_events(const char *events)
{
	size_t count = *events != '\0';

	for (; *events; events++)
		count += *events == ',';
	return count;
}

/* Through all that a measurement does, once. */
static int count_once(struct likwid_set *set, struct complaint *complaint)
{
	int error = likwid_session_start(set);

	if (!error)
		error = likwid_session_read();
	if (!error)
		error = likwid_session_stop(set);
	if (error)
		complaint_what(complaint, "liblikwid cannot start, read or stop %s",
			set->events);
	return error;
}

int likwid_attempt(unsigned cpu, const char *events, char usable[GROUP_EVENTS + 1],
	struct complaint *complaint)
{
	struct likwid_set set = {.events = events};
	size_t count = count_events(events);
	bool any = false;
	int error = likwid_session_add(&set, cpu, complaint);

	if (error)
		return error;
	memset(usable, 0, GROUP_EVENTS + 1);
	for (size_t i = 0; i < count && i < GROUP_EVENTS; i++) {
		usable[i] = likwid_session_counts(&set, (int)i) ? '1' : '0';
		any = any || usable[i] == '1';
	}
	if (any)
		error = count_once(&set, complaint);
	likwid_session_remove(&set);
	return error;
}
