/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/program-exit.h"

#include <errno.h>

int program_exit_of(int error)
{
	switch (error) {
	case -ENOENT:
		return EXIT_NOT_FOUND;
	case -EACCES:
	case -ENOEXEC:
	case -EISDIR:
		return EXIT_CANNOT_EXECUTE;
	default:
		return EXIT_OWN_FAILURE;
	}
}
