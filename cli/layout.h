/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CLI_LAYOUT_H
#define CLI_LAYOUT_H

#include <stdbool.h>

/* How a command that only reads folders tells what it finds. */
enum layout { LAYOUT_TABLE, LAYOUT_CSV, LAYOUT_JSON };

/* Parses such a command's options, --csv, --json and --help; folders are argv[optind] and
 * on. False where the command has ended, with its exit code in *code. */
bool layout_options(
	int argc, char **argv, const char *help, enum layout *layout, int *code);

#endif
