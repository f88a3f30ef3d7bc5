/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CLI_CHECK_KEY_H
#define CLI_CHECK_KEY_H

#include "counters/counters.h"
#include "topology/topology.h"

#include <stddef.h>

/*
 * Where the self-check's verdicts are kept, and for what they hold: a file for each
 * backend and type of CPU in $XDG_CACHE_HOME/escalier, or ~/.cache/escalier; a key of
 * this boot, the CPU, this version, and whatever of the system may take counters or
 * events away.
 */
enum { CHECK_KEY = 512 };

struct check_place {
	char path[4096];
	char key[CHECK_KEY];
};

/* 0, or -ENOENT where no folder or no boot can be named: nothing is to be kept then. */
int check_place_find(struct check_place *place, const struct machine *machine,
	unsigned cpu, const struct counter_backend *backend);

#endif
