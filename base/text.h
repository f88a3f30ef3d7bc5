/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

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

#endif
