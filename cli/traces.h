/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CLI_TRACES_H
#define CLI_TRACES_H

#include "cli/trace-report.h"

#include <stdbool.h>

/* In the folder of a run. */
#define TRACES_FOLDER "traces"

/* The traces that the processes of one execution left in a folder. */
struct traces {
	struct allocation_totals totals;
	/* Of the process that asked for most bytes; where there is none, it is not to be
	 * used. */
	bool has_main;
	struct trace main;
	/* Files that are none, as of a process that was killed before it had begun its
	 * trace: passed over. */
	size_t unread;
	struct complaint first_unread;
};

/*
 * Reads all, and appends the whole profile of each to `whole`, where it is given, with
 * `top` call sites. A folder that is not there holds none, and what is no trace is passed
 * over. 0 or -errno with the complaint.
 */
int traces_read(struct traces *traces, const char *folder, size_t top, struct text *whole,
	struct complaint *complaint);
void traces_release(struct traces *traces);

#endif
