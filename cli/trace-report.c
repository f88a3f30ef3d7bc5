/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/trace-report.h"

#include "analysis/profile.h"
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
	if (error) {
		complaint_what(complaint, "cannot write %.200s", name);
		complaint_why(complaint, "%s", strerror(-error));
	}
	return error;
}

int trace_report(
	const char *path, size_t top, struct text *text, struct complaint *complaint)
{
	struct profile_resolver resolver = {.resolve = symbols_resolve};
	struct symbols *symbols;
	struct profile profile;
	int error = profile_load(&profile, path, complaint);

	if (error)
		return error;
	symbols = symbols_open(profile.file);
	resolver.context = symbols;
	error = symbols ? profile_print(&profile, &resolver, top, text) : -ENOMEM;
	if (error)
		complaint_what(complaint, "not enough memory for the symbols");
	else
		error = write_beside(path, ".timeline.csv", &profile,
			profile_print_timeline, complaint);
	if (!error)
		error = write_beside(
			path, ".sizes.csv", &profile, profile_print_sizes, complaint);
	symbols_close(symbols);
	profile_release(&profile);
	return error;
}
