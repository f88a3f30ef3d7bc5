/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/report-comparison.h"

#include "analysis/comparison-figure.h"
#include "analysis/comparison-print.h"
#include "base/file.h"
#include "cli/gnuplot.h"
#include "cli/report.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int complain(
	struct complaint *complaint, const char *verb, const char *path, int error)
{
	complaint_what(complaint, "cannot %s %.200s", verb, path);
	complaint_why(complaint, "%s", strerror(-error));
	return error;
}

static int write_text(const char *folder, const char *name, const struct text *text,
	struct text *written, struct complaint *complaint)
{
	char path[PATH_MAX];
	int error = text->error;

	(void)snprintf(path, sizeof(path), "%s/%s", folder, name);
	if (!error)
		error = file_write_all(path, text);
	if (error)
		return complain(complaint, "write", path, error);
	text_format(written, "%s\n", path);
	return 0;
}

static int write_all(const struct comparison *comparison,
	const struct environment *environment, const char *folder, struct text *written,
	struct complaint *complaint)
{
	struct text text;
	int error;

	text_init(&text);
	(void)comparison_print(comparison, environment, false, &text);
	error = write_text(folder, "summary.txt", &text, written, complaint);
	text_clear(&text);
	(void)comparison_print_csv(comparison, &text);
	if (!error)
		error = write_text(folder, "comparison.csv", &text, written, complaint);
	text_clear(&text);
	(void)comparison_print_json(comparison, environment, &text);
	if (!error)
		error = write_text(folder, "comparison.json", &text, written, complaint);
	text_release(&text);
	return error;
}

static int draw(const struct comparison *comparison,
	const struct environment *environment, const char *folder, struct text *written,
	struct complaint *complaint)
{
	char path[PATH_MAX];
	int error;

	(void)snprintf(path, sizeof(path), "%s/figure", folder);
	error = file_make_folders(path);
	if (!error)
		error = comparison_figure_write(comparison, environment, path);
	if (error == -ENODATA) {
		complaint_what(complaint, "there is no figure");
		complaint_why(complaint, "no two allocators have times in one round");
		return REPORT_NO_FIGURE;
	}
	if (error)
		return complain(complaint, "write", path, error);
	if (gnuplot_draw("comparison", folder, complaint))
		return REPORT_NO_FIGURE;
	text_format(written, "%s/comparison.png\n%s/comparison.svg\n", folder, folder);
	return 0;
}

int report_write_comparison(
	const char *folder, struct text *written, struct complaint *complaint)
{
	struct environment environment;
	struct comparison *comparison;
	struct records executions;
	char path[PATH_MAX];
	int error;

	(void)snprintf(path, sizeof(path), "%s/environment.json", folder);
	error = environment_load(&environment, path, complaint);
	if (error)
		return error;
	(void)snprintf(path, sizeof(path), "%s/executions.csv", folder);
	error = records_load_csv(&executions, &execution_record, path, complaint);
	if (error)
		return error;
	comparison = calloc(1, sizeof(*comparison));
	error = comparison ? comparison_build(comparison, &executions, &environment)
			   : -ENOMEM;
	if (error)
		(void)complain(complaint, "compare the executions of", folder, error);
	else
		error = write_all(comparison, &environment, folder, written, complaint);
	/* Of one allocator alone there is nothing to draw. */
	if (!error && comparison->count > 1)
		error = draw(comparison, &environment, folder, written, complaint);
	free(comparison);
	records_release(&executions);
	return error;
}
