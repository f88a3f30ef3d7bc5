/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/cmd.h"
#include "cli/output.h"
#include "counters/likwid.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

struct command {
	const char *name;
	const char *summary; /* NULL: not for people */
	int (*run)(int argc, char **argv);
};

static const struct command commands[] = {
	{"sweep", "measure the latency staircase of this machine", cmd_sweep},
	{"run", "run a program under several allocators and compare", cmd_run},
	{"predict", "tell what huge pages would change for a program, before it has them",
		cmd_predict},
	{"trace", "tell what a program asks of its allocator", cmd_trace},
	{"report", "draw summary and figure of a run again, from its raw files",
		cmd_report},
	{"costs", "tell what the events of sweeps cost, and so explain their steps",
		cmd_costs},
	{"compare", "tell what differs between two sweeps, or two runs", cmd_compare},
	{"levels", "tell the caches and TLB reaches that a sweep found", cmd_levels},
	{"machine", "print what a machine says of its memory hierarchy", cmd_machine},
	{"check", "tell which counters and events can be believed here", cmd_check},
	{"groups", "list the counter groups of a CPU, or tell what one holds",
		cmd_groups},
	{"events", "search the events that can be counted by name", cmd_events},
	{"fields", "describe the columns of the raw files", cmd_fields},
	{"likwid-trial", NULL, cmd_likwid_trial},
};
enum { COMMANDS = sizeof(commands) / sizeof(commands[0]) };

static void describe(struct text *text)
{
	text_append(text,
		"Usage: escalier COMMAND [OPTION]...\n"
		"The memory hierarchy of Linux machines, measured, with the hardware "
		"events behind it.\n\n");
	for (size_t i = 0; i < COMMANDS; i++)
		if (commands[i].summary)
			text_format(text, "  %-10s%s\n", commands[i].name,
				commands[i].summary);
	text_append(text,
		"\nescalier COMMAND --help tells more; escalier --version tells the "
		"version.\n");
}

/* Wrong usage: all of it on stderr, and its exit code. */
static int refuse(const char *unknown)
{
	struct text text;

	text_init(&text);
	if (unknown) {
		text_append(&text, "escalier: there is no command \"");
		text_append_visible(&text, unknown);
		text_append(&text, "\"\n");
	}
	describe(&text);
	if (!text.error)
		fputs(text.bytes, stderr);
	text_release(&text);
	return 2;
}

/* What was asked for: on stdout. */
static int show(void (*describe_it)(struct text *text))
{
	struct text text;
	int code;

	text_init(&text);
	describe_it(&text);
	code = output_text(&text);
	text_release(&text);
	return code;
}

static void describe_version(struct text *text)
{
	text_append(text, "escalier " ESCALIER_VERSION "\n");
}

int main(int argc, char **argv)
{
	/* Who ignores its children cannot be told how they ended, and hands that down. */
	(void)signal(SIGCHLD, SIG_DFL);
	if (argc < 2)
		return refuse(NULL);
	likwid_trial_program("/proc/self/exe", LIKWID_TRIAL_SECONDS);
	for (size_t i = 0; i < COMMANDS; i++)
		if (strcmp(argv[1], commands[i].name) == 0)
			return commands[i].run(argc - 1, argv + 1);
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 ||
		strcmp(argv[1], "help") == 0)
		return show(describe);
	if (strcmp(argv[1], "--version") == 0)
		return show(describe_version);
	return refuse(argv[1]);
}
