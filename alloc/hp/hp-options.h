/* SPDX-License-Identifier: MIT */
#ifndef ALLOC_HP_HP_OPTIONS_H
#define ALLOC_HP_HP_OPTIONS_H

#include "alloc/hp/hp.h"

/*
 * Fills in every member that is at its default from the environment (see hp.h for the
 * variables). A value that cannot be understood is named on file descriptor 2, in one
 * line, and the default stays: a program that never heard of hp must not fail for it.
 * Allocates nothing; strings are kept until the next call.
 */
void options_from_environment(struct hp_options *options);

/* 0, or -EINVAL where a member has a value that hp.h does not know. */
int options_check(const struct hp_options *options);

/* What parses them, for the file that acts on ESCALIER_HP_STATS: digits only, false for
 * anything else and above `most`; and the line about a value that is not understood. */
bool options_number(const char *text, uint64_t most, uint64_t *number);
void options_complain(const char *name, const char *value, const char *expected);

#endif
