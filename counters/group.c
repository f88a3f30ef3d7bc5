/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "counters/group.h"
#include "counters/group-line.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum section {
	SECTION_NONE,
	SECTION_EVENTS,
	SECTION_METRICS,
	SECTION_IDENTITIES,
	SECTION_EXPECTATIONS,
	SECTION_LONG,
	SECTIONS
};

/* A group is a page or two of text; anything much larger is another kind of file. */
enum { TEXT_MAX = 64 * 1024 };

struct parser {
	struct group *group;
	struct complaint *complaint;
	enum section section;
	bool has_summary;
	bool seen[SECTIONS];
	struct line line;
};

/* The window's own variables, which a counter must not be named after; the last are
 * known to the kernels of the self-check only. */
static const char *const reserved[] = {
	"READS", "WALL_NS", "CPU_NS", "time", "INSTRUCTIONS", "BRANCHES", "CYCLES"};
enum { RESERVED = sizeof(reserved) / sizeof(reserved[0]), WINDOW_VARIABLES = 4 };

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

static int add_event(struct parser *parser)
{
	struct group *group = parser->group;
	struct event *event = &group->events[group->events_count];
	const char *wrong;

	if (group->events_count == GROUP_EVENTS)
		return bad_line(parser, "more events than a group may hold");
	wrong = line_event(parser->line, event);
	if (wrong)
		return bad_line(parser, wrong);
	for (size_t i = 0; i < RESERVED; i++)
		if (strcmp(event->counter, reserved[i]) == 0)
			return bad_line(parser, "the counter has the name of a variable");
	for (size_t i = 0; i < group->events_count; i++)
		if (strcmp(event->counter, group->events[i].counter) == 0)
			return bad_line(parser, "the counter is named twice");
	group->events_count++;
	return 0;
}

static int add_metric(struct parser *parser)
{
	struct group *group = parser->group;
	struct metric *metric = &group->metrics[group->metrics_count];
	const char *wrong;

	if (group->metrics_count == GROUP_METRICS)
		return bad_line(parser, "more metrics than a group may hold");
	wrong = line_metric(parser->line, metric);
	if (wrong)
		return bad_line(parser, wrong);
	for (size_t i = 0; i < group->metrics_count; i++)
		if (strcmp(metric->name, group->metrics[i].name) == 0)
			return bad_line(parser, "the metric is named twice");
	group->metrics_count++;
	return 0;
}

static int add_identity(struct parser *parser)
{
	struct group *group = parser->group;
	const char *wrong;

	if (group->identities_count == GROUP_IDENTITIES)
		return bad_line(parser, "more identities than a group may hold");
	wrong = line_identity(parser->line, &group->identities[group->identities_count]);
	if (wrong)
		return bad_line(parser, wrong);
	group->identities_count++;
	return 0;
}

static int add_expectation(struct parser *parser)
{
	struct group *group = parser->group;
	const char *wrong;

	if (group->expectations_count == GROUP_EXPECTATIONS)
		return bad_line(parser, "more expectations than a group may hold");
	wrong = line_expectation(
		parser->line, &group->expectations[group->expectations_count]);
	if (wrong)
		return bad_line(parser, wrong);
	group->expectations_count++;
	return 0;
}

static int set_summary(struct parser *parser)
{
	const char *wrong;

	if (parser->has_summary)
		return bad_line(parser, "a second SHORT");
	wrong = line_summary(
		parser->line, parser->group->summary, sizeof(parser->group->summary));
	parser->has_summary = true;
	parser->section = SECTION_NONE;
	return wrong ? bad_line(parser, wrong) : 0;
}

static int take_header(struct parser *parser, bool *taken)
{
	static const char *const headers[SECTIONS] = {
		[SECTION_EVENTS] = "EVENTSET",
		[SECTION_METRICS] = "METRICS",
		[SECTION_IDENTITIES] = "IDENTITY",
		[SECTION_EXPECTATIONS] = "EXPECT",
		[SECTION_LONG] = "LONG",
	};

	*taken = true;
	for (enum section section = SECTION_EVENTS; section < SECTIONS; section++) {
		if (!line_is(&parser->line, headers[section]))
			continue;
		if (parser->seen[section])
			return bad_line(parser, "a second section of this name");
		parser->seen[section] = true;
		parser->section = section;
		return 0;
	}
	if (line_opens_section(&parser->line))
		return strncmp(parser->line.start, "SHORT", strlen("SHORT")) == 0
			       ? set_summary(parser)
			       : bad_line(parser, "no section is begun like this");
	*taken = false;
	return 0;
}

