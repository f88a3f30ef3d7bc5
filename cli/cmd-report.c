/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/cmd.h"
#include "cli/message.h"
#include "cli/output.h"
#include "cli/report.h"

#include <errno.h>
#include <getopt.h>
#include <stddef.h>

static const char help[] =
	"Usage: escalier report DIR...\n"
	"Write the summary and the figures of runs again, from their raw files alone:\n"
	"in each DIR windows.csv, environment.json, machine.xml and groups/ give summary.txt,\n"
	"staircase.png and staircase.svg, or executions.csv and environment.json give\n"
	"summary.txt, comparison.csv and comparison.json. The same files give the same bytes.\n"
	"\n"
	"  -h, --help           this text\n"
	"\n"
	"Exit status: 0 success, 1 failure, 2 wrong usage, 3 a summary but no figure.\n";

/* Adds the names of the files that it wrote. */
static int report_one(const char *folder, struct text *written)
{
	struct complaint complaint = {0};
	int error = report_write(folder, written, &complaint);

	if (error == 0)
		return 0;
	message_complaint(&complaint);
	return error == REPORT_NO_FIGURE ? 3 : 1;
}

int cmd_report(int argc, char **argv)
{
	static const struct option known[] = {
		{"help", no_argument, NULL, 'h'},
		{NULL, 0, NULL, 0},
	};
	struct text written;
	int option, worst = 0;

	optind = 0; /* another command may have parsed before */
	opterr = 0;
	while ((option = getopt_long(argc, argv, ":h", known, NULL)) != -1) {
		if (option != 'h')
			return message_usage("report", "unknown or misused option %s",
				argv[optind - 1]);
		return output_string(help);
	}
	if (optind == argc)
		return message_usage(
			"report", "which run? Name its folder, results/<host>/<time>");
	text_init(&written);
	for (int i = optind; i < argc; i++) {
		int code = report_one(argv[i], &written);

		/* A failure outweighs a missing figure. */
		if (worst != 1 && code != 0)
			worst = code;
	}
	if (output_text(&written))
		worst = 1;
	text_release(&written);
	return worst;
}
