/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/check-print.h"

#include "analysis/summary.h"
#include "base/number.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { INDENT = 4, NUMBER_COLUMN = 10, ALLOWED_COLUMN = 15 };

static void describe_slots(const struct slots *slots, struct text *value)
{
	const char *refused = "";

	for (size_t i = 0; i < slots->events_count; i++) {
		const struct slots_event *event = &slots->events[i];

		if (event->error) {
			refused = event->why;
			continue;
		}
		text_format(value, "%s%s: %zu advertised, %zu %s at once",
			value->length ? " · " : "", event->event, event->advertised,
			event->proved, event->proved == 1 ? "counts" : "count");
	}
	if (value->length == 0)
		text_format(value, "no hardware counter: %s", refused);
}

static void describe_reading(const struct checked_groups *checked, struct text *value)
{
	const struct counter_read_cost *cost = &checked->read_cost;
	char text[NUMBER_TEXT];

	if (!checked->read_cost_known) {
		text_append(value, "not timed: nothing is counted, or in one way only");
		return;
	}
	text_format(value, "%s taken · read() %s", counter_read_path_name(cost->path),
		number_format_duration(text, (uint64_t)cost->syscall_ns));
	if (cost->user_ns > 0)
		text_format(value, ", in user space %s",
			number_format_duration(text, (uint64_t)cost->user_ns));
	else
		text_format(value, ", not in user space (%s)", cost->user_why);
}

static void count_verdicts(
	const struct checked_groups *checked, size_t counts[EVENT_JUDGEMENTS])
{
	for (size_t g = 0; g < checked->count; g++)
		for (size_t e = 0; e < checked->judged[g].group->events_count; e++)
			counts[checked->judged[g].verdicts[e].judgement]++;
}

static void describe_verdicts(const struct checked_groups *checked, struct text *value)
{
	static const enum event_judgement order[EVENT_JUDGEMENTS] = {
		EVENT_RIGHT, EVENT_WRONG, EVENT_DEAD, EVENT_ABSENT, EVENT_UNPROVEN};
	size_t counts[EVENT_JUDGEMENTS] = {0};

	count_verdicts(checked, counts);
	for (size_t i = 0; i < EVENT_JUDGEMENTS; i++)
		if (counts[order[i]] > 0)
			text_format(value, "%s%zu %s", value->length ? ", " : "",
				counts[order[i]], event_judgement_name(order[i]));
}

static void print_head(const struct counting *counting,
	const struct checked_groups *checked, struct text *text)
{
	char duration[NUMBER_TEXT];
	struct text value;

	text_init(&value);
	text_append(text, "Escalier " ESCALIER_VERSION " · self-check\n\n");
	describe_slots(&checked->slots, &value);
	if (checked->slots_changed)
		text_append(
			&value, " · another user of the counters came or left meanwhile");
	summary_entry(text, "Counters", &value);
	describe_reading(checked, &value);
	summary_entry(text, "Reading", &value);
	describe_verdicts(checked, &value);
	text_format(&value, " · %s, by %s",
		number_format_duration(duration, checked->elapsed_ns),
		counting->backend->name);
	summary_entry(text, "Events", &value);
	text_release(&value);
}

static void print_count(struct text *text, double count)
{
	char number[NUMBER_TEXT] = "-";

	if (isfinite(count))
		(void)snprintf(number, sizeof(number), "%.0f", count);
	text_format(text, " %*s", NUMBER_COLUMN, number);
}

/* The count at one event a unit, where the range allows that, else its least. */
static double expected_count(const struct event_verdict *v)
{
	return v->units * (v->low <= 1 && v->high >= 1 ? 1 : v->low);
}

static void print_figures(const struct event_verdict *v, struct text *text)
{
	char allowed[2 * NUMBER_TEXT];

	if (!v->kernel[0]) {
		text_format(text, " %-10s %*s %*s %*s %*s", "-", NUMBER_COLUMN, "-",
			NUMBER_COLUMN, "-", NUMBER_COLUMN, "-", ALLOWED_COLUMN, "-");
		return;
	}
	text_format(text, " %-10s", v->kernel);
	print_count(text, expected_count(v));
	print_count(text, v->units * v->counted);
	(void)snprintf(allowed, sizeof(allowed), "%.4g to %.4g", v->low, v->high);
	text_format(
		text, " %*.4f %*s", NUMBER_COLUMN, v->counted, ALLOWED_COLUMN, allowed);
}

