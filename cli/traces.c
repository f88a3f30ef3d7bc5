/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/traces.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
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

static int is_trace(const struct dirent *entry)
{
	const char *suffix = strrchr(entry->d_name, '.');

	return suffix && strcmp(suffix, ".trace") == 0;
}

int traces_read(struct traces *traces, const char *folder, size_t top, struct text *whole,
	struct complaint *complaint)
{
	struct dirent **found;
	int count = scandir(folder, &found, is_trace, alphasort);
	int error = 0;

	*traces = (struct traces){.has_main = false};
	if (count < 0)
		return errno == ENOENT
			       ? 0
			       : complaint_cannot(complaint, "read", folder, -errno);
	for (int i = 0; i < count; i++) {
		char path[PATH_MAX + sizeof(found[i]->d_name) + 1];

		(void)snprintf(path, sizeof(path), "%s/%s", folder, found[i]->d_name);
		if (!error)
			error = read_one(traces, path, top, whole, complaint);
		free(found[i]);
	}
	free((void *)found);
	return error;
}

void traces_release(struct traces *traces)
{
	if (traces->has_main)
		trace_close(&traces->main);
	traces->has_main = false;
}
