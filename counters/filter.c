/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "counters/counters.h"

#include <errno.h>
#include <stdio.h>

static bool *letter_of(struct counter_filter *filter, char letter)
{
	switch (letter) {
	case 'u':
		return &filter->user;
	case 'k':
		return &filter->kernel;
	case 'h':
		return &filter->hypervisor;
	case 'G':
		return &filter->guest;
	case 'H':
		return &filter->host;
	default:
		return NULL;
	}
}

int counter_filter_parse(const char *letters, struct counter_filter *filter)
{
	struct counter_filter parsed = {0};

	for (size_t i = 0; letters[i]; i++) {
		bool *which = letter_of(&parsed, letters[i]);

		if (!which || *which)
			return -EINVAL;
		*which = true;
	}
	if (!letters[0])
		return -EINVAL;
	*filter = parsed;
	return 0;
}

const char *counter_filter_describe(
	const struct counter_filter *filter, char text[COUNTER_FILTER_TEXT])
{
	const bool user = filter->user || (!filter->kernel && !filter->hypervisor);
	const char *names[3];
	size_t count = 0;

	if (user)
		names[count++] = "user space";
	if (filter->kernel)
		names[count++] = "kernel";
	if (filter->hypervisor)
		names[count++] = "hypervisor";
	(void)snprintf(text, COUNTER_FILTER_TEXT, "%s%s%s%s%s%s", names[0],
		count == 3   ? ", "
		: count == 2 ? " and "
			     : "",
		count > 1 ? names[1] : "", count > 2 ? " and " : "",
		count > 2 ? names[2] : "",
		!filter->guest ? ""
		: filter->host ? ", guests included"
			       : " of guests");
	return text;
}

const char *counter_scope_name(enum counter_scope scope)
{
	static const char *const names[] = {
		[COUNTER_SCOPE_THREAD] = "thread",
		[COUNTER_SCOPE_PROGRAM] = "program",
		[COUNTER_SCOPE_SYSTEM] = "system-wide",
	};

	return names[scope];
}

const char *counter_read_path_name(enum counter_read_path path)
{
	return path == COUNTER_READ_USER ? "user space" : "read()";
}
