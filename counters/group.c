/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "counters/group.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum section { SECTION_NONE, SECTION_EVENTS, SECTION_METRICS, SECTION_LONG };

/* A group is a page or two of text; anything much larger is another kind of file. */
enum { TEXT_MAX = 64 * 1024 };

struct line {
	const char *start;
	const char *end;
	unsigned number;
};

struct parser {
	struct group *group;
	struct complaint *complaint;
	enum section section;
	bool has_summary;
	bool has_events;
	bool has_metrics;
	struct line line;
};

/* The window's own variables, which a counter must not be named after. */
static const char *const reserved[] = {"READS", "WALL_NS", "CPU_NS", "time"};
enum { RESERVED = sizeof(reserved) / sizeof(reserved[0]) };

static int bad_line(struct parser *parser, const char *why)
{
	complaint_what(parser->complaint, "group %s, line %u: %s", parser->group->name,
		parser->line.number, why);
	complaint_why(parser->complaint, "the line is: %.*s",
		(int)(parser->line.end - parser->line.start), parser->line.start);
	complaint_advise(
		parser->complaint, "see docs/counters.md for the format of group files");
	return -EINVAL;
}

static int bad_group(struct parser *parser, const char *why)
{
	complaint_what(parser->complaint, "group %s: %s", parser->group->name, why);
	complaint_why(parser->complaint, "%s", "");
	complaint_advise(
		parser->complaint, "see docs/counters.md for the format of group files");
	return -EINVAL;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

static void trim(struct line *line)
{
	while (line->start < line->end && is_blank(*line->start))
		line->start++;
	while (line->end > line->start && is_blank(line->end[-1]))
		line->end--;
}

/* Copies [start, end) as a string; false where it does not fit. */
static bool copy(char *to, size_t size, const char *start, const char *end)
{
	size_t length = (size_t)(end - start);

	if (length >= size)
		return false;
	memcpy(to, start, length);
	to[length] = '\0';
	return true;
}

static bool is_name(const char *text)
{
	if (!isalpha((unsigned char)*text) && *text != '_')
		return false;
	while (isalnum((unsigned char)*text) || *text == '_')
		text++;
	return *text == '\0';
}

static int add_event(struct parser *parser)
{
	struct group *group = parser->group;
	struct event event = {.name = ""};
	const char *start = parser->line.start;
	const char *end = parser->line.end;
	const char *counter_end = start;
	const char *name;

	if (group->events_count == GROUP_EVENTS)
		return bad_line(parser, "more events than a group may hold");
	while (counter_end < end && !is_blank(*counter_end))
		counter_end++;
	name = counter_end;
	while (name < end && is_blank(*name))
		name++;
	if (name == end)
		return bad_line(parser, "an event line is COUNTER EVENT");
	for (const char *c = name; c < end; c++)
		if (is_blank(*c))
			return bad_line(parser, "an event name holds no space");
	if (!copy(event.counter, sizeof(event.counter), start, counter_end) ||
		!is_name(event.counter))
		return bad_line(parser,
			"a counter is a short name of letters and digits, such as PMC0");
	if (!copy(event.name, sizeof(event.name), name, end))
		return bad_line(parser, "the event name is too long");
	for (size_t i = 0; i < RESERVED; i++)
		if (strcmp(event.counter, reserved[i]) == 0)
			return bad_line(parser, "the counter has the name of a variable");
	for (size_t i = 0; i < group->events_count; i++)
		if (strcmp(event.counter, group->events[i].counter) == 0)
			return bad_line(parser, "the counter is named twice");
	group->events[group->events_count++] = event;
	return 0;
}

static int add_metric(struct parser *parser)
{
	struct group *group = parser->group;
	struct metric metric = {.name = ""};
	const char *start = parser->line.start;
	const char *end = parser->line.end;
	const char *formula = end;
	const char *name_end;

	if (group->metrics_count == GROUP_METRICS)
		return bad_line(parser, "more metrics than a group may hold");
	while (formula > start && !is_blank(formula[-1]))
		formula--;
	name_end = formula;
	while (name_end > start && is_blank(name_end[-1]))
		name_end--;
	if (name_end == start)
		return bad_line(parser, "a metric line is NAME FORMULA");
	if (!copy(metric.name, sizeof(metric.name), start, name_end))
		return bad_line(parser, "the metric's name is too long");
	if (!copy(metric.formula, sizeof(metric.formula), formula, end))
		return bad_line(parser, "the formula is too long");
	for (size_t i = 0; i < group->metrics_count; i++)
		if (strcmp(metric.name, group->metrics[i].name) == 0)
			return bad_line(parser, "the metric is named twice");
	group->metrics[group->metrics_count++] = metric;
	return 0;
}

static bool is_word(const struct line *line, const char *word)
{
	size_t length = strlen(word);

	return (size_t)(line->end - line->start) == length &&
	       memcmp(line->start, word, length) == 0;
}

static int set_summary(struct parser *parser)
{
	struct line rest = parser->line;

	if (parser->has_summary)
		return bad_line(parser, "a second SHORT");
	rest.start += strlen("SHORT");
	trim(&rest);
	if (rest.start == rest.end)
		return bad_line(parser, "SHORT has no text");
	if (!copy(parser->group->summary, sizeof(parser->group->summary), rest.start,
		    rest.end))
		return bad_line(parser, "the SHORT text is too long");
	parser->has_summary = true;
	return 0;
}

static bool starts_summary(const struct line *line)
{
	size_t length = strlen("SHORT");

	return (size_t)(line->end - line->start) >= length &&
	       memcmp(line->start, "SHORT", length) == 0 &&
	       (line->start + length == line->end || is_blank(line->start[length]));
}

static int open_section(struct parser *parser, enum section section, bool *seen)
{
	if (*seen)
		return bad_line(parser, "a second section of this name");
	*seen = true;
	parser->section = section;
	return 0;
}

static int take_line(struct parser *parser)
{
	struct line *line = &parser->line;

	trim(line);
	if (line->start == line->end || *line->start == '#')
		return 0;
	if (is_word(line, "EVENTSET"))
		return open_section(parser, SECTION_EVENTS, &parser->has_events);
	if (is_word(line, "METRICS"))
		return open_section(parser, SECTION_METRICS, &parser->has_metrics);
	if (is_word(line, "LONG")) {
		parser->section = SECTION_LONG;
		return 0;
	}
	if (starts_summary(line))
		return set_summary(parser);
	switch (parser->section) {
	case SECTION_EVENTS:
		return add_event(parser);
	case SECTION_METRICS:
		return add_metric(parser);
	default:
		return bad_line(parser, "text before EVENTSET");
	}
}

/* A formula is tried with every variable that a window will offer. */
static int check_formulas(struct parser *parser)
{
	struct group *group = parser->group;
	struct variable variables[GROUP_EVENTS + RESERVED];
	size_t count = 0;

	for (size_t i = 0; i < group->events_count; i++)
		variables[count++] = (struct variable){group->events[i].counter, 1};
	for (size_t i = 0; i < RESERVED; i++)
		variables[count++] = (struct variable){reserved[i], 1};
	for (size_t i = 0; i < group->metrics_count; i++) {
		const struct metric *metric = &group->metrics[i];
		double value;
		int error = formula_evaluate(metric->formula, variables, count, &value);

		if (!error)
			continue;
		complaint_what(parser->complaint, "group %s, metric \"%s\": %s",
			group->name, metric->name,
			error == -ENOENT ? "the formula names no counter of the group"
					 : "the formula does not parse");
		complaint_why(parser->complaint, "the formula is: %s", metric->formula);
		complaint_advise(parser->complaint,
			"use + - * / ( ), numbers, the group's counters, READS, "
			"WALL_NS, CPU_NS and time");
		return -EINVAL;
	}
	return 0;
}

static int check_whole(struct parser *parser)
{
	if (!parser->has_summary)
		return bad_group(parser, "it has no SHORT line");
	if (!parser->has_events)
		return bad_group(parser, "it has no EVENTSET section");
	if (parser->group->events_count == 0)
		return bad_group(parser, "its EVENTSET is empty");
	if (!parser->has_metrics)
		return bad_group(parser, "it has no METRICS section");
	return check_formulas(parser);
}

static int parse_lines(struct parser *parser, const char *text, size_t length)
{
	const char *end = text + length;
	int error = 0;

	while (text < end && parser->section != SECTION_LONG && !error) {
		const char *newline = memchr(text, '\n', (size_t)(end - text));

		parser->line.start = text;
		parser->line.end = newline ? newline : end;
		parser->line.number++;
		text = newline ? newline + 1 : end;
		error = take_line(parser);
	}
	return error;
}

int group_parse(struct group *group, const char *name, const char *text, size_t length,
	struct complaint *complaint)
{
	struct parser parser = {.group = group, .complaint = complaint};
	int error;

	*group = (struct group){0};
	(void)snprintf(group->name, sizeof(group->name), "%s", name);
	if (length > TEXT_MAX)
		return bad_group(&parser, "the file is too large for a group");
	if (length > 0 && memchr(text, '\0', length))
		return bad_group(&parser, "the file is not text: it holds a zero byte");
	error = parse_lines(&parser, text, length);
	if (!error)
		error = check_whole(&parser);
	if (error)
		return error;
	group->text = malloc(length + 1);
	if (!group->text) {
		complaint_what(complaint, "no memory for group %s", group->name);
		return -ENOMEM;
	}
	memcpy(group->text, text, length);
	group->text[length] = '\0';
	return 0;
}

void group_release(struct group *group)
{
	free(group->text);
	*group = (struct group){0};
}
