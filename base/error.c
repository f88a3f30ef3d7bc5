/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/error.h"

#include "base/text.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* Names in it may hold anything, and a cut may be within a character. */
static void make_visible(char *field, size_t size, bool cut)
{
	struct text text;

	if (cut)
		text_end_whole(field);
	if (text_is_visible(field))
		return;
	text_init(&text);
	text_append_visible(&text, field);
	(void)snprintf(field, size, "%s", text.bytes);
	text_end_whole(field);
	text_release(&text);
}

#define FILL(field)                                                                      \
	do {                                                                             \
		va_list arguments;                                                       \
		va_start(arguments, format);                                             \
		const int length = vsnprintf(field, sizeof(field), format, arguments);   \
		va_end(arguments);                                                       \
		make_visible(field, sizeof(field), length >= (int)sizeof(field));        \
	} while (0)

void complaint_what(struct complaint *complaint, const char *format, ...)
{
	FILL(complaint->what);
}

void complaint_why(struct complaint *complaint, const char *format, ...)
{
	FILL(complaint->why);
}

void complaint_advise(struct complaint *complaint, const char *format, ...)
{
	FILL(complaint->advice);
}

int complaint_cannot(
	struct complaint *complaint, const char *verb, const char *object, int error)
{
	complaint_what(complaint, "cannot %s %s", verb, object);
	complaint_why(complaint, "%s", strerror(-error));
	return error;
}

int complaint_in(struct complaint *complaint, const char *path, int error)
{
	const struct complaint first = *complaint;

	complaint_what(complaint, "%.150s: %.100s", path, first.what);
	return error;
}

char *complaint_line(const struct complaint *complaint, char *line, size_t size)
{
	(void)snprintf(line, size, "%s%s%s", complaint->what,
		complaint->why[0] ? ": " : "", complaint->why);
	return line;
}
