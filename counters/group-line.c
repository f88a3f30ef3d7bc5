/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "counters/group-line.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

void line_trim(struct line *line)
{
	while (line->start < line->end && is_blank(*line->start))
		line->start++;
	while (line->end > line->start && is_blank(line->end[-1]))
		line->end--;
}

bool line_is(const struct line *line, const char *word)
{
	size_t length = strlen(word);

	return (size_t)(line->end - line->start) == length &&
	       memcmp(line->start, word, length) == 0;
}

static bool starts_with(const struct line *line, const char *word)
{
	size_t length = strlen(word);

	return (size_t)(line->end - line->start) >= length &&
	       memcmp(line->start, word, length) == 0;
}

bool line_opens_section(const struct line *line)
{
	static const char *const words[] = {
		"SHORT", "EVENTSET", "METRICS", "LUA", "LONG", "REQUIRE_NOHT"};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (starts_with(line, words[i]))
			return true;
	return false;
}

/* Copies a line as a string; false where it does not fit. */
static bool copy(char *to, size_t size, const struct line *line)
{
	size_t length = (size_t)(line->end - line->start);

	if (length >= size)
		return false;
	memcpy(to, line->start, length);
	to[length] = '\0';
	return true;
}

/* The same with runs of spaces made one, as LIKWID's reader does with names. */
static bool copy_name(char *to, size_t size, const struct line *line)
{
	size_t used = 0;

	for (const char *c = line->start; c < line->end; c++) {
		if (*c == ' ' && used > 0 && to[used - 1] == ' ')
			continue;
		if (used + 1 == size)
			return false;
		to[used++] = *c;
	}
	to[used] = '\0';
	return true;
}

static bool has_tab(const struct line *line)
{
	return memchr(line->start, '\t', (size_t)(line->end - line->start)) != NULL;
}

/* Splits the last word off; the rest is trimmed, and empty where there was only one. */
static struct line take_last(struct line *line)
{
	struct line word = *line;

	word.start = word.end;
	while (word.start > line->start && word.start[-1] != ' ')
		word.start--;
	line->end = word.start;
	line_trim(line);
	return word;
}

static struct line take_first(struct line *line)
{
	struct line word = *line;

	word.end = word.start;
	while (word.end < line->end && *word.end != ' ')
		word.end++;
	line->start = word.end;
	line_trim(line);
	return word;
}

static bool is_empty(const struct line *line)
{
	return line->start == line->end;
}

static bool is_name(const char *text)
{
	if (!isalpha((unsigned char)*text) && *text != '_')
		return false;
	while (isalnum((unsigned char)*text) || *text == '_')
		text++;
	return *text == '\0';
}

/* "chase-l1": letters, digits and hyphens. */
static bool is_kernel(const char *text)
{
	if (!islower((unsigned char)*text))
		return false;
	while (islower((unsigned char)*text) || isdigit((unsigned char)*text) ||
		*text == '-')
		text++;
	return *text == '\0';
}

/* A decimal number of at least 0: strtod alone would take "inf" and hexadecimal too. */
static bool read_number(const struct line *word, double *value)
{
	char digits[32];
	char *end;

	if (!copy(digits, sizeof(digits), word) || !isdigit((unsigned char)digits[0]) ||
		strspn(digits, "0123456789.eE+-") != strlen(digits))
		return false;
	*value = strtod(digits, &end);
	return *end == '\0' && isfinite(*value);
}

const char *line_summary(struct line line, char *summary, size_t size)
{
	line.start += strlen("SHORT");
	if (!is_empty(&line) && *line.start != ' ')
		return "SHORT is followed by a space";
	line_trim(&line);
	if (is_empty(&line))
		return "SHORT has no text";
	return copy(summary, size, &line) ? NULL : "the SHORT text is too long";
}

const char *line_event(struct line line, struct event *event)
{
	struct line counter;

	if (has_tab(&line))
		return "a tab between the words: LIKWID's reader knows spaces only";
	counter = take_first(&line);
	if (is_empty(&line))
		return "an event line is COUNTER EVENT";
	if (memchr(line.start, ' ', (size_t)(line.end - line.start)))
		return "an event name holds no space";
	if (!copy(event->counter, sizeof(event->counter), &counter) ||
		!is_name(event->counter))
		return "a counter is a short name of letters and digits, such as PMC0";
	return copy(event->name, sizeof(event->name), &line)
		       ? NULL
		       : "the event name is too long";
}

const char *line_metric(struct line line, struct metric *metric)
{
	struct line formula;

	if (has_tab(&line))
		return "a tab between the words: LIKWID's reader knows spaces only";
	formula = take_last(&line);
	if (is_empty(&line))
		return "a metric line is NAME FORMULA";
	if (!copy_name(metric->name, sizeof(metric->name), &line))
		return "the metric's name is too long";
	return copy(metric->formula, sizeof(metric->formula), &formula)
		       ? NULL
		       : "the formula is too long";
}

const char *line_identity(struct line line, struct identity *identity)
{
	static const char syntax[] = "an identity line is NAME LEFT=RIGHT ~ TOLERANCE";
	struct line tolerance = take_last(&line);
	struct line tilde = take_last(&line);
	struct line right = take_last(&line);
	struct line left = right;

	left.end = memchr(left.start, '=', (size_t)(left.end - left.start));
	if (is_empty(&line) || !line_is(&tilde, "~") || !left.end || is_empty(&left) ||
		has_tab(&line))
		return syntax;
	right.start = left.end + 1;
	if (is_empty(&right))
		return syntax;
	if (!read_number(&tolerance, &identity->tolerance) || identity->tolerance > 1)
		return "the tolerance is a share from 0 to 1";
	if (!copy_name(identity->name, sizeof(identity->name), &line))
		return "the identity's name is too long";
	if (!copy(identity->left, sizeof(identity->left), &left) ||
		!copy(identity->right, sizeof(identity->right), &right))
		return "the formula is too long";
	return NULL;
}

const char *line_expectation(struct line line, struct expectation *expectation)
{
	struct line kernel = take_first(&line);
	struct line high = take_last(&line);
	struct line low = take_last(&line);

	if (is_empty(&line) || is_empty(&low) ||
		memchr(line.start, ' ', (size_t)(line.end - line.start)) ||
		has_tab(&line))
		return "an expectation line is KERNEL FORMULA LOW HIGH";
	if (!copy(expectation->kernel, sizeof(expectation->kernel), &kernel) ||
		!is_kernel(expectation->kernel))
		return "a kernel's name is of small letters, digits and hyphens";
	if (!copy(expectation->formula, sizeof(expectation->formula), &line))
		return "the formula is too long";
	if (!read_number(&low, &expectation->low) ||
		!read_number(&high, &expectation->high) ||
		expectation->low > expectation->high)
		return "LOW and HIGH are numbers of at least 0, and LOW is the smaller";
	return NULL;
}
