/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/trace-report.h"

#include "base/file.h"
#include "cli/symbols.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

static int write_beside(const char *path, const char *suffix,
	const struct profile *profile,
	int (*print)(const struct profile *profile, struct text *text),
	struct complaint *complaint)
{
	size_t length = strlen(path);
	char name[PATH_MAX + 32];
	struct text text;
	int error;

	if (length > 6 && strcmp(path + length - 6, ".trace") == 0)
		length -= 6;
	(void)snprintf(name, sizeof(name), "%.*s%s", (int)length, path, suffix);
	text_init(&text);
	error = print(profile, &text);
	if (!error)
		error = file_write_all(name, &text);
	text_release(&text);
	return error ? complaint_cannot(complaint, "write", name, error) : 0;
}

int trace_open(struct trace *trace, const char *path, struct complaint *complaint)
{
	int error = profile_load(&trace->profile, path, complaint);

	if (error)
		return error;
	trace->resolver = (struct profile_resolver){
		.resolve = symbols_resolve, .context = symbols_open(trace->profile.file)};
	if (trace->resolver.context)
		return 0;
	complaint_what(complaint, "not enough memory for the symbols");
	profile_release(&trace->profile);
	return -ENOMEM;
}

void trace_close(struct trace *trace)
{
	symbols_close(trace->resolver.context);
	profile_release(&trace->profile);
}

int trace_report(const struct trace *trace, const char *path, size_t top,
	struct text *text, struct complaint *complaint)
{
	const struct profile *profile = &trace->profile;
	int error = profile_print(profile, &trace->resolver, top, text);

	if (error)
		complaint_what(complaint, "not enough memory for the profile");
	else
		error = write_beside(path, ".timeline.csv", profile,
			profile_print_timeline, complaint);
	return error ? error
		     : write_beside(path, ".sizes.csv", profile, profile_print_sizes,
			       complaint);
}
