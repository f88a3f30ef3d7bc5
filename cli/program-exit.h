/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CLI_PROGRAM_EXIT_H
#define CLI_PROGRAM_EXIT_H

#include "core/program.h"

/* Exit codes of the commands that run a program, as env(1) and timeout(1) have them: the
 * program's own stay below. */
enum {
	/* It ran, but no measurement, prediction or trace came of it. */
	EXIT_NOTHING_TOLD = PROGRAM_EXIT_NO_LOAD,
	EXIT_OUT_OF_TIME = PROGRAM_EXIT_OUT_OF_TIME,
	EXIT_OWN_FAILURE = 125,
	EXIT_CANNOT_EXECUTE = 126,
	EXIT_NOT_FOUND = 127
};

/* For an error of program_run(). */
int program_exit_of(int error);

#endif
