/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ANALYSIS_COMPARISON_PRINT_H
#define ANALYSIS_COMPARISON_PRINT_H

#include "analysis/comparison.h"
#include "base/text.h"
#include "core/environment.h"

/* The comparison for people: what was run, a table of the contenders, what the
 * differences consist of, and remarks. With `bold`, ratios that are real stand out on a
 * terminal. 0 or -ENOMEM. */
int comparison_print(const struct comparison *comparison,
	const struct environment *environment, bool bold, struct text *text);

/* One line for each contender and quantity, or one object with the same: allocator,
 * quantity, unit, rounds, value, ratio, low, high, verdict. 0 or -ENOMEM. */
int comparison_print_csv(const struct comparison *comparison, struct text *text);
int comparison_print_json(const struct comparison *comparison,
	const struct environment *environment, struct text *text);

/* A value of a quantity with its unit, in few characters; "-" where it is not known.
 * Returns cell. */
enum { COMPARISON_CELL = 32 };
char *comparison_format(char cell[COMPARISON_CELL], size_t quantity, double value);

/* What the run shows, in one clause. */
void comparison_headline(const struct comparison *comparison, struct text *text);

#endif
