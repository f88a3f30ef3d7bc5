/* SPDX-License-Identifier: MIT */
#ifndef TESTS_INTERPOSE_CHECK_H
#define TESTS_INTERPOSE_CHECK_H

/*
 * What these programs share. Each is an ordinary program: it ends with 0, and prints the
 * same, whichever malloc serves it. test-interpose.sh runs it without and with the
 * library preloaded.
 */

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define STRING_(x) #x
#define STRING(x) STRING_(x)

/* Neither allocates nor needs stdio: some of these programs may do neither. */
#define CHECK(condition)                                                                 \
	do {                                                                             \
		if (!(condition)) {                                                      \
			static const char text[] =                                       \
				__FILE__ ":" STRING(__LINE__) ": " #condition "\n";      \
			ssize_t written = write(2, text, sizeof(text) - 1);              \
			(void)written;                                                   \
			_exit(1);                                                        \
		}                                                                        \
	} while (0)

static inline void say(const char *text)
{
	ssize_t written = write(1, text, strlen(text));

	(void)written;
}

/* Fills a block by a seed, and tells whether it is still so. */
static inline void fill(void *block, size_t bytes, unsigned seed)
{
	for (size_t i = 0; i < bytes; i++)
		((unsigned char *)block)[i] = (unsigned char)(seed + i * 7);
}

static inline int is_filled(const void *block, size_t bytes, unsigned seed)
{
	for (size_t i = 0; i < bytes; i++)
		if (((const unsigned char *)block)[i] != (unsigned char)(seed + i * 7))
			return 0;
	return 1;
}

/* Allocates, resizes and frees blocks of many sizes. */
static inline void exercise(unsigned rounds)
{
	enum { SLOTS = 64 };
	void *blocks[SLOTS] = {NULL};
	size_t sizes[SLOTS] = {0};
	uint32_t state = rounds + 1;

	for (unsigned i = 0; i < rounds; i++) {
		unsigned slot;

		state = state * 1664525 + 1013904223;
		slot = state >> 26;
		if (blocks[slot]) {
			CHECK(is_filled(blocks[slot], sizes[slot], slot));
			free(blocks[slot]);
			blocks[slot] = NULL;
		} else {
			sizes[slot] = (state >> 8) % 3000 + 1;
			blocks[slot] = malloc(sizes[slot]);
			CHECK(blocks[slot]);
			blocks[slot] = realloc(blocks[slot], sizes[slot] + slot);
			CHECK(blocks[slot]);
			fill(blocks[slot], sizes[slot], slot);
		}
	}
	for (unsigned i = 0; i < SLOTS; i++)
		free(blocks[i]);
}

#endif
