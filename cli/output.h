/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CLI_OUTPUT_H
#define CLI_OUTPUT_H

#include "base/text.h"

/* Writes a text to stdout, all of it: 0, or 1 (the exit code) with a message on stderr
 * where memory was short or the output cannot be written. */
int output_text(const struct text *text);

/* The same for a fixed text, as a command's help. */
int output_string(const char *string);

#endif
