/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/clock.h"
#include "base/file.h"
#include "base/number.h"
#include "cli/cmd.h"
#include "cli/message.h"
#include "cli/options.h"
#include "cli/output.h"
#include "cli/program-exit.h"
#include "cli/share.h"
#include "cli/signals.h"
#include "cli/trace-report.h"
#include "cli/tracer.h"
#include "cli/traces.h"
#include "core/allocators.h"
#include "core/program-file.h"
#include "core/program.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct trace_options {
	char **program;
	const char *output;
	const char *allocator;
	const char *report; /* a file, in place of a program */
	uint64_t top;
	uint64_t sample_bytes;
	bool count_only;
	bool quiet;
	bool help;
};

OPTION_TEXT(take_output, struct trace_options, output)
OPTION_TEXT(take_allocator, struct trace_options, allocator)
OPTION_TEXT(take_report, struct trace_options, report)

static int take_top(void *target, const char *value, struct complaint *why)
{
	struct trace_options *options = target;

	(void)why;
	return number_parse_unsigned(value, &options->top);
}

static int take_sample(void *target, const char *value, struct complaint *why)
{
	struct trace_options *options = target;

	(void)why;
	return number_parse_bytes(value, &options->sample_bytes) ||
			       options->sample_bytes == 0
		       ? -EINVAL
		       : 0;
}

OPTION_FLAG(take_count, struct trace_options, count_only)
OPTION_FLAG(take_quiet, struct trace_options, quiet)
OPTION_FLAG(take_help, struct trace_options, help)

static const struct option_row rows[] = {
	{"allocator", 'a', "NAME", "that serves the program meanwhile (libc)",
		"a name that `escalier run --list` shows", take_allocator},
	{"count", 0, NULL, "counts and times alone: no call sites, no lifetimes", "",
		take_count},
	{"sample", 0, "SIZE", "mean distance of samples for call sites (512K)",
		"a size, as in 512K", take_sample},
	{"top", 0, "N", "call sites to show (10)", "a number", take_top},
	{"report", 0, "FILE", "show a trace again, in place of a program", "a trace file",
		take_report},
	{"output", 'o', "DIR", "folder of the traces (results/traces/TIME)",
		"a new folder", take_output},
	{"quiet", 'q', NULL, "only the traces' place on stdout", "", take_quiet},
	{"help", 'h', NULL, "this text", "", take_help},
};
enum { ROWS = sizeof(rows) / sizeof(rows[0]) };

static int print_help(void)
{
	struct text text;
	int code;

	text_init(&text);
	text_append(&text,
		"Usage: escalier trace [OPTION]... -- PROGRAM [ARGUMENT]...\n"
		"Run a program and tell what it asks of its allocator: calls, sizes, "
		"times, live bytes,\nlifetimes and call sites. Each of its processes "
		"leaves a trace, also where it crashes.\n\n");
	options_help(rows, ROWS, &text);
	text_append(&text,
		"\nExit status: that of the program, 128+n where signal n ended it; 123 "
		"where nothing\nwas traced, 125 escalier failed, 126 the program cannot "
		"be executed, 127 it was not\nfound.\n");
	code = output_text(&text);
	text_release(&text);
	return code;
}

/* Whether nothing was intercepted: then it is told why. */
static bool is_beyond_reach(const struct traces *traces, const char *program)
{
	struct complaint complaint = {0};

	if (traces->totals.allocations)
		return false;
	if (!program_file_obstacle(program, &complaint)) {
		if (traces->totals.processes)
			return false;
		complaint_what(&complaint, "nothing was traced");
		complaint_why(&complaint,
			"its environment was cleaned before the program began, or its trace "
			"could not be written");
	}
	message_complaint(&complaint);
	return true;
}

/* Every process's profile. */
static int report_all(const struct trace_options *options, const char *folder,
	struct complaint *complaint)
{
	struct traces traces;
	struct text text;
	int code = 0;

