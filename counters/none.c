/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "counters/counters.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Clocks only: every event is marked as not counted, and no value ever says otherwise. */
struct counters {
	size_t events_count;
};

static int none_probe(struct complaint *complaint)
{
	(void)complaint;
	return 0;
}

static int none_open(struct counters **counters, const struct group *group,
	const struct counter_target *target, struct counter_event_status *status,
	struct complaint *complaint)
{
	struct counters *opened = malloc(sizeof(*opened));

	(void)target;
	if (!opened) {
		complaint_what(complaint, "no memory for counters");
		return -ENOMEM;
	}
	opened->events_count = group->events_count;
	memset(status, 0, group->events_count * sizeof(*status));
	for (size_t i = 0; i < group->events_count; i++) {
		status[i].error = -EOPNOTSUPP;
		(void)snprintf(status[i].why, sizeof(status[i].why), "%s",
			"counting is off (backend none)");
	}
	*counters = opened;
	return 0;
}

static int none_switch(struct counters *counters)
{
	(void)counters;
	return 0;
}

static int none_read(struct counters *counters, struct counter_value *values)
{
	memset(values, 0, counters->events_count * sizeof(*values));
	return 0;
}

static void none_close(struct counters *counters)
{
	free(counters);
}

const struct counter_backend counters_none = {
	.name = "none",
	.summary = "no events, clocks only",
	.probe = none_probe,
	.open = none_open,
	.start = none_switch,
	.read = none_read,
	.stop = none_switch,
	.close = none_close,
};
