/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>

/*
 * A text that grows. `text_init` never fails; the first allocation that does is
 * remembered in `error` (-ENOMEM) and every later call does nothing, so that a caller
 * checks once, at the end. `bytes` is always terminated by a zero and never NULL.
 */
struct text {
	char *bytes;
	size_t length;
	size_t capacity;
	int error;
};

void text_init(struct text *text);
void text_release(struct text *text);
void text_clear(struct text *text);
void text_append(struct text *text, const char *string);
void text_append_bytes(struct text *text, const char *bytes, size_t length);
void text_format(struct text *text, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Spaces up to the given column of the current line, at least one. UTF-8 counts by
 * character. */
void text_pad_to(struct text *text, size_t column);

/*
 * Names come from files and programs that may hold anything: what would break a line,
 * move a terminal's cursor or is no UTF-8 is told by its escape as in C (\n, \x1b, \xff).
 * A backslash stays as it is: this is for people.
 */
void text_append_visible(struct text *text, const char *string);
/* Whether there is nothing of that in it. */
bool text_is_visible(const char *string);

/* For JSON, which has escapes of its own but must be UTF-8: U+FFFD for each byte that is
 * none. */
void text_append_valid(struct text *text, const char *string);

/* Takes off the end of a string the part of a character that was cut. */
void text_end_whole(char *string);

#endif
