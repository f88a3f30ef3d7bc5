/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/group-text.h"

#include "counters/counters.h"
#include "counters/split.h"

#include <inttypes.h>

enum { INDENT = 2, FORMULA_COLUMN = 48 };

static void describe_events(
	const struct group *group, const char *arch, struct text *text)
{
	text_append(text, "\nevents\n");
	for (size_t i = 0; i < group->events_count; i++) {
		struct complaint unused;
		struct event_code code;

		text_pad_to(text, INDENT);
		text_append(text, group->events[i].counter);
		text_pad_to(text, INDENT + 6);
		text_append(text, group->events[i].name);
		if (counters_resolve(group->events[i].name, arch, &code, &unused) == 0) {
			text_pad_to(text, FORMULA_COLUMN);
			text_format(text, "0x%" PRIx64, code.config);
		}
		text_append(text, "\n");
	}
}

static void append_pair(struct text *text, const char *name, const char *value)
{
	text_pad_to(text, INDENT);
	text_append(text, name);
	text_pad_to(text, FORMULA_COLUMN);
	text_append(text, value);
}

static void describe_formulas(const struct group *group, struct text *text)
{
	text_append(text, "\nmetrics\n");
	for (size_t i = 0; i < group->metrics_count; i++) {
		append_pair(text, group->metrics[i].name, group->metrics[i].formula);
		text_append(text, "\n");
	}
	if (group->identities_count)
		text_append(text, "\nsums that must hold\n");
	for (size_t i = 0; i < group->identities_count; i++) {
		const struct identity *identity = &group->identities[i];

		append_pair(text, identity->name, identity->left);
		text_format(text, " = %s within %g %%\n", identity->right,
			100 * identity->tolerance);
	}
	if (group->expectations_count)
		text_append(text, "\nexpected by the self-check\n");
	for (size_t i = 0; i < group->expectations_count; i++) {
		const struct expectation *expectation = &group->expectations[i];

		text_pad_to(text, INDENT);
		text_append(text, expectation->kernel);
		text_pad_to(text, INDENT + 12);
		text_append(text, expectation->formula);
		text_pad_to(text, FORMULA_COLUMN);
		text_format(text, "%g to %g\n", expectation->low, expectation->high);
	}
}

static void describe_part(const struct group *group, uint32_t events, struct text *text)
{
	const char *separator = "";

	for (size_t i = 0; i < group->events_count; i++) {
		if (!(events >> i & 1))
			continue;
		text_format(text, "%s%s", separator, group->events[i].counter);
		separator = " ";
	}
	text_append(text, "\n");
}

static void describe_split(const struct group *group, const char *arch, struct text *text)
{
	struct counter_room room = counter_room_of(arch);
	uint32_t allowed[GROUP_EVENTS];
	struct group_split split;

	group_allowed(group, arch, &room, allowed);
	if (group_split(&split, group, allowed))
		return;
	text_format(text, "\ncounters\n  %u programmable %s%s%s", room.nominal,
		room.supposed ? "are supposed, since this CPU is not known"
			      : "on this CPU",
		room.fixed & ROOM_FIXED_CYCLES ? ", one for cycles" : "",
		room.fixed & ROOM_FIXED_INSTRUCTIONS ? ", one for instructions" : "");
	if (split.parts_count == 1)
		text_append(text, ": the group is counted at once\n");
	else
		text_format(text, ": the group is counted in %zu parts, in turn\n",
			split.parts_count);
	for (size_t i = 0; split.parts_count > 1 && i < split.parts_count; i++) {
		text_format(text, "  part %zu: ", i + 1);
		describe_part(group, split.parts[i], text);
	}
	for (size_t i = 0; i < group->metrics_count; i++)
		if (split.lost_metrics >> i & 1)
			text_format(text, "  does not fit at once: %s\n",
				group->metrics[i].name);
}

void group_describe(const struct group *group, const char *arch, struct text *text)
{
	text_format(text, "%s: %s [%s]\n", group->name, group->summary,
		group->arch[0] ? group->arch : "file");
	describe_events(group, arch, text);
	describe_formulas(group, text);
	describe_split(group, arch, text);
	text_format(text, "\n%s", group_notes(group));
}
