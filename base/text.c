/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/text.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What `bytes` points to while nothing is allocated; never written. */
static char empty[1];

void text_init(struct text *text)
{
	*text = (struct text){.bytes = empty};
}

void text_release(struct text *text)
{
	if (text->bytes != empty)
		free(text->bytes);
	text_init(text);
}

void text_clear(struct text *text)
{
	text->length = 0;
	if (text->bytes != empty)
		text->bytes[0] = '\0';
}

static int reserve(struct text *text, size_t more)
{
	size_t capacity = text->capacity ? text->capacity : 256;
	char *bytes;

	if (text->error)
		return text->error;
	while (capacity < text->length + more + 1)
		capacity *= 2;
	if (capacity == text->capacity)
		return 0;
	bytes = realloc(text->bytes == empty ? NULL : text->bytes, capacity);
	if (!bytes)
		return text->error = -ENOMEM;
	text->bytes = bytes;
	text->capacity = capacity;
	return 0;
}

void text_append_bytes(struct text *text, const char *bytes, size_t length)
{
	if (reserve(text, length))
		return;
	memcpy(text->bytes + text->length, bytes, length);
	text->length += length;
	text->bytes[text->length] = '\0';
}

void text_append(struct text *text, const char *string)
{
	text_append_bytes(text, string, strlen(string));
}

void text_format(struct text *text, const char *format, ...)
{
	va_list arguments;
	int length;

	va_start(arguments, format);
	length = vsnprintf(NULL, 0, format, arguments);
	va_end(arguments);
	if (length < 0 || reserve(text, (size_t)length))
		return;
	va_start(arguments, format);
	(void)vsnprintf(
		text->bytes + text->length, (size_t)length + 1, format, arguments);
	va_end(arguments);
	text->length += (size_t)length;
}

void text_pad_to(struct text *text, size_t column)
{
	size_t width = 0;

	for (size_t i = text->length; i > 0 && text->bytes[i - 1] != '\n'; i--)
		if (((unsigned char)text->bytes[i - 1] & 0xc0) != 0x80)
			width++;
	do {
		text_append_bytes(text, " ", 1);
	} while (++width < column && !text->error);
}
