/* SPDX-License-Identifier: MIT */
#include "alloc/hp/misuse.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LINE_BYTES = 256 };

static size_t append(char *line, size_t length, const char *text)
{
	while (*text && length < LINE_BYTES - 1)
		line[length++] = *text++;
	return length;
}

_Noreturn void misuse_abort(const char *policy, const void *pointer, const char *kind)
{
	static const char digits[] = "0123456789abcdef";
	uintptr_t address = (uintptr_t)pointer;
	char text[2 * sizeof(address) + 3];
	char *at = text + sizeof(text) - 1;
	char line[LINE_BYTES];
	size_t length;

	*at = '\0';
	do {
		*--at = digits[address & 15];
		address >>= 4;
	} while (address);
	*--at = 'x';
	*--at = '0';
	length = append(line, 0, policy);
	length = append(line, length, ": ");
	length = append(line, length, at);
	length = append(line, length, ": ");
	length = append(line, length, kind);
	line[length++] = '\n';
	if (write(STDERR_FILENO, line, length) < 0)
		abort();
	abort();
}
