/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/findings.h"
#include "base/number.h"
#include "cli/cmd.h"
#include "cli/layout.h"
#include "cli/message.h"
#include "cli/output.h"
#include "cli/session.h"

#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char help[] =
	"Usage: escalier costs [OPTION]... DIR...\n"
	"What the events of sweeps cost, in cycles and ns, and what that says of the steps of\n"
	"their staircases and of the differences of their backends. Of several sweeps of one\n"
	"machine, the costs of each are also judged on all others. DIR is the folder of a sweep\n"
	"with counters.\n"
	"\n"
	"      --csv            costs alone, a line for each event (of one DIR)\n"
	"      --json           everything, as one object for each DIR\n"
	"  -h, --help           this text\n"
	"\n"
	"Exit status: 0 success, 1 failure, 2 wrong usage, 3 no costs can be told in some DIR.\n";

/* A sweep with its explanation. */
struct explained {
	const char *folder;
	struct session session;
	struct findings findings;
};

static int load(struct explained *one, const char *folder, struct complaint *complaint)
{
	int error = session_load(&one->session, folder, complaint);

	one->folder = folder;
	if (error)
		return error;
	error = findings_init(&one->findings, &one->session.environment,
		&one->session.machine, &one->session.staircase);
	if (error) {
		complaint_cannot(complaint, "analyse", folder, error);
		session_release(&one->session);
	}
	return error;
}

static bool same_machine(const struct explained *a, const struct explained *b)
{
	return strcmp(a->session.machine.cpu_model, b->session.machine.cpu_model) == 0 &&
	       strcmp(a->session.machine.host, b->session.machine.host) == 0;
}

static const struct costs *costs_of(const struct explained *one)
{
	return &one->findings.explanation.costs;
}

static int judge_pair(
	const struct explained *fitted, const struct explained *judged, struct text *text)
{
	struct cost_errors errors;
	int error;

	if (costs_of(fitted)->obstacle != COSTS_POSSIBLE)
		return 0;
	text_format(
		text, "  fitted on %s, judged on %s: ", fitted->folder, judged->folder);
	if (!same_machine(fitted, judged)) {
		text_append(text, "not judged, another machine\n");
		return 0;
	}
	error = costs_judge(&costs_of(fitted)->fit, &judged->session.staircase, &errors);
	if (error)
		return error;
	if (errors.rows == 0)
		text_append(text, "not judged, it lacks an event\n");
	else
		text_format(text,
			"%.1f %% (median), %.1f %% (p90), bias %+.1f %%, %zu rounds of sizes\n",
			100 * errors.median, 100 * errors.p90, 100 * errors.bias,
			errors.rows);
	return 0;
}

static int judge_all(const struct explained *all, size_t count, struct text *text)
{
	int error = 0;

	text_append(text, "\nRelative error on other sessions\n");
	for (size_t i = 0; i < count && !error; i++)
		for (size_t k = 0; k < count && !error; k++)
			if (k != i)
				error = judge_pair(&all[i], &all[k], text);
	return error;
}

/* Whether all of them have costs: the exit code. */
static int print_all(
	const struct explained *all, size_t count, enum layout layout, struct text *text)
{
	int code = 0;

	for (size_t i = 0; i < count; i++) {
		const struct explanation *explanation = &all[i].findings.explanation;

		if (explanation->costs.obstacle != COSTS_POSSIBLE)
			code = EXIT_PARTIAL;
		if (layout == LAYOUT_JSON)
			(void)explanation_print_json(explanation, text);
		else if (layout == LAYOUT_CSV)
			(void)explanation_print_csv(explanation, text);
		else
			(void)explanation_print(explanation, all[i].folder, text);
	}
	if (count > 1 && layout == LAYOUT_TABLE)
		if (judge_all(all, count, text))
			code = EXIT_FAILURE;
	return code;
}

static int tell(char **folders, size_t count, enum layout layout)
{
	struct explained *all = calloc(count, sizeof(*all));
	struct complaint complaint = {0};
	size_t loaded = 0;
	struct text text;
	int code = 0;

	text_init(&text);
	while (all && loaded < count &&
		load(&all[loaded], folders[loaded], &complaint) == 0)
		loaded++;
	if (loaded < count) {
		if (!all)
			complaint_what(&complaint, "not enough memory");
		message_complaint(&complaint);
		code = EXIT_FAILURE;
	} else {
		code = print_all(all, count, layout, &text);
		if (output_text(&text))
			code = EXIT_FAILURE;
	}
	for (size_t i = 0; i < loaded; i++) {
		findings_release(&all[i].findings);
		session_release(&all[i].session);
	}
	free(all);
	text_release(&text);
	return code;
}

int cmd_costs(int argc, char **argv)
{
	enum layout layout;
	int code;

	if (!layout_options(argc, argv, help, &layout, &code))
		return code;
	if (optind == argc)
		return message_usage(
			"costs", "which sweep? Name its folder, results/<host>/<time>");
	if (layout == LAYOUT_CSV && argc - optind > 1)
		return message_usage("costs", "--csv is of one DIR");
	return tell(argv + optind, (size_t)(argc - optind), layout);
}
