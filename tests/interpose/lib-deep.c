/* SPDX-License-Identifier: MIT */
/* A module that gives and takes blocks. */
#include <stdlib.h>
#include <string.h>

extern char *deep_duplicate(const char *text);
extern void *deep_allocate(size_t bytes);
extern void deep_free(void *block);
extern void *deep_resize(void *block, size_t bytes);

char *deep_duplicate(const char *text)
{
	return strdup(text);
}

void *deep_allocate(size_t bytes)
{
	return malloc(bytes);
}

void deep_free(void *block)
{
	free(block);
}

void *deep_resize(void *block, size_t bytes)
{
	return realloc(block, bytes);
}
