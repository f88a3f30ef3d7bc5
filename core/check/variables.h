/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CORE_CHECK_VARIABLES_H
#define CORE_CHECK_VARIABLES_H

#include "core/check/judge.h"

/* Private to core/check/: a window's counts as the variables of a group's formulas. */
enum { CHECK_VARIABLES = GROUP_EVENTS + 7 };
struct check_variables {
	struct variable list[CHECK_VARIABLES]; /* the group's events come first */
	size_t count;
};

/* NaN for an event that did not run all of the window. */
void check_variables_set(struct check_variables *variables, const struct group *group,
	const struct check_series *series, const struct check_window *window);

/* NaN where the formula has no value. */
double check_evaluate(const struct check_variables *variables, const char *formula);

/* Left less right, relative to the larger; 0 where both are 0. */
double check_difference(
	const struct check_variables *variables, const struct identity *identity);

#endif
