/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/text.h"
#include "counters/counters.h"

#include <string.h>

const struct counter_backend *const counter_backends[] = {
	&counters_perf,
	&counters_likwid,
	&counters_none,
	NULL,
};

/* The complaint is that of the best backend which cannot serve: it is the one to mend. */
static const struct counter_backend *find_best(struct complaint *complaint)
{
	struct complaint other;
	struct complaint *where = complaint;

	for (size_t i = 0; counter_backends[i]; i++) {
		if (counter_backends[i]->probe(where) == 0)
			return counter_backends[i];
		where = &other;
	}
	return NULL;
}

const struct counter_backend *counters_find(const char *name, struct complaint *complaint)
{
	struct text names;

	*complaint = (struct complaint){.what = ""};
	if (strcmp(name, "auto") == 0)
		return find_best(complaint);
	for (size_t i = 0; counter_backends[i]; i++)
		if (strcmp(counter_backends[i]->name, name) == 0)
			return counter_backends[i];
	if (strcmp(name, counters_fake.name) == 0)
		return &counters_fake;
	text_init(&names);
	for (size_t i = 0; counter_backends[i]; i++)
		text_format(&names, ", %s", counter_backends[i]->name);
	complaint_what(complaint, "there is no counter backend \"%s\"", name);
	complaint_advise(complaint, "give one of: auto%s", names.bytes);
	text_release(&names);
	return NULL;
}
