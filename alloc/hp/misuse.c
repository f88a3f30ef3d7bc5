/* SPDX-License-Identifier: MIT */
#include "alloc/hp/misuse.h"

#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

enum { LINE_BYTES = 256 };

struct line {
	char text[LINE_BYTES];
	size_t length;
};

static void put(struct line *line, const char *text)
{
	while (*text && line->length < sizeof(line->text))
		line->text[line->length++] = *text++;
}

static void put_number(struct line *line, uintptr_t number, unsigned base)
{
	char digits[24];
	size_t at = sizeof(digits);

	digits[--at] = '\0';
	do {
		digits[--at] = "0123456789abcdef"[number % base];
		number /= base;
	} while (number);
	put(line, &digits[at]);
}

static void put_pointer(struct line *line, const void *pointer)
{
	put(line, "0x");
	put_number(line, (uintptr_t)pointer, 16);
}

static _Noreturn void end(const struct line *line)
{
	if (write(STDERR_FILENO, line->text, line->length) < 0)
		abort(); /* as below: nobody listens */
	abort();
}

_Noreturn void misuse_abort(const char *policy, const void *pointer, const char *kind)
{
	struct line line = {.length = 0};

	put(&line, policy);
	put(&line, ": ");
	put_pointer(&line, pointer);
	put(&line, ": ");
	put(&line, kind);
	put(&line, "\n");
	end(&line);
}

_Noreturn void misuse_report(const char *kind, const void *pointer, size_t bytes)
{
	struct line line = {.length = 0};

	put(&line, "hp: ");
	put(&line, kind);
	put(&line, " ");
	put_pointer(&line, pointer);
	if (bytes) {
		put(&line, " (block of ");
		put_number(&line, bytes, 10);
		put(&line, " bytes)");
	}
	put(&line, "\n");
	end(&line);
}
