/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/message.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static bool in_colour(void)
{
	const char *refused = getenv("NO_COLOR");

	return isatty(STDERR_FILENO) && !(refused && refused[0]);
}

static void print_name(void)
{
	fputs(in_colour() ? "\033[1;31mescalier:\033[0m " : "escalier: ", stderr);
}

static void print_hint(const char *label)
{
	fprintf(stderr, in_colour() ? "  \033[1m%s:\033[0m " : "  %s: ", label);
}

void message_complaint(const struct complaint *complaint)
{
	print_name();
	fputs(complaint->what, stderr);
	if (complaint->why[0])
		fprintf(stderr, ": %s", complaint->why);
	fputc('\n', stderr);
	if (complaint->advice[0]) {
		print_hint("try");
		fprintf(stderr, "%s\n", complaint->advice);
	}
}

int message_usage(const char *command, const char *format, ...)
{
	struct complaint complaint = {0};
	char mistake[sizeof(complaint.what)];
	va_list arguments;

	va_start(arguments, format);
	(void)vsnprintf(mistake, sizeof(mistake), format, arguments);
	va_end(arguments);
	complaint_what(&complaint, "%s: %s", command, mistake);
	message_complaint(&complaint);
	print_hint("see");
	fprintf(stderr, "escalier %s --help\n", command);
	return 2;
}
