/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/group-set.h"

#include <string.h>

int group_set_open(struct group_set *set, const struct counter_backend *backend,
	const struct counter_filter *filter, const struct group *groups, size_t count,
	const struct event_list *events, struct complaint *complaint)
{
	const struct counter_target target = {.cpu = -1, .filter = *filter};

	*set = (struct group_set){.backend = backend};
	for (size_t i = 0; i < count; i++) {
		struct open_group *open = &set->open[i];
		struct counter_event_status status[GROUP_EVENTS];
		int error;

		open->group = &groups[i];
		for (size_t e = 0; e < open->group->events_count; e++)
			open->columns[e] =
				event_list_find(events, open->group->events[e].name);
		error = backend->open(
			&open->counters, open->group, &target, status, complaint);
		if (error)
			return error;
		set->count++;
	}
	return 0;
}

void group_set_close(struct group_set *set)
{
	for (size_t i = 0; i < set->count; i++)
		set->backend->close(set->open[i].counters);
	set->count = 0;
	set->counting = NULL;
}

int group_set_switch(struct group_set *set, struct open_group *open)
{
	int error = 0;

	if (set->counting == open)
		return 0;
	if (set->counting)
		error = set->backend->stop(set->counting->counters);
	set->counting = NULL;
	if (!error)
		error = set->backend->start(open->counters);
	if (!error)
		set->counting = open;
	return error;
}

struct open_group *group_set_find(struct group_set *set, const char *name)
{
	for (size_t i = 0; i < set->count; i++)
		if (strcmp(set->open[i].group->name, name) == 0)
			return &set->open[i];
	return NULL;
}

void open_group_spread(const struct open_group *open, struct measurement *measurement)
{
	struct counter_value values[GROUP_EVENTS];

	memcpy(values, measurement->values, sizeof(values));
	memset(measurement->values, 0, sizeof(measurement->values));
	for (size_t e = 0; e < open->group->events_count; e++)
		if (open->columns[e] >= 0)
			measurement->values[open->columns[e]] = values[e];
}
