/* SPDX-License-Identifier: MIT */
#ifndef ALLOC_HP_HP_OPTIONS_H
#define ALLOC_HP_HP_OPTIONS_H

#include "alloc/hp/hp.h"

/*
 * Fills in every member that is at its default from the environment (see hp.h for the
 * variables). A value that cannot be understood is named on file descriptor 2, in one
 * line, and the default stays: a program that never heard of hp must not fail for it.
 * Allocates nothing; strings point into the environment.
 */
void options_from_environment(struct hp_options *options);

/* 0, or -EINVAL where a member has a value that hp.h does not know. */
int options_check(const struct hp_options *options);

/* When the process ends (exit, return from main), hp_stats_print goes there: the number
 * of a file descriptor, or a file that is appended to, as JSON where its name ends in
 * ".json". NULL: nowhere. Kept by the caller. */
void options_stats_at_exit(const char *where);

#endif
