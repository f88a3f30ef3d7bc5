/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "counters/counters.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct counters {
	const struct group *group;
};

/* A backend's table has no room for a context, and only tests install one, before they
 * open. */
static struct counter_fake installed;

void counters_fake_install(const struct counter_fake *fake)
{
	installed = *fake;
}

static int fake_probe(struct complaint *complaint)
{
	(void)complaint;
	return 0;
}

static int fake_open(struct counters **counters, const struct group *group,
	const struct counter_target *target, struct counter_event_status *status,
	struct complaint *complaint)
{
	struct counters *opened = malloc(sizeof(*opened));
	int error = 0;

	(void)target;
	if (!opened) {
		complaint_what(complaint, "no memory for counters");
		return -ENOMEM;
	}
	opened->group = group;
	memset(status, 0, group->events_count * sizeof(*status));
	if (installed.open)
		error = installed.open(installed.context, group, status);
	if (error) {
		complaint_what(complaint, "the fake backend was told to fail");
		free(opened);
		return error;
	}
	*counters = opened;
	return 0;
}

static int fake_switch(struct counters *counters)
{
	(void)counters;
	return 0;
}

static int fake_read(struct counters *counters, struct counter_value *values)
{
	memset(values, 0, counters->group->events_count * sizeof(*values));
	if (installed.read)
		installed.read(installed.context, counters->group, values);
	return 0;
}

static void fake_close(struct counters *counters)
{
	free(counters);
}

const struct counter_backend counters_fake = {
	.name = "fake",
	.summary = "values that a test makes up; never chosen by itself",
	.probe = fake_probe,
	.open = fake_open,
	.start = fake_switch,
	.read = fake_read,
	.stop = fake_switch,
	.close = fake_close,
};
