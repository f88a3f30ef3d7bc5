/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/tracer.h"

#include "cli/share.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

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

int tracer_init(struct tracer *tracer, const struct program_allocator *served,
	const struct tracer_setup *setup, struct complaint *complaint)
{
	char(*variables)[PATH_MAX + 32] = tracer->variables;
	size_t free_at = 0;

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
