/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/cmd.h"
#include "cli/message.h"

#include <stdio.h>
#include <string.h>

struct command {
	const char *name;
	const char *summary;
	int (*run)(int argc, char **argv);
};

static const struct command commands[] = {
	{"sweep", "measure the latency staircase of this machine", cmd_sweep},
	{"report", "draw summary and figure of a run again, from its raw files",
		cmd_report},
	{"machine", "print what a machine says of its memory hierarchy", cmd_machine},
	{"fields", "describe the columns of windows.csv", cmd_fields},
};
enum { COMMANDS = sizeof(commands) / sizeof(commands[0]) };

static void print_help(FILE *stream)
{
	fputs("Usage: escalier COMMAND [OPTION]...\n"
	      "The memory hierarchy of Linux machines, measured, with the hardware events behind "
	      "it.\n\n",
		stream);
	for (size_t i = 0; i < COMMANDS; i++)
		fprintf(stream, "  %-10s%s\n", commands[i].name, commands[i].summary);
	fputs("\nescalier COMMAND --help tells more; escalier --version tells the version.\n",
		stream);
}

int main(int argc, char **argv)
{
	if (argc < 2) {
		print_help(stderr);
		return 2;
	}
	for (size_t i = 0; i < COMMANDS; i++)
		if (strcmp(argv[1], commands[i].name) == 0)
			return commands[i].run(argc - 1, argv + 1);
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 ||
		strcmp(argv[1], "help") == 0) {
		print_help(stdout);
		return fflush(stdout) == 0 ? 0 : 1;
	}
	if (strcmp(argv[1], "--version") == 0) {
		puts("escalier " ESCALIER_VERSION);
		return fflush(stdout) == 0 ? 0 : 1;
	}
	fprintf(stderr, "escalier: there is no command \"%s\"\n", argv[1]);
	print_help(stderr);
	return 2;
}
