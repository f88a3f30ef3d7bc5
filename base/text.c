/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/text.h"

#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
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

/* The bytes of the UTF-8 character at `at`, and which it is; 0: there is none. */
static size_t decode(const char *at, uint32_t *character)
{
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	const unsigned char first = (unsigned char)*at;
	const size_t length = first < 0x80         ? 1
			      : first >> 5 == 0x06 ? 2
			      : first >> 4 == 0x0e ? 3
			      : first >> 3 == 0x1e ? 4
						   : 0;

	*character = length > 1 ? first & 0x7fu >> length : first;
	for (size_t i = 1; i < length; i++) {
		/* The string's end is no continuation either. */
		if (((unsigned char)at[i] & 0xc0) != 0x80)
			return 0;
		*character = *character << 6 | ((unsigned char)at[i] & 0x3f);
	}
	return *character < least[length] || *character > 0x10ffff ||
			       *character >> 11 == 0xd800 >> 11
		       ? 0
		       : length;
}

/* The bytes of the character that may be shown as it is; 0: there is none. */
static size_t visible(const char *at)
{
	uint32_t character;
	const size_t length = decode(at, &character);

	return character < 0x20 || (character >= 0x7f && character < 0xa0) ? 0 : length;
}

static void append_escape(struct text *text, char byte)
{
	static const char letters[] = "abtnvfr";

	if (byte >= '\a' && byte <= '\r')
		text_format(text, "\\%c", letters[byte - '\a']);
	else
		text_format(text, "\\x%02x", (unsigned char)byte);
}

void text_append_visible(struct text *text, const char *string)
{
	while (*string) {
		const size_t length = visible(string);

		if (length)
			text_append_bytes(text, string, length);
		else
			append_escape(text, *string);
		string += length ? length : 1;
	}
}

bool text_is_visible(const char *string)
{
	size_t length;

	while ((length = visible(string)))
		string += length;
	return *string == '\0';
}

void text_append_valid(struct text *text, const char *string)
{
	while (*string) {
		uint32_t character;
		const size_t length = decode(string, &character);

		if (length)
			text_append_bytes(text, string, length);
		else
			text_append(text, "\xef\xbf\xbd");
		string += length ? length : 1;
	}
}

void text_end_whole(char *string)
{
	const size_t length = strlen(string);
	size_t tail = 0;
	uint32_t character;

	while (tail < 3 && tail < length &&
		((unsigned char)string[length - 1 - tail] & 0xc0) == 0x80)
		tail++;
	if (tail < length && (string[length - 1 - tail] & 0x80) &&
		decode(string + length - 1 - tail, &character) != tail + 1)
		string[length - 1 - tail] = '\0';
}
