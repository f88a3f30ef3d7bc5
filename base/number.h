/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef BASE_NUMBER_H
#define BASE_NUMBER_H

#include <stddef.h>
#include <stdint.h>

/*
 * Numbers as people type and read them. Parsers take the whole string: a trailing
 * character that does not belong is -EINVAL, a value that does not fit is -ERANGE, and
 * the output is left untouched on failure.
 */

/* "4096", "64K", "1.5M", "2GiB", "1g": binary multiples, result in bytes. */
int number_parse_bytes(const char *text, uint64_t *bytes);

/* "90", "90s", "3m", "1h", "1.5m", "250ms": result in ns; a bare number is seconds. */
int number_parse_duration(const char *text, uint64_t *ns);

/* "2%" or "0.02": result as a fraction; must be above 0 and at most 1. */
int number_parse_share(const char *text, double *share);

/* Decimal, no sign, no suffix. */
int number_parse_unsigned(const char *text, uint64_t *value);

/* "6" (both ends) or "6:25". -EINVAL too where the first end is above the second. */
int number_parse_range(const char *text, uint64_t *low, uint64_t *high);

enum { NUMBER_TEXT = 24 };

/* "48K", "1.5M", "2G": the shortest form with at most 3 significant digits; "384" below 1
 * KiB. Returns text. */
char *number_format_bytes(char text[NUMBER_TEXT], uint64_t bytes);

/* "350 ns", "1.2 ms", "41 s", "3 m 05 s". Returns text. */
char *number_format_duration(char text[NUMBER_TEXT], uint64_t ns);

#endif
