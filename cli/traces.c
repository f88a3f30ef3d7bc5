/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/traces.h"

#include "cli/symbols.h"
#include "cli/trace-report.h"

#include <errno.h>
#include <glob.h>
#include <stdio.h>
#include <string.h>

static int add(struct traces *traces, const char *path, uint64_t *most,
	struct complaint *complaint)
{
	struct profile profile;
	int error = profile_load(&profile, path, complaint);

	if (error)
		return error;
	allocation_totals_add(&traces->totals, &profile);
	if (!traces->path[0] || profile.asked_bytes > *most) {
		*most = profile.asked_bytes;
		(void)snprintf(traces->path, sizeof(traces->path), "%s", path);
	}
	profile_release(&profile);
	return 0;
}

int traces_read(struct traces *traces, const char *folder, size_t top, struct text *whole,
	struct complaint *complaint)
{
	char pattern[PATH_MAX + 16];
	uint64_t most = 0;
	glob_t found;
	int error = 0;

	*traces = (struct traces){.path = ""};
	(void)snprintf(pattern, sizeof(pattern), "%s/*.trace", folder);
	if (glob(pattern, 0, NULL, &found))
		return 0;
	for (size_t i = 0; i < found.gl_pathc && !error; i++) {
		struct complaint cut = {0};

		error = add(traces, found.gl_pathv[i], &most, &cut);
		/* Of a process that was killed before it had begun its trace. */
		if (error == -EINVAL) {
			error = 0;
			continue;
		}
		if (error)
			*complaint = cut;
		if (error || !whole)
			continue;
		if (whole->length)
			text_append(whole, "\n\n");
		error = trace_report(found.gl_pathv[i], top, whole, complaint);
	}
	globfree(&found);
	return error;
}

int traces_digest(
	const struct traces *traces, struct text *text, struct complaint *complaint)
{
	struct profile_resolver resolver = {.resolve = symbols_resolve};
	struct profile profile;
	int error;

	if (!traces->path[0])
		return 0;
	error = profile_load(&profile, traces->path, complaint);
	if (error)
		return error;
	resolver.context = symbols_open(profile.file);
	error = resolver.context
			? profile_print_digest(&profile, &traces->totals, &resolver, text)
			: -ENOMEM;
	if (error)
		complaint_what(complaint, "not enough memory for the symbols");
	symbols_close(resolver.context);
	profile_release(&profile);
	return error;
}