static size_t count_absent(const struct judged_group *judged)
{
	size_t absent = 0;

	for (size_t e = 0; e < judged->group->events_count; e++)
		absent += judged->verdicts[e].judgement == EVENT_ABSENT;
	return absent;
}

static void print_group(const struct judged_group *judged, struct text *text)
{
	const struct group *group = judged->group;
	int width = (int)strlen("event");

	for (size_t e = 0; e < group->events_count; e++)
		if ((int)strlen(group->events[e].name) > width)
			width = (int)strlen(group->events[e].name);
	text_format(text, "\n%s: %s\n", group->name, group->summary);
	text_format(text, "%-*s %-10s %*s %*s %*s %*s  %s\n", width, "event", "kernel",
		NUMBER_COLUMN, "expected", NUMBER_COLUMN, "counted", NUMBER_COLUMN,
		"ratio", ALLOWED_COLUMN, "is right", "verdict");
	for (size_t e = 0; e < group->events_count; e++) {
		const struct event_verdict *v = &judged->verdicts[e];

		text_format(text, "%-*s", width, v->event);
		print_figures(v, text);
		text_format(text, "  %s\n", event_judgement_name(v->judgement));
		if (!v->why[0])
			continue;
		text_format(text, "%*s", INDENT, "");
		summary_wrap(text, INDENT, v->why);
		text_append(text, "\n");
	}
	if (judged->rejected > 0)
		text_format(text,
			"%*s%zu values were rejected: their counter ran for a part of "
			"the window\n",
			INDENT, "", judged->rejected);
}

static void print_tests(const struct judged_group *judged, struct text *text)
{
	static const char *const outcomes[] = {
		[TEST_UNDECIDED] = "undecided",
		[TEST_HOLDS] = "holds",
		[TEST_FAILS] = "fails",
		[TEST_NOT_RUN] = "not run",
	};

	for (size_t i = 0; i < judged->tests_count; i++) {
		const struct check_test *test = &judged->tests[i];

		text_format(
			text, "%*s%-10s %s: ", INDENT, "", test->kernel, test->formula);
		if (test->windows > 0)
			text_format(text, "%.4g (%.4g to %.4g, %zu windows)",
				test->counted, test->p10, test->p90, test->windows);
		else
			text_append(text, "no value");
		text_format(text, ", right from %.4g to %.4g: %s\n", test->low,
			test->high, outcomes[test->outcome]);
	}
}

/* Where nothing of a group counts, its reason is likely that of others too. */
static bool first_with_reason(const struct checked_groups *checked, size_t group)
{
	const char *why = checked->judged[group].verdicts[0].why;

	for (size_t g = 0; g < group; g++)
		if (count_absent(&checked->judged[g]) ==
				checked->judged[g].group->events_count &&
			strcmp(checked->judged[g].verdicts[0].why, why) == 0)
			return false;
	return true;
}

static void print_absent(const struct checked_groups *checked, struct text *text)
{
	bool any = false;

	for (size_t g = 0; g < checked->count; g++) {
		const struct judged_group *judged = &checked->judged[g];
		const char *why = judged->verdicts[0].why;

		if (count_absent(judged) < judged->group->events_count ||
			!first_with_reason(checked, g))
			continue;
		text_append(text, any ? "" : "\nAbsent\n");
		any = true;
		text_format(text, "- %s", judged->group->name);
		for (size_t other = g + 1; other < checked->count; other++)
			if (count_absent(&checked->judged[other]) ==
					checked->judged[other].group->events_count &&
				strcmp(checked->judged[other].verdicts[0].why, why) == 0)
				text_format(
					text, ", %s", checked->judged[other].group->name);
		text_append(text, ": every event: ");
		summary_wrap(text, 2, why);
		text_append(text, "\n");
	}
}

void check_print(const struct counting *counting, const struct checked_groups *checked,
	const struct environment *environment, bool tests, struct text *text)
{
	print_head(counting, checked, text);
	for (size_t g = 0; g < checked->count; g++) {
		const struct judged_group *judged = &checked->judged[g];

		if (count_absent(judged) == judged->group->events_count)
			continue;
		print_group(judged, text);
		if (tests)
			print_tests(judged, text);
	}
	print_absent(checked, text);
	if (environment->notes_count > 0)
		text_append(text, "\nNotes\n");
	for (size_t i = 0; i < environment->notes_count; i++) {
		text_append(text, "- ");
		summary_wrap(text, 2, environment->notes[i]);
		text_append(text, "\n");
	}
}
