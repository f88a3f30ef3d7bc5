/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/counting.h"

#include <errno.h>
#include <string.h>

static int add(struct counter_request *request, const char *text, bool is_list,
	struct complaint *why)
{
	if (request->groups_count == PLAN_NAMES) {
		complaint_why(why, "at most %d groups and event lists", PLAN_NAMES);
		return -EINVAL;
	}
	for (size_t i = 0; i < request->groups_count; i++) {
		if (strcmp(request->groups[i].text, text) == 0) {
			complaint_why(why, "%s is asked for twice", text);
			return -EINVAL;
		}
	}
	request->groups[request->groups_count].text = text;
	request->groups[request->groups_count++].is_list = is_list;
	request->groups_asked = true;
	return 0;
}

int counter_request_groups(
	struct counter_request *request, const char *names, struct complaint *why)
{
	const char *words[PLAN_NAMES];
	size_t count;
	int error;

	if (strcmp(names, "none") == 0) {
		request->backend = "none";
		return 0;
	}
	error = words_split(&request->words, names, words, PLAN_NAMES, &count, why);
	for (size_t i = 0; !error && i < count; i++)
		error = add(request, words[i], false, why);
	return error;
}

int counter_request_events(
	struct counter_request *request, const char *list, struct complaint *why)
{
	if (*list == '\0') {
		complaint_why(why, "the list is empty");
		return -EINVAL;
	}
	return add(request, list, true, why);
}
