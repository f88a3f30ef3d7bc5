/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/tracer.h"

#include "base/number.h"
#include "cli/share.h"
#include "interpose/trace/format.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/statvfs.h>

static int preload(struct tracer *tracer, const char *served, struct complaint *complaint)
{
	char library[PATH_MAX];
	char *path = tracer->allocator.path;

	if (share_find_library("libescalier-trace.so", library, sizeof(library))) {
		complaint_what(complaint, "libescalier-trace.so is missing");
		complaint_advise(complaint, "build or install Escalier again");
		return -ENOENT;
	}
	if (snprintf(path, PATH_MAX, "%s%s%s", library, served[0] ? ":" : "", served) >=
		PATH_MAX) {
		complaint_what(complaint, "the libraries' paths are too long");
		return -ENAMETOOLONG;
	}
	return 0;
}

/* Of one process: the library tells the rest on the program's stderr. */
static int find_room(const char *folder, struct complaint *complaint)
{
	const uint64_t needed = sizeof(struct trace_file);
	char takes[NUMBER_TEXT], has[NUMBER_TEXT];
	struct statvfs status;
	uint64_t there;

	if (statvfs(folder, &status) != 0)
		return complaint_cannot(
			complaint, "write the trace into", folder, -errno);
	there = (uint64_t)status.f_bavail * status.f_frsize;
	if (there >= needed)
		return 0;
	complaint_what(complaint, "there is no room for a trace in %.150s", folder);
	complaint_why(complaint, "it takes %s, and %s is free",
		number_format_bytes(takes, needed), number_format_bytes(has, there));
	complaint_advise(
		complaint, "free some space, or choose another place with --output DIR");
	return -ENOSPC;
}

int tracer_init(struct tracer *tracer, const struct program_allocator *served,
	const struct tracer_setup *setup, struct complaint *complaint)
{
	char(*variables)[PATH_MAX + 32] = tracer->variables;
	size_t free_at = 0;
	int error = find_room(setup->folder, complaint);

	if (error)
		return error;
	tracer->allocator = *served;
	(void)snprintf(variables[0], sizeof(variables[0]), "ESCALIER_TRACE_DIR=%s",
		setup->folder);
	(void)snprintf(variables[1], sizeof(variables[1]),
		"ESCALIER_TRACE_SAMPLE_BYTES=%" PRIu64, setup->sample_bytes);
	(void)snprintf(variables[2], sizeof(variables[2]), "ESCALIER_TRACE_MODE=%s",
		setup->count_only ? "count" : "sites");
	while (free_at < ALLOCATOR_VARIABLES && tracer->allocator.variables[free_at])
		free_at++;
	if (free_at + TRACER_VARIABLES > ALLOCATOR_VARIABLES) {
		complaint_what(complaint, "%s has too many variables to be traced",
			served->name);
		return -E2BIG;
	}
	for (size_t i = 0; i < TRACER_VARIABLES; i++)
		tracer->allocator.variables[free_at + i] = variables[i];
	return preload(tracer, served->path, complaint);
}
