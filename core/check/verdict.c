/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/check/verdict.h"

#include <string.h>

static const char *const names[EVENT_JUDGEMENTS] = {
	[EVENT_UNPROVEN] = "unproven",
	[EVENT_RIGHT] = "right",
	[EVENT_WRONG] = "wrong",
	[EVENT_DEAD] = "dead",
	[EVENT_ABSENT] = "absent",
};

const char *event_judgement_name(enum event_judgement judgement)
{
	return names[judgement];
}

int event_judgement_find(const char *name)
{
	for (int i = 0; i < EVENT_JUDGEMENTS; i++)
		if (strcmp(names[i], name) == 0)
			return i;
	return -1;
}

bool event_excluded(enum event_judgement judgement)
{
	return judgement == EVENT_WRONG || judgement == EVENT_DEAD ||
	       judgement == EVENT_ABSENT;
}
