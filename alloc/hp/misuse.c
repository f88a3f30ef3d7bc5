/* SPDX-License-Identifier: MIT */
#include "alloc/hp/misuse.h"

#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

struct line {
	char text[160];
	size_t length;
};

static void put(struct line *line, const char *text)
{
	while (*text && line->length < sizeof line->text)
		line->text[line->length++] = *text++;
}

static void put_number(struct line *line, uintptr_t number, unsigned base)
{
	char digits[24];
	size_t at = sizeof digits;

	digits[--at] = 0;
	do {
		digits[--at] = "0123456789abcdef"[number % base];
		number /= base;
	} while (number);
	put(line, &digits[at]);
}

_Noreturn void misuse_report(const char *kind, const void *pointer, size_t bytes)
{
	struct line line = {.length = 0};

	put(&line, "hp: ");
	put(&line, kind);
	put(&line, " 0x");
	put_number(&line, (uintptr_t)pointer, 16);
	if (bytes) {
		put(&line, " (block of ");
		put_number(&line, bytes, 10);
		put(&line, " bytes)");
	}
	put(&line, "\n");
	if (write(STDERR_FILENO, line.text, line.length) < 0)
		abort(); /* as below: nobody listens */
	abort();
}
