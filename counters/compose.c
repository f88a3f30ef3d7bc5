/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/text.h"
#include "counters/group.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* The shortest decimal form that reads back as the same number. */
static void append_number(struct text *text, double value)
{
	text_format(text, " %.15g", value);
}

int group_compose(struct group *group, const char *notes)
{
	struct text text;
	int error;

	text_init(&text);
	text_format(&text, "SHORT %s\n\nEVENTSET\n", group->summary);
	for (size_t i = 0; i < group->events_count; i++)
		text_format(&text, "%s  %s\n", group->events[i].counter,
			group->events[i].name);
	text_append(&text, "\nMETRICS\n");
	for (size_t i = 0; i < group->metrics_count; i++)
		text_format(&text, "%s %s\n", group->metrics[i].name,
			group->metrics[i].formula);
	if (group->identities_count)
		text_append(&text, "\nIDENTITY\n");
	for (size_t i = 0; i < group->identities_count; i++) {
		const struct identity *identity = &group->identities[i];

		text_format(&text, "%s %s=%s ~", identity->name, identity->left,
			identity->right);
		append_number(&text, identity->tolerance);
		text_append(&text, "\n");
	}
	if (group->expectations_count)
		text_append(&text, "\nEXPECT\n");
	for (size_t i = 0; i < group->expectations_count; i++) {
		const struct expectation *expectation = &group->expectations[i];

		text_format(&text, "%s %s", expectation->kernel, expectation->formula);
		append_number(&text, expectation->low);
		append_number(&text, expectation->high);
		text_append(&text, "\n");
	}
	text_format(&text, "\nLONG\n%s", notes);
	error = text.error;
	if (error)
		text_release(&text);
	else
		group->text = text.bytes;
	return error;
}

const char *group_notes(const struct group *group)
{
	const char *notes = group->text ? strstr(group->text, "\nLONG\n") : NULL;

	return notes ? notes + strlen("\nLONG\n") : "";
}