	text_init(&text);
	if (traces_read(&traces, folder, options->top, &text, complaint)) {
		message_complaint(complaint);
		code = EXIT_OWN_FAILURE;
	}
	if (traces.unread)
		message_complaint(&traces.first_unread);
	if (!code && is_beyond_reach(&traces, options->program[0]))
		code = EXIT_NOTHING_TOLD;
	if (options->quiet)
		text_clear(&text);
	text_format(&text, "%straces: %s\n", text.length ? "\n" : "", folder);
	if (output_text(&text))
		code = EXIT_OWN_FAILURE;
	text_release(&text);
	traces_release(&traces);
	return code;
}

static int run_traced(const struct trace_options *options, const char *folder,
	struct complaint *complaint)
{
	const struct tracer_setup tracing = {.folder = folder,
		.sample_bytes = options->sample_bytes,
		.count_only = options->count_only};
	struct program_setup setup = {.launch = {.arguments = options->program,
					      .input = -1,
					      .output = -1,
					      .error = -1},
		.watch = {.stop = &signals_received}};
	char own_folder[PATH_MAX];
	struct program_allocator served;
	struct program_outcome outcome;
	struct tracer tracer;
	int error;
	int code;

	share_own_libraries(own_folder);
	error = allocator_find(&served, options->allocator, own_folder, complaint);
	if (!error)
		error = tracer_init(&tracer, &served, &tracing, complaint);
	if (error) {
		message_complaint(complaint);
		return EXIT_OWN_FAILURE;
	}
	setup.launch.environment = allocator_environment(&tracer.allocator, environ);
	error = setup.launch.environment ? program_run(&setup, &outcome, complaint)
					 : -ENOMEM;
	free((void *)(uintptr_t)setup.launch.environment);
	if (error) {
		message_complaint(complaint);
		return program_exit_of(error);
	}
	code = report_all(options, folder, complaint);
	return code ? code : program_exit_code(&outcome);
}

static int show_one(const struct trace_options *options, struct complaint *complaint)
{
	int code = EXIT_OWN_FAILURE;
	struct trace trace;
	struct text text;

	if (trace_open(&trace, options->report, complaint)) {
		message_complaint(complaint);
		return code;
	}
	text_init(&text);
	if (trace_report(&trace, options->report, options->top, &text, complaint))
		message_complaint(complaint);
	else
		code = output_text(&text) ? EXIT_OWN_FAILURE : 0;
	text_release(&text);
	trace_close(&trace);
	return code;
}

static int make_folder(const struct trace_options *options, char folder[PATH_MAX],
	struct complaint *complaint)
{
	char relative[PATH_MAX] = "";
	char stamp[CLOCK_STAMP];
	int error;

	if (options->output)
		(void)snprintf(relative, sizeof(relative), "%s", options->output);
	else
		(void)snprintf(relative, sizeof(relative), "results/traces/%s",
			clock_stamp(stamp));
	error = file_make_folders_at(relative, folder);
	if (error) {
		(void)complaint_cannot(complaint, "create the folder", relative, error);
		complaint_advise(complaint, "choose another place with --output DIR");
	}
	return error;
}

int cmd_trace(int argc, char **argv)
{
	struct trace_options options = {
		.allocator = "libc", .top = 10, .sample_bytes = TRACE_SAMPLE_BYTES};
	struct complaint complaint = {0};
	char folder[PATH_MAX];
	int own = 1;

	while (own < argc && strcmp(argv[own], "--") != 0)
		own++;
	if (own + 1 < argc)
		options.program = argv + own + 1;
	if (options_parse(rows, ROWS, &options, own, argv, &complaint) == 0) {
		if (options.help)
			return print_help();
		if (options.report)
			return show_one(&options, &complaint);
		if (!options.program) {
			complaint_what(&complaint, "which program?");
			complaint_advise(
				&complaint, "escalier trace -- PROGRAM [ARGUMENT]...");
		} else if (signals_catch() == 0 &&
			   make_folder(&options, folder, &complaint) == 0) {
			return run_traced(&options, folder, &complaint);
		}
	}
	message_complaint(&complaint);
	return EXIT_OWN_FAILURE;
}
