/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/number.h"
#include "cli/check-print.h"
#include "cli/cmd.h"
#include "cli/message.h"
#include "cli/options.h"
#include "cli/output.h"
#include "cli/self-check.h"
#include "cli/signals.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

enum { EXIT_EVENT = 5 };

struct command {
	struct counter_request counters; /* first: options take it */
	uint64_t cpu;
	bool cpu_asked, tests, json, help;
	struct counting counting;
	struct environment environment;
	struct machine machine;
	struct checked_groups checked;
	struct complaint complaint;
};

static int take_cpu(void *target, const char *value, struct complaint *why)
{
	struct command *command = target;

	(void)why;
	if (number_parse_unsigned(value, &command->cpu) || command->cpu >= CPUS_MAX)
		return -EINVAL;
	command->cpu_asked = true;
	return 0;
}

OPTION_FLAG(take_tests, struct command, tests)
OPTION_FLAG(take_json, struct command, json)
OPTION_FLAG(take_help, struct command, help)

static const struct option_row rows[] = {
	{"groups", 'g', "LIST", "counter groups to check (all of this CPU)",
		"names of groups or files ending in .txt", counter_request_groups},
	{"events", 'e', "LIST", "events to check, as a group of their own",
		"names of libpfm4 or perf, rNNNN, PMU/TERM=VALUE,.../",
		counter_request_events},
	{"counters", 0, "NAME", "who counts (auto)", "auto, perf, likwid, fake",
		counter_request_backend},
	{"cpu", 'C', "N", "the CPU to run on (the last)", "a CPU's number", take_cpu},
	{"tests", 0, NULL, "every test of every event, not what decided alone", "",
		take_tests},
	{"json", 0, NULL, "one JSON object instead of text", "", take_json},
	{"help", 'h', NULL, "this text", "", take_help},
};
enum { ROWS = sizeof(rows) / sizeof(rows[0]) };

static int print_help(void)
{
	struct text text;
	int code;

	text_init(&text);
	text_append(&text,
		"Usage: escalier check [OPTION]...\n"
		"Hold the counters against code of which it is known beforehand how "
		"often each event\nhappens, and tell which of them count at once, and "
		"which events are right. A sweep\nand a run take the verdicts from "
		"here, or check by themselves.\n\n");
	options_help(rows, ROWS, &text);
	text_append(&text,
		"\nExit status: 0 nothing speaks against an event, 1 failure, 2 wrong "
		"usage, 3 one asked\nfor by name is absent, 4 nothing can be counted, 5 "
		"an event is wrong or dead, 128+n\nended by signal n.\n");
	code = output_text(&text);
	text_release(&text);
	return code;
}

static int exit_code(const struct command *command)
{
	size_t counts[EVENT_JUDGEMENTS] = {0};
	size_t total = 0;

	for (size_t g = 0; g < command->checked.count; g++) {
		const struct judged_group *judged = &command->checked.judged[g];

		for (size_t e = 0; e < judged->group->events_count; e++, total++)
			counts[judged->verdicts[e].judgement]++;
	}
	if (counts[EVENT_WRONG] + counts[EVENT_DEAD] > 0)
		return EXIT_EVENT;
	if (counts[EVENT_ABSENT] == total)
		return EXIT_NO_COUNTERS;
	return command->counters.groups_asked && counts[EVENT_ABSENT] > 0 ? EXIT_PARTIAL
									  : 0;
}

static int print(const struct command *command)
{
	struct text text;
	int code;

	text_init(&text);
	if (!command->json)
		check_print(&command->counting, &command->checked, &command->environment,
			command->tests, &text);
	else if (check_print_json(&command->counting, &command->checked,
			 &command->environment, &text))
		text.error = -ENOMEM;
	code = output_text(&text);
	text_release(&text);
	return code;
}

/* What cannot count at all: why, and its exit code. */
static int refuse(struct command *command)
{
	complaint_what(&command->complaint, "nothing can be counted");
	complaint_why(
		&command->complaint, "%.250s", command->environment.counters_missing);
	complaint_advise(&command->complaint, "%s", command->counting.advice);
	message_complaint(&command->complaint);
	return EXIT_NO_COUNTERS;
}

static int check(struct command *command)
{
	struct self_check check = {.machine = &command->machine,
		.cpu = command->cpu_asked ? (unsigned)command->cpu
					  : plan_default_cpu(&command->machine)};
	int error, code;

	(void)getrandom(&check.seed, sizeof(check.seed), 0);
	error = counting_choose(&command->counting, &command->counters, (int)check.cpu,
		&command->environment, &command->complaint);
	if (error == COUNTING_NONE_AVAILABLE ||
		(!error && !command->counting.groups_count))
		return refuse(command);
	if (!error)
		error = self_check_run(&check, &command->counting, &command->checked,
			&command->environment, &command->complaint);
	if (error) {
		message_complaint(&command->complaint);
		counting_release(&command->counting);
		return error == -EINVAL || error == -ENOENT ? 2 : EXIT_FAILURE;
	}
	code = print(command);
	code = code ? code : exit_code(command);
	checked_groups_release(&command->checked);
	counting_release(&command->counting);
	return code;
}

static int run_command(struct command *command, int argc, char **argv)
{
	int code;

	command->counters = (struct counter_request){.backend = "auto", .survey = true};
	if (options_parse(rows, ROWS, command, argc, argv, &command->complaint) ||
		counter_request_check(&command->counters, &command->complaint)) {
		message_complaint(&command->complaint);
		return 2;
	}
	if (command->help)
		return print_help();
	environment_begin(&command->environment, argc, argv);
	if (signals_catch() != 0 ||
		topology_load(&command->machine, NULL, &command->complaint)) {
		message_complaint(&command->complaint);
		return EXIT_FAILURE;
	}
	code = check(command);
	topology_release(&command->machine);
	return signals_received ? 128 + signals_received : code;
}

int cmd_check(int argc, char **argv)
{
	struct command *command = calloc(1, sizeof(*command));
	int code;

	if (!command) {
		fputs("escalier: not enough memory\n", stderr);
		return EXIT_FAILURE;
	}
	code = run_command(command, argc, argv);
	free(command);
	return code;
}
