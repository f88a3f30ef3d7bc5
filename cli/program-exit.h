/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CLI_PROGRAM_EXIT_H
#define CLI_PROGRAM_EXIT_H

/* Exit codes of the commands that run a program, as env(1) and timeout(1) have them: the
 * program's own stay below. 124, out of time, is program_exit_code()'s. */
enum {
	EXIT_NOTHING_TOLD = 123, /* it ran, but no prediction or no trace came of it */
	EXIT_OWN_FAILURE = 125,
	EXIT_CANNOT_EXECUTE = 126,
	EXIT_NOT_FOUND = 127
};

/* For an error of program_run(). */
int program_exit_of(int error);

#endif
