/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CLI_TRACES_H
#define CLI_TRACES_H

#include "analysis/profile.h"
#include "base/error.h"
#include "base/text.h"

#include <stdbool.h>

/* In the folder of a run. */
#define TRACES_FOLDER "traces"

/* The traces that the processes of one execution left in a folder. */
struct traces {
	struct allocation_totals totals;
	/* Of the process that asked for most bytes; where there is none, neither is to be
	 * used. */
	bool has_main;
	struct profile main;
	struct profile_resolver resolver;
};

/*
 * Reads all, and appends the whole profile of each to `whole`, where it is given, with
 * `top` call sites. A folder that is not there holds none, and a trace that its process
 * did not live to begin is passed over. 0 or -errno with the complaint.
 */
int traces_read(struct traces *traces, const char *folder, size_t top, struct text *whole,
	struct complaint *complaint);
void traces_release(struct traces *traces);

#endif
