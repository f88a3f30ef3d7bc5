/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/traces.h"

#include "cli/symbols.h"
#include "cli/trace-report.h"

#include <errno.h>
#include <glob.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

/* The symbols of the profile that is kept. */
static int keep(struct traces *traces, struct profile *profile)
{
	struct symbols *symbols = symbols_open(profile->file);

	if (!symbols)
		return -ENOMEM;
	traces_release(traces);
	traces->has_main = true;
	traces->main = *profile;
	traces->resolver =
		(struct profile_resolver){.resolve = symbols_resolve, .context = symbols};
	return 0;
}

static int add(struct traces *traces, const char *path, struct complaint *complaint)
{
	struct profile profile;
	int error = profile_load(&profile, path, complaint);

	if (error)
		return error;
	allocation_totals_add(&traces->totals, &profile);
	if (traces->has_main && profile.asked_bytes <= traces->main.asked_bytes) {
		profile_release(&profile);
		return 0;
	}
	error = keep(traces, &profile);
	if (error) {
		complaint_what(complaint, "not enough memory for the symbols");
		profile_release(&profile);
	}
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
	for (size_t i = 0; i < found.gl_pathc && !error; i++) {
		struct complaint cut = {0};

		error = add(traces, found.gl_pathv[i], &cut);
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

void traces_release(struct traces *traces)
{
	if (!traces->has_main)
		return;
	symbols_close(traces->resolver.context);
	profile_release(&traces->main);
	traces->has_main = false;
}
