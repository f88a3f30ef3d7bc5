/* SPDX-License-Identifier: MIT */
/* A program with a malloc of its own: its blocks come to it, not to the interposer, also
 * by way of libc (strdup, getline) and of functions that it does not define
 * (reallocarray). */
#include "tests/interpose/check.h"

#include <stdio.h>

extern char *deep_duplicate(const char *text); /* of lib-deep.c */

static union {
	char bytes[8 << 20];
	long double align;
} arena;
static size_t used = 16;
static unsigned freed;

static int is_own(const void *block)
{
	return (const char *)block > arena.bytes &&
	       (const char *)block < arena.bytes + sizeof(arena.bytes);
}

void *malloc(size_t bytes)
{
	size_t *header = (size_t *)(arena.bytes + used);

	used += (bytes + 31) & ~(size_t)15;
	CHECK(used < sizeof(arena.bytes));
	*header = bytes;
	return (char *)header + 16;
}

void free(void *block)
{
	if (block) {
		CHECK(is_own(block));
		freed++;
	}
}

void *calloc(size_t count, size_t bytes)
{
	return malloc(count * bytes); /* never used before: zero */
}

void *realloc(void *block, size_t bytes)
{
	void *moved = malloc(bytes);
	size_t before = 0;

	if (block) {
		CHECK(is_own(block));
		before = *(size_t *)((char *)block - 16);
		memcpy(moved, block, before < bytes ? before : bytes);
		freed++;
	}
	return moved;
}

int main(void)
{
	char *text = strdup("mine");
	char *line = NULL;
	size_t room = 0;
	FILE *file = tmpfile();

	CHECK(is_own(text));
	text = reallocarray(text, 100, 10);
	CHECK(is_own(text) && strcmp(text, "mine") == 0);
	free(text);
	CHECK(file);
	CHECK(fputs("a line\n", file) >= 0);
	rewind(file);
	CHECK(getline(&line, &room, file) == 7 && is_own(line));
	free(line);
	CHECK(fclose(file) == 0);
	text = deep_duplicate("of the library");
	CHECK(is_own(text));
	free(text);
	CHECK(freed >= 3);
	say("the program's own malloc served it\n");
	return 0;
}
