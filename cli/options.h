/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CLI_OPTIONS_H
#define CLI_OPTIONS_H

#include "base/error.h"
#include "base/text.h"

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>

/*
 * A command's options as a table: it parses them, and it is their help. `take` gets the
 * target that was handed to options_parse and the value (NULL for a flag) and returns 0,
 * or a negative number with `why` in the complaint where more can be said than what is
 * accepted.
 */
struct option_row {
	const char *name;
	char letter;          /* 0 none */
	const char *argument; /* its name in the help; NULL: a flag */
	const char *help;
	const char *accepts; /* for the message about a wrong value */
	int (*take)(void *target, const char *value, struct complaint *why);
};

enum { OPTION_ROWS = 64 };

/* Defines the `take` of a flag, a bool of the target's. */
#define OPTION_FLAG(function, type, member)                                              \
	static int function(void *target, const char *value, struct complaint *why)      \
	{                                                                                \
		type *options = target;                                                  \
                                                                                         \
		(void)value;                                                             \
		(void)why;                                                               \
		options->member = true;                                                  \
		return 0;                                                                \
	}

/* Of a text that may not be empty; the target borrows it. */
#define OPTION_TEXT(function, type, member)                                              \
	static int function(void *target, const char *value, struct complaint *why)      \
	{                                                                                \
		type *options = target;                                                  \
                                                                                         \
		if (*value == '\0') {                                                    \
			complaint_why(why, "it is empty");                               \
			return -EINVAL;                                                  \
		}                                                                        \
		options->member = value;                                                 \
		return 0;                                                                \
	}

/* Takes every option; a word that is none is refused. 0, or -EINVAL with the complaint:
 * which option, why, what is accepted. At most OPTION_ROWS rows. */
int options_parse(const struct option_row *rows, size_t count, void *target, int argc,
	char **argv, struct complaint *complaint);

/* A line for each option. */
void options_help(const struct option_row *rows, size_t count, struct text *text);

#endif
