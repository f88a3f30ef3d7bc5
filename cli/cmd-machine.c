/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/cmd.h"
#include "cli/message.h"
#include "cli/output.h"
#include "topology/topology.h"

#include <getopt.h>
#include <string.h>

static const char help[] =
	"Usage: escalier machine [OPTION]...\n"
	"Print what a machine says of its memory hierarchy: CPUs, caches, NUMA nodes,\n"
	"page sizes and pools, transparent huge pages, TLBs. None of it is measured.\n"
	"\n"
	"  -t, --topology=WHAT  another machine: an hwloc XML file (lstopo --of xml)\n"
	"                       or a description that hwloc takes, such as\n"
	"                       \"pack:2 [numa] l3:1(size=32MiB) core:8 l1d:1 pu:2\"\n"
	"                       (MiB is 2^20 bytes there, MB a million)\n"
	"      --json           one JSON object, sizes in bytes, instead of text\n"
	"  -o, --export=FILE    write this machine to FILE as hwloc XML, to be given to\n"
	"                       --topology elsewhere; it holds the host's name\n"
	"  -h, --help           this text\n"
	"\n"
	"Exit status: 0 success, 1 failure, 2 wrong usage.\n";

struct options {
	const char *topology, *export_path;
	bool json, help;
};

/* A word that getopt stopped at; of several letters in one word it only tells which one.
 */
static int refuse(int found, const char *word)
{
	const char *why = found == ':' ? "needs a value" : "is unknown or takes no value";

	if (strncmp(word, "--", 2) == 0)
		return message_usage("machine", "option %s %s", word, why);
	return message_usage("machine", "option -%c %s", optopt, why);
}

/* 0 or the exit code of a usage error. */
static int parse(int argc, char **argv, struct options *options)
{
	static const struct option known[] = {
		{"topology", required_argument, NULL, 't'},
		{"json", no_argument, NULL, 'j'},
		{"export", required_argument, NULL, 'o'},
		{"help", no_argument, NULL, 'h'},
		{NULL, 0, NULL, 0},
	};
	int option;

	optind = 0; /* another command may have parsed before */
	opterr = 0;
	while ((option = getopt_long(argc, argv, ":t:o:h", known, NULL)) != -1) {
		switch (option) {
		case 't':
			options->topology = optarg;
			break;
		case 'j':
			options->json = true;
			break;
		case 'o':
			options->export_path = optarg;
			break;
		case 'h':
			options->help = true;
			return 0;
		default:
			return refuse(option, argv[optind - 1]);
		}
	}
	if (optind < argc)
		return message_usage(
			"machine", "unexpected argument \"%s\"", argv[optind]);
	if (options->export_path && (options->topology || options->json))
		return message_usage("machine",
			"--export writes this machine, as XML: it does "
			"not go with --topology or --json");
	return 0;
}

static int show(const struct options *options)
{
	struct complaint complaint = {0};
	struct machine machine;
	struct text text;
	int code;

	if (topology_load(&machine, options->topology, &complaint) != 0) {
		message_complaint(&complaint);
		return 1;
	}
	text_init(&text);
	if (options->json)
		(void)machine_print_json(&machine, &text);
	else
		machine_print(&machine, &text);
	code = output_text(&text);
	text_release(&text);
	topology_release(&machine);
	return code;
}

int cmd_machine(int argc, char **argv)
{
	struct complaint complaint = {0};
	struct options options = {0};
	int code = parse(argc, argv, &options);

	if (code)
		return code;
	if (options.help)
		return output_string(help);
	if (!options.export_path)
		return show(&options);
	if (topology_export(options.export_path, &complaint) == 0)
		return 0;
	message_complaint(&complaint);
	return 1;
}
