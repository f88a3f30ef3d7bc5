/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/report.h"

#include "analysis/figure.h"
#include "analysis/findings.h"
#include "analysis/levels-print.h"
#include "analysis/summary.h"
#include "base/file.h"
#include "cli/gnuplot.h"
#include "cli/report-comparison.h"
#include "cli/report-file.h"
#include "cli/session.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

static int write_summary(const struct findings *findings, const char *folder,
	struct text *written, struct complaint *complaint)
{
	struct text text;
	int error;

	text_init(&text);
	(void)summary_print(findings, &text);
	error = report_write_file(folder, "summary.txt", &text, written, complaint);
	text_release(&text);
	return error;
}

/* Caches and TLB reaches, for other programs; nothing where no kernel tells of them. */
static int write_levels(const struct findings *findings, const char *folder,
	struct text *written, struct complaint *complaint)
{
	struct text csv, json;
	int error;

	if (findings->levels_count == 0)
		return 0;
	text_init(&csv);
	text_init(&json);
	(void)levels_print_csv_header(&csv);
	for (size_t i = 0; i < findings->levels_count; i++)
		(void)levels_print_csv(&findings->levels[i], findings->machine, &csv);
	(void)levels_print_json(
		findings->levels, findings->levels_count, findings->machine, &json);
	error = report_write_file(folder, "levels.csv", &csv, written, complaint);
	if (!error)
		error = report_write_file(
			folder, "levels.json", &json, written, complaint);
	text_release(&csv);
	text_release(&json);
	return error;
}

/* What explains the staircase, for other programs; nothing where no events are counted.
 */
static int write_costs(const struct explanation *explanation, const char *folder,
	struct text *written, struct complaint *complaint)
{
	static const struct {
		const char *name;
		int (*print)(const struct explanation *explanation, struct text *text);
	} files[] = {
		{"costs.csv", explanation_print_csv},
		{"costs.json", explanation_print_json},
		{"explained.csv", explanation_print_sizes_csv},
	};
	int error = 0;

	if (explanation->costs.obstacle == COSTS_NO_EVENTS)
		return 0;
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]) && !error; i++) {
		struct text text;

		text_init(&text);
		(void)files[i].print(explanation, &text);
		error = report_write_file(
			folder, files[i].name, &text, written, complaint);
		text_release(&text);
	}
	return error;
}

static int write_figure(
	const struct findings *findings, const char *folder, struct complaint *complaint)
{
	char path[PATH_MAX];
	int error = session_path(path, folder, "figure", complaint);

	if (error)
		return error;
	error = file_make_folders(path);
	if (!error)
		error = figure_write(findings, path);
	if (error == -ENODATA) {
		complaint_what(complaint, "there is no figure");
		complaint_why(complaint, "no window of the run has a number");
		complaint_advise(complaint, "see the reasons in %s/summary.txt", folder);
		return error;
	}
	if (error)
		return complaint_cannot(complaint, "write", path, error);
	return gnuplot_draw("staircase", folder, complaint);
}

static int write_staircase(
	const char *folder, struct text *written, struct complaint *complaint)
{
	struct session session;
	struct findings findings;
	int error = session_load(&session, folder, complaint);

	if (error)
		return error;
	error = findings_init(
		&findings, &session.environment, &session.machine, &session.staircase);
	if (error) {
		complaint_cannot(complaint, "analyse", folder, error);
		goto out;
	}
	error = write_summary(&findings, folder, written, complaint);
	if (!error)
		error = write_levels(&findings, folder, written, complaint);
	if (!error)
		error = write_costs(&findings.explanation, folder, written, complaint);
	if (!error && write_figure(&findings, folder, complaint) != 0)
		error = REPORT_NO_FIGURE;
	if (!error)
		text_format(
			written, "%s/staircase.png\n%s/staircase.svg\n", folder, folder);
	findings_release(&findings);
out:
	session_release(&session);
	return error;
}

int report_write(const char *folder, struct text *written, struct complaint *complaint)
{
	char path[PATH_MAX];
	int error = session_path(path, folder, "executions.csv", complaint);

	if (error)
		return error;
	return access(path, F_OK) == 0
		       ? report_write_comparison(folder, written, complaint)
		       : write_staircase(folder, written, complaint);
}
