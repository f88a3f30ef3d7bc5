/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/traces.h"

#include <errno.h>
#include <glob.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

/* Keeps the trace, or closes it. */
static void keep_larger(struct traces *traces, struct trace *trace)
{
	if (traces->has_main &&
		trace->profile.asked_bytes <= traces->main.profile.asked_bytes) {
		trace_close(trace);
		return;
	}
	traces_release(traces);
	traces->main = *trace;
	traces->has_main = true;
}

static int read_one(struct traces *traces, const char *path, size_t top,
	struct text *whole, struct complaint *complaint)
{
	struct complaint why = {0};
	struct trace trace;
	int error = trace_open(&trace, path, &why);

	if (error == -EINVAL) {
		if (traces->unread++ == 0)
			traces->first_unread = why;
		return 0;
	}
	if (error) {
		*complaint = why;
		return error;
	}
	allocation_totals_add(&traces->totals, &trace.profile);
	if (whole) {
		if (whole->length)
			text_append(whole, "\n\n");
		error = trace_report(&trace, path, top, whole, complaint);
	}
	keep_larger(traces, &trace);
	return error;
}

int traces_read(struct traces *traces, const char *folder, size_t top, struct text *whole,
	struct complaint *complaint)
{
	char pattern[PATH_MAX + 16];
	glob_t found;
	int error = 0;

	*traces = (struct traces){.has_main = false};
	(void)snprintf(pattern, sizeof(pattern), "%s/*.trace", folder);
	if (glob(pattern, 0, NULL, &found))
		return 0;
	for (size_t i = 0; i < found.gl_pathc && !error; i++)
		error = read_one(traces, found.gl_pathv[i], top, whole, complaint);
	globfree(&found);
	return error;
}

void traces_release(struct traces *traces)
{
	if (traces->has_main)
		trace_close(&traces->main);
	traces->has_main = false;
}
