/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef COUNTERS_GROUP_LINE_H
#define COUNTERS_GROUP_LINE_H

#include "counters/group.h"

#include <stdbool.h>

/*
 * Private to counters/: the lines of a group file, each a part of the group. A parser
 * takes a trimmed line and returns NULL with the part filled, or what is wrong with the
 * line. Words are separated by spaces alone, since LIKWID's reader knows nothing else.
 */
struct line {
	const char *start;
	const char *end;
	unsigned number;
};

/* LIKWID's reader cuts longer lines in two. */
enum { LINE_MAX_LENGTH = 1000 };

void line_trim(struct line *line);
bool line_is(const struct line *line, const char *word);

/* Whether LIKWID's reader would take the line, untrimmed, for the begin of a section. */
bool line_opens_section(const struct line *line);

const char *line_summary(struct line line, char *summary, size_t size);
const char *line_event(struct line line, struct event *event);
const char *line_metric(struct line line, struct metric *metric);
const char *line_identity(struct line line, struct identity *identity);
const char *line_expectation(struct line line, struct expectation *expectation);

#endif
