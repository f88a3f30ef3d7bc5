/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ANALYSIS_JSON_TEXT_H
#define ANALYSIS_JSON_TEXT_H

#include "base/text.h"

#include <jansson.h>

/* A comma and the number, in so many digits; nothing behind it for what is not finite. */
void csv_number(struct text *text, double value, unsigned digits);

/* A real; null for what is not finite. */
json_t *json_number(double value);

/* A string of unknown origin: U+FFFD for what is no UTF-8. */
json_t *json_text(const char *string);

/* Appends the value, indented, and a newline, and releases it; NULL stands for memory
 * that was short. `digits` of reals, 0: all of them. 0 or -ENOMEM. */
int json_print(json_t *root, unsigned digits, struct text *text);

#endif
