/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/levels-print.h"
#include "cli/cmd.h"
#include "cli/layout.h"
#include "cli/message.h"
#include "cli/output.h"
#include "cli/session.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>

static const char help[] =
	"Usage: escalier levels [OPTION]... DIR...\n"
	"Tell the caches and TLB reaches that a sweep found, for each kind of memory: where\n"
	"each begins to overflow, what stays resident, its latency, how sure that is, and what\n"
	"the machine announces. Counters come first; without any, the steps of the time alone\n"
	"are told, and marked so.\n"
	"\n"
	"      --csv            a line for each level (of one DIR)\n"
	"      --json           the same as JSON, as one array for each DIR\n"
	"  -h, --help           this text\n"
	"\n"
	"Exit status: 0 success, 1 failure, 2 wrong usage, 3 nothing to tell levels from.\n";

static void print_title(
	const struct series *series, const char *folder, bool named, struct text *text)
{
	if (text->length > 0)
		text_append(text, "\n");
	if (named)
		text_format(text, "%s: ", folder);
	text_format(text, "%s, %s, stride %" PRIu64 " B, CPU %u", series->backend,
		series->kernel, series->stride, series->cpu);
	if (series->node >= 0)
		text_format(text, ", memory of node %d", series->node);
	text_append(text, "\n");
}

static int print_all(const struct session *session, const struct levels *levels,
	size_t count, const char *folder, bool named, enum layout layout,
	struct text *text)
{
	if (layout == LAYOUT_JSON)
		return levels_print_json(levels, count, &session->machine, text);
	for (size_t i = 0; i < count; i++) {
		if (layout == LAYOUT_CSV) {
			(void)levels_print_csv(&levels[i], &session->machine, text);
			continue;
		}
		print_title(levels[i].series, folder, named, text);
		(void)levels_print(&levels[i], &session->machine, text);
	}
	return text->error;
}

/* Appends one folder's levels: 0 or the exit code. */
static int add_folder(
	const char *folder, bool named, enum layout layout, struct text *text)
{
	struct complaint complaint = {0};
	struct session session;
	struct levels *levels;
	size_t count;
	int error = session_load(&session, folder, &complaint);

	if (error) {
		message_complaint(&complaint);
		return 1;
	}
	error = levels_find_all(&levels, &count, &session.staircase, &session.machine);
	if (error) {
		session_release(&session);
		complaint_cannot(&complaint, "analyse", folder, error);
		message_complaint(&complaint);
		return 1;
	}
	if (count > 0)
		error = print_all(&session, levels, count, folder, named, layout, text);
	if (error)
		complaint_cannot(&complaint, "analyse", folder, error);
	if (count == 0) {
		complaint_what(&complaint, "%.200s shows no levels", folder);
		complaint_why(
			&complaint, "no kernel of the sweep has a latency for its time");
		complaint_advise(&complaint,
			"measure the kernel chase: escalier sweep -k "
			"chase");
	}
	if (error || count == 0)
		message_complaint(&complaint);
	free(levels);
	session_release(&session);
	return error ? 1 : count == 0 ? EXIT_PARTIAL : 0;
}

int cmd_levels(int argc, char **argv)
{
	enum layout layout;
	struct text text;
	int code, worst = 0;

	if (!layout_options(argc, argv, help, &layout, &code))
		return code;
	if (optind == argc)
		return message_usage(
			"levels", "which sweep? Name its folder, results/<host>/<time>");
	if (layout == LAYOUT_CSV && argc - optind > 1)
		return message_usage("levels", "--csv is of one DIR");
	text_init(&text);
	if (layout == LAYOUT_CSV)
		(void)levels_print_csv_header(&text);
	for (int i = optind; i < argc; i++) {
		code = add_folder(argv[i], argc - optind > 1, layout, &text);

		/* A failure outweighs what could not be told. */
		if (worst != 1 && code != 0)
			worst = code;
	}
	if (output_text(&text))
		worst = 1;
	text_release(&text);
	return worst;
}
