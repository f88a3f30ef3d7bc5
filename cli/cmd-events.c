/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/cmd.h"
#include "cli/message.h"
#include "cli/output.h"
#include "counters/counters.h"

#include <errno.h>
#include <getopt.h>
#include <stddef.h>

static const char help[] =
	"Usage: escalier events [OPTION]... [PATTERN]\n"
	"Search libpfm4's tables of this CPU for events whose name or meaning holds PATTERN,\n"
	"in whatever case, and print them with their unit masks; then those that the kernel\n"
	"lists for its cores, with their terms. -e takes the names, with masks behind a colon\n"
	"each, and without libpfm4's PMU where that is clear.\n"
	"\n"
	"  -p, --pmu=NAME       the events of one PMU, of libpfm4's or the kernel's (cpu,\n"
	"                       uncore_imc); \"all\": of every one of libpfm4's\n"
	"  -h, --help           this text\n"
	"\n"
	"Exit status: 0 success, 1 nothing found, 2 wrong usage.\n";

static int search(const char *pattern, const char *pmu)
{
	struct text text;
	int code = 1;
	int found;

	text_init(&text);
	found = counters_list_events(pattern, pmu, &text);
	if (found > 0) {
		code = output_text(&text);
	} else {
		struct complaint complaint = {.what = ""};

		if (found == -ENODEV)
			complaint_what(&complaint, "there is no PMU \"%s\"",
				pmu ? pmu : "of this CPU");
		else
			complaint_what(&complaint, "no event holds \"%s\"", pattern);
		complaint_advise(&complaint,
			"escalier events --pmu=all%s%s searches every CPU's",
			pattern[0] ? " " : "", pattern);
		message_complaint(&complaint);
	}
	text_release(&text);
	return code;
}

int cmd_events(int argc, char **argv)
{
	static const struct option known[] = {
		{"pmu", required_argument, NULL, 'p'},
		{"help", no_argument, NULL, 'h'},
		{NULL, 0, NULL, 0},
	};
	const char *pmu = NULL;
	int option;

	optind = 0; /* another command may have parsed before */
	opterr = 0;
	while ((option = getopt_long(argc, argv, ":p:h", known, NULL)) != -1) {
		if (option == 'h')
			return output_string(help);
		if (option != 'p')
			return message_usage("events", "unknown or misused option %s",
				argv[optind - 1]);
		pmu = optarg;
	}
	if (optind + 1 < argc)
		return message_usage("events", "one pattern at a time");
	return search(optind < argc ? argv[optind] : "", pmu);
}
