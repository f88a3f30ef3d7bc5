/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CLI_WORDS_H
#define CLI_WORDS_H

#include "base/error.h"

#include <stddef.h>

/* Room for the words of a command line's comma lists; zero to begin with. */
struct words {
	char bytes[2048];
	size_t used;
};

/*
 * Splits a comma list; the names point into `words`. An empty one, one that stands in it
 * twice, and more than `room` are refused: 0, or -EINVAL with the why of the complaint.
 */
int words_split(struct words *words, const char *list, const char **names, size_t room,
	size_t *count, struct complaint *why);

#endif
