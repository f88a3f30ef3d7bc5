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

int counter_request_groups(void *target, const char *names, struct complaint *why)
{
	struct counter_request *request = target;
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

int counter_request_events(void *target, const char *list, struct complaint *why)
{
	if (*list == '\0') {
		complaint_why(why, "the list is empty");
		return -EINVAL;
	}
	return add(target, list, true, why);
}

int counter_request_backend(void *target, const char *name, struct complaint *why)
{
	struct counter_request *request = target;

	(void)why;
	request->backend = name;
	request->backend_asked = strcmp(name, "auto") != 0 && strcmp(name, "none") != 0;
	return 0;
}

int counter_request_filter(void *target, const char *letters, struct complaint *why)
{
	struct counter_request *request = target;

	if (counter_filter_parse(letters, &request->filter) == 0)
		return 0;
	complaint_why(why, "\"%s\" is not a set of these letters", letters);
	return -EINVAL;
}

int counter_request_scale(void *target, const char *none, struct complaint *why)
{
	struct counter_request *request = target;

	(void)none;
	(void)why;
	request->scaled = true;
	return 0;
}

int counter_request_self_check(void *target, const char *when, struct complaint *why)
{
	static const char *const names[] = {
		[SELF_CHECK_KEPT] = "kept",
		[SELF_CHECK_ANEW] = "anew",
		[SELF_CHECK_NONE] = "none",
	};
	struct counter_request *request = target;

	(void)why;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcmp(names[i], when) == 0) {
			request->check = (enum self_check_use)i;
			return 0;
		}
	}
	return -EINVAL;
}

int counter_request_check(
	const struct counter_request *request, struct complaint *complaint)
{
	if (!request->groups_asked || strcmp(request->backend, "none") != 0)
		return 0;
	complaint_what(complaint, "--groups and --counters none contradict each other");
	complaint_why(complaint, "without counters no group can be measured");
	return -EINVAL;
}
