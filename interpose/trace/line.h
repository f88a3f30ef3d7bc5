/* SPDX-License-Identifier: MIT */
#ifndef INTERPOSE_TRACE_LINE_H
#define INTERPOSE_TRACE_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A text of bounded length, built without stdio, which may allocate. Always terminated; a
 * text that does not fit is cut and says so. */
struct line {
	char *bytes;
	size_t size, length;
	bool cut;
};

static inline struct line line_in(char *bytes, size_t size)
{
	bytes[0] = '\0';
	return (struct line){.bytes = bytes, .size = size};
}

static inline void line_add(struct line *line, const char *text)
{
	for (; *text; text++) {
		if (line->length + 1 == line->size) {
			line->cut = true;
			break;
		}
		line->bytes[line->length++] = *text;
	}
	line->bytes[line->length] = '\0';
}

static inline void line_add_number(struct line *line, uint64_t number)
{
	char digits[24];
	size_t at = sizeof(digits) - 1;

	digits[at] = '\0';
	do {
		digits[--at] = (char)('0' + number % 10);
		number /= 10;
	} while (number);
	line_add(line, digits + at);
}

#endif
