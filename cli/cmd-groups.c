/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/cmd.h"
#include "cli/group-text.h"
#include "cli/message.h"
#include "cli/output.h"
#include "cli/share.h"
#include "counters/counters.h"

#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char help[] =
	"Usage: escalier groups [OPTION]... [NAME|FILE]...\n"
	"List the counter groups of this CPU; or tell what a group holds: its events with\n"
	"their codes, metrics, the sums that must hold, what the self-check expects, and\n"
	"what each event means.\n"
	"\n"
	"  -a, --arch=NAME      those of another CPU, by the folder's name; \"all\": every one\n"
	"  -h, --help           this text\n"
	"\n"
	"Exit status: 0 success, 1 failure, 2 wrong usage.\n";

struct listing {
	char folder[PATH_MAX];
	char arch[GROUP_NAME]; /* of this CPU, or asked for */
	bool all;
	struct text text;
	struct complaint complaint;
};

static int list_arch(const char *arch, void *context)
{
	struct listing *listing = context;
	const char *pmu = counters_pmu_of(arch);

	text_format(&listing->text, "%s%s%s%s%s\n", listing->text.length ? "\n" : "",
		arch, pmu ? " (libpfm4: " : "", pmu ? pmu : "", pmu ? ")" : "");
	return group_list(listing->folder, arch, &listing->text);
}

static int describe(struct listing *listing, const char *name)
{
	struct group group;
	int error = group_load(
		&group, listing->folder, listing->arch, name, &listing->complaint);

	if (error)
		return error;
	if (listing->text.length)
		text_append(&listing->text, "\n");
	group_describe(&group, listing->arch, &listing->text);
	group_release(&group);
	return listing->text.error;
}

struct arch_search {
	const char *wanted;
	struct text names;
	bool found;
};

static int match_arch(const char *arch, void *context)
{
	struct arch_search *search = context;

	search->found = search->found || strcmp(search->wanted, arch) == 0;
	text_format(&search->names, "%s%s", search->names.length ? ", " : "", arch);
	return 0;
}

/* 0 or the exit code. */
static int set_arch(struct listing *listing, const char *wanted)
{
	struct arch_search search = {.wanted = wanted};
	char pmu[GROUP_NAME];
	int code = 0;

	if (!wanted || strcmp(wanted, "all") == 0) {
		listing->all = wanted != NULL;
		counters_arch(listing->arch, pmu);
		return 0;
	}
	text_init(&search.names);
	(void)group_each_arch(listing->folder, match_arch, &search);
	if (search.found)
		(void)snprintf(listing->arch, sizeof(listing->arch), "%s", wanted);
	else
		code = message_usage("groups", "there is no folder \"%s\": all, %s",
			wanted, search.names.bytes);
	text_release(&search.names);
	return code;
}

static int show(struct listing *listing, char **names, int count)
{
	int error = 0;
	int code;

	text_init(&listing->text);
	for (int i = 0; i < count && !error; i++)
		error = describe(listing, names[i]);
	if (count == 0)
		error = listing->all
				? group_each_arch(listing->folder, list_arch, listing)
				: list_arch(listing->arch, listing);
	if (error && listing->complaint.what[0] == '\0')
		complaint_what(&listing->complaint, "cannot list the groups: %s",
			strerror(-error));
	if (error)
		message_complaint(&listing->complaint);
	code = error == -ENOENT || error == -EINVAL ? 2 : error != 0;
	if (!error)
		code = output_text(&listing->text);
	text_release(&listing->text);
	return code;
}

int cmd_groups(int argc, char **argv)
{
	static const struct option known[] = {
		{"arch", required_argument, NULL, 'a'},
		{"help", no_argument, NULL, 'h'},
		{NULL, 0, NULL, 0},
	};
	struct listing listing = {.all = false};
	const char *arch = NULL;
	int option, code;

	optind = 0; /* another command may have parsed before */
	opterr = 0;
	while ((option = getopt_long(argc, argv, ":a:h", known, NULL)) != -1) {
		if (option == 'h')
			return output_string(help);
		if (option != 'a')
			return message_usage("groups", "unknown or misused option %s",
				argv[optind - 1]);
		arch = optarg;
	}
	if (share_find_groups(
		    listing.folder, sizeof(listing.folder), &listing.complaint)) {
		message_complaint(&listing.complaint);
		return 1;
	}
	/* The names of other CPUs' events are to be encoded too. */
	(void)setenv("LIBPFM_ENCODE_INACTIVE", "1", 1);
	code = set_arch(&listing, arch);
	if (code)
		return code;
	if (listing.all && optind < argc)
		return message_usage("groups", "a group is told of one CPU, not of all");
	return show(&listing, argv + optind, argc - optind);
}
