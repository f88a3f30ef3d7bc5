/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "counters/likwid.h"
#include "counters/likwid/library.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/*
 * perfgroup_readGroup (5.2.2) trusts its file: an event without a name, or one that a tab
 * sets apart, makes it read beyond a list; a metric of one word makes it write beyond a
 * block. It takes keywords by their first letters, at the start of any line, and ends a
 * section at the first blank line; a zero byte ends its lines. A file is given to it only
 * where none of this matters.
 */
enum section { SECTION_NONE, SECTION_EVENTS, SECTION_METRICS, SECTION_TEXT };

/* Its buffer: a longer line would be read as two. */
enum { LIKWID_LINE = 1022 };

static bool starts_with(const char *line, size_t length, const char *word)
{
	return length >= strlen(word) && memcmp(line, word, strlen(word)) == 0;
}

/* Without the blanks at its end that both readers drop. */
static size_t trimmed(const char *line, size_t length)
{
	while (length > 0 && strchr(" \t\r\n", line[length - 1]))
		length--;
	return length;
}

static bool is_keyword(const char *line, size_t length, const char *word)
{
	length = trimmed(line, length);
	return length == strlen(word) && memcmp(line, word, length) == 0;
}

/* Words as it counts them: set apart by spaces only. 0 for a blank line; SIZE_MAX where
 * another white space stands between. */
static size_t count_words(const char *line, size_t length)
{
	size_t words = 0;

	length = trimmed(line, length);
	for (size_t i = 0; i < length; i++) {
		if (line[i] != ' ' && isspace((unsigned char)line[i]))
			return SIZE_MAX;
		words += line[i] != ' ' && (i == 0 || line[i - 1] == ' ');
	}
	return words;
}

/* The section after a line, into *section; false where the line is none for it. */
static bool follow(enum section *section, const char *line, size_t length)
{
	size_t words = count_words(line, length);

	if (length > LIKWID_LINE || starts_with(line, length, "LUA") ||
		starts_with(line, length, "REQUIRE_NOHT"))
		return false;
	if (line[0] == '#')
		return true;
	if (starts_with(line, length, "SHORT")) {
		*section = SECTION_NONE;
		return words > 1 && words != SIZE_MAX && line[length - 1] == '\n' &&
		       line[strlen("SHORT")] == ' ';
	}
	if (starts_with(line, length, "EVENTSET")) {
		*section = SECTION_EVENTS;
		return is_keyword(line, length, "EVENTSET");
	}
	if (starts_with(line, length, "METRICS")) {
		*section = SECTION_METRICS;
		return is_keyword(line, length, "METRICS");
	}
	if (starts_with(line, length, "LONG")) {
		*section = SECTION_TEXT;
		return is_keyword(line, length, "LONG");
	}
	if (*section != SECTION_EVENTS && *section != SECTION_METRICS)
		return true;
	if (words == 0)
		*section = SECTION_NONE;
	return words != 1 && words != SIZE_MAX;
}

static bool is_for_likwid(const char *text, size_t length)
{
	enum section section = SECTION_NONE;
	const char *end = text + length;

	if (memchr(text, '\0', length))
		return false;
	while (text < end) {
		const char *newline = memchr(text, '\n', (size_t)(end - text));
		const char *next = newline ? newline + 1 : end;

		if (!follow(&section, text, (size_t)(next - text)))
			return false;
		text = next;
	}
	return true;
}

/* <folder>/<arch>/<name>.txt, as it puts them together: the folder of `path`, ".", and
 * its last part. */
static bool split(const char *path, char folder[PATH_MAX], char name[GROUP_NAME])
{
	static const char suffix[] = ".txt";
	const char *slash = strrchr(path, '/');
	const char *base = slash ? slash + 1 : path;
	size_t length = strlen(base);

	if (length <= strlen(suffix) ||
		strcmp(base + length - strlen(suffix), suffix) != 0)
		return false;
	length -= strlen(suffix);
	return snprintf(folder, PATH_MAX, "%.*s", slash ? (int)(slash - path) : 1,
		       slash ? path : ".") < PATH_MAX &&
	       snprintf(name, GROUP_NAME, "%.*s", (int)length, base) < GROUP_NAME;
}

static bool put(char *to, size_t size, const char *from)
{
	return from && snprintf(to, size, "%s", from) < (int)size;
}

/* It keeps the blanks at the end; ours does not. */
static bool put_summary(struct group *group, const char *summary)
{
	return summary && snprintf(group->summary, sizeof(group->summary), "%.*s",
				  (int)trimmed(summary, strlen(summary)),
				  summary) < (int)sizeof(group->summary);
}

static bool take(struct group *group, const GroupInfo *info)
{
	bool fits = (size_t)info->nevents == group->events_count &&
		    (size_t)info->nmetrics == group->metrics_count &&
		    put_summary(group, info->shortinfo);

	for (size_t i = 0; fits && i < group->events_count; i++) {
		struct event *event = &group->events[i];

		fits = put(event->counter, sizeof(event->counter), info->counters[i]) &&
		       put(event->name, sizeof(event->name), info->events[i]);
	}
	for (size_t i = 0; fits && i < group->metrics_count; i++) {
		struct metric *metric = &group->metrics[i];

		fits = put(metric->name, sizeof(metric->name), info->metricnames[i]) &&
		       put(metric->formula, sizeof(metric->formula),
			       info->metricformulas[i]);
	}
	return fits;
}

int likwid_read_group(struct group *group, const char *path, const char *text,
	size_t length, struct complaint *complaint)
{
	const struct likwid_library *likwid;
	char folder[PATH_MAX];
	char name[GROUP_NAME];
	struct complaint unused;
	GroupInfo info;
	bool same;

	if (!is_for_likwid(text, length) || !split(path, folder, name) ||
		likwid_library(&likwid, &unused))
		return -EOPNOTSUPP;
	if (likwid->perfgroup_readGroup(folder, ".", name, &info) != 0)
		return -EOPNOTSUPP;
	same = take(group, &info);
	likwid->perfgroup_returnGroup(&info);
	if (same)
		return 0;
	complaint_what(complaint, "liblikwid reads another group from %s", path);
	complaint_why(complaint, "%s", "its events or metrics are not those of the file");
	complaint_advise(complaint, "keep to the format of docs/counters.md");
	return -EINVAL;
}
