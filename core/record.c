/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/record.h"

#include <string.h>

int event_list_find(const struct event_list *list, const char *name)
{
	for (size_t i = 0; i < list->count; i++)
		if (strcmp(list->names[i], name) == 0)
			return (int)i;
	return -1;
}

int event_list_add(struct event_list *list, const char *name)
{
	int found = event_list_find(list, name);
	size_t length = strlen(name);

	if (found >= 0)
		return found;
	if (list->count == RECORD_EVENTS || length >= EVENT_NAME)
		return -1;
	memcpy(list->names[list->count], name, length + 1);
	return (int)list->count++;
}

void record_describe(const struct record_type *type, struct text *text)
{
	text_append(text, "| column | unit | meaning |\n| --- | --- | --- |\n");
	for (size_t i = 0; i < type->fields_count; i++)
		text_format(text, "| `%s` | %s | %s |\n", type->fields[i].name,
			type->fields[i].unit, type->fields[i].meaning);
	if (!type->span)
		return;
	text_format(text,
		"| `EVENT` | | count of the event %s; empty: not counted |\n"
		"| `EVENT.enabled_ns` | ns | time for which the event was asked for |\n"
		"| `EVENT.running_ns` | ns | time for which a counter really counted it |\n",
		type->span);
}