static int take_content(struct parser *parser)
{
	switch (parser->section) {
	case SECTION_EVENTS:
		return add_event(parser);
	case SECTION_METRICS:
		return add_metric(parser);
	case SECTION_IDENTITIES:
		return add_identity(parser);
	case SECTION_EXPECTATIONS:
		return add_expectation(parser);
	default:
		return bad_line(
			parser, "text outside of a section, which an empty line ends");
	}
}

static int take_line(struct parser *parser)
{
	struct line *line = &parser->line;
	bool taken;
	int error;

	if (line->end - line->start > LINE_MAX_LENGTH)
		return bad_line(parser, "the line is too long");
	if (parser->section == SECTION_LONG)
		return line_opens_section(line)
			       ? bad_line(parser,
					 "LIKWID's reader takes this line of LONG for a "
					 "section")
			       : 0;
	if (line->start < line->end && *line->start == '#')
		return 0;
	/* Sections begin at the margin; their lines may be indented. */
	while (line->end > line->start && (line->end[-1] == ' ' || line->end[-1] == '\r'))
		line->end--;
	error = take_header(parser, &taken);
	if (error || taken)
		return error;
	line_trim(line);
	if (line->start == line->end) {
		parser->section = SECTION_NONE;
		return 0;
	}
	return take_content(parser);
}

/* 0, -EINVAL or -ENOENT of a formula under the variables that it will be given. */
static int try_formula(const struct group *group, const char *formula, size_t own)
{
	struct variable variables[GROUP_EVENTS + RESERVED];
	size_t count = 0;
	double value;

	for (size_t i = 0; i < group->events_count; i++)
		variables[count++] = (struct variable){group->events[i].counter, 1};
	for (size_t i = 0; i < own; i++)
		variables[count++] = (struct variable){reserved[i], 1};
	return formula_evaluate(formula, variables, count, &value);
}

static int check_formula(struct parser *parser, const char *kind, const char *name,
	const char *formula, size_t own)
{
	int error = try_formula(parser->group, formula, own);

	if (!error)
		return 0;
	complaint_what(parser->complaint, "group %s, %s \"%s\": %s", parser->group->name,
		kind, name,
		error == -ENOENT ? "the formula names no counter of the group"
				 : "the formula does not parse");
	complaint_why(parser->complaint, "the formula is: %s", formula);
	complaint_advise(parser->complaint,
		"use + - * / ( ), numbers, the group's counters, READS, WALL_NS, CPU_NS "
		"and time%s",
		own == RESERVED ? ", INSTRUCTIONS, BRANCHES and CYCLES" : "");
	return -EINVAL;
}

static int check_formulas(struct parser *parser)
{
	const struct group *group = parser->group;
	int error = 0;

	for (size_t i = 0; i < group->metrics_count && !error; i++)
		error = check_formula(parser, "metric", group->metrics[i].name,
			group->metrics[i].formula, WINDOW_VARIABLES);
	for (size_t i = 0; i < group->identities_count && !error; i++) {
		const struct identity *identity = &group->identities[i];

		error = check_formula(parser, "identity", identity->name, identity->left,
			WINDOW_VARIABLES);
		if (!error)
			error = check_formula(parser, "identity", identity->name,
				identity->right, WINDOW_VARIABLES);
	}
	for (size_t i = 0; i < group->expectations_count && !error; i++)
		error = check_formula(parser, "expectation of",
			group->expectations[i].kernel, group->expectations[i].formula,
			RESERVED);
	return error;
}

static int check_whole(struct parser *parser)
{
	if (!parser->has_summary)
		return bad_group(parser, "it has no SHORT line");
	if (!parser->seen[SECTION_EVENTS])
		return bad_group(parser, "it has no EVENTSET section");
	if (parser->group->events_count == 0)
		return bad_group(parser, "its EVENTSET is empty");
	if (!parser->seen[SECTION_METRICS])
		return bad_group(parser, "it has no METRICS section");
	return check_formulas(parser);
}

static int parse_lines(struct parser *parser, const char *text, size_t length)
{
	const char *end = text + length;
	int error = 0;

	while (text < end && !error) {
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
