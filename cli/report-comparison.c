/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/report-comparison.h"

#include "analysis/comparison-figure.h"
#include "analysis/comparison-print.h"
#include "analysis/perf-stat-print.h"
#include "base/file.h"
#include "cli/gnuplot.h"
#include "cli/report-file.h"
#include "cli/report-prediction.h"
#include "cli/report.h"
#include "cli/session.h"
#include "cli/traces.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PROFILE "profile.txt"
enum { TOP_SITES = 10 };

/* What a run's raw files give. */
struct report {
	const char *folder;
	struct environment environment;
	struct records executions;
	struct comparison comparison;
	struct traces traces;
	struct text profile; /* of all traced processes, whole */
};

static int print_summary(
	const struct report *report, struct text *text, struct complaint *complaint)
{
	(void)comparison_print(&report->comparison, &report->environment, false, text);
	if (report->traces.unread)
		text_format(text,
			"  %zu processes left no whole trace of their allocations\n",
			report->traces.unread);
	if (!report->traces.has_main)
		return 0;
	text_append(text, "\nallocations of one execution (all of it: " PROFILE ")\n");
	if (profile_print_digest(&report->traces.main.profile, &report->traces.totals,
		    &report->traces.main.resolver, text) == 0)
		return 0;
	complaint_what(complaint, "not enough memory for the summary");
	return -ENOMEM;
}

/* The events once more, for those who read perf's. */
static int write_perf_stat(
	const struct report *report, struct text *written, struct complaint *complaint)
{
	const struct comparison *comparison = &report->comparison;
	struct text text;
	int error;

	if (comparison->executions->events.count == 0)
		return 0;
	text_init(&text);
	for (size_t i = 0; i < comparison->count; i++)
		(void)perf_stat_print(comparison, &report->environment,
			&comparison->contenders[i], &text);
	error = report_write_file(
		report->folder, "perf-stat.txt", &text, written, complaint);
	text_clear(&text);
	for (size_t i = 0; i < comparison->count; i++) {
		text_format(&text, "# %s\n", comparison->contenders[i].allocator);
		(void)perf_stat_print_fields(comparison, &report->environment,
			&comparison->contenders[i], ",", &text);
	}
	if (!error)
		error = report_write_file(
			report->folder, "perf-stat.csv", &text, written, complaint);
	text_release(&text);
	return error;
}

static int write_all(
	const struct report *report, struct text *written, struct complaint *complaint)
{
	const char *folder = report->folder;
	struct text text;
	int error;

	text_init(&text);
	error = print_summary(report, &text, complaint);
	if (!error)
		error = report_write_prediction(folder, &report->comparison,
			&report->environment, &text, written, complaint);
	if (!error)
		error = report_write_file(
			folder, "summary.txt", &text, written, complaint);
	text_clear(&text);
	(void)comparison_print_csv(&report->comparison, &text);
	if (!error)
		error = report_write_file(
			folder, "comparison.csv", &text, written, complaint);
	text_clear(&text);
	(void)comparison_print_json(&report->comparison, &report->environment, &text);
	if (!error)
		error = report_write_file(
			folder, "comparison.json", &text, written, complaint);
	text_release(&text);
	if (!error && report->profile.length)
		error = report_write_file(
			folder, PROFILE, &report->profile, written, complaint);
	return error ? error : write_perf_stat(report, written, complaint);
}

static int draw(
	const struct report *report, struct text *written, struct complaint *complaint)
{
	const char *folder = report->folder;
	char path[PATH_MAX];
	int error;

	(void)snprintf(path, sizeof(path), "%s/figure", folder);
	error = file_make_folders(path);
	if (!error)
		error = comparison_figure_write(&report->comparison, &report->environment,
			report->traces.has_main ? &report->traces.main.profile : NULL,
			&report->traces.main.resolver, path);
	if (error == -ENODATA) {
		complaint_what(complaint, "there is no figure");
		complaint_why(complaint, "no two allocators have times in one round");
		return REPORT_NO_FIGURE;
	}
	if (error)
		return complaint_cannot(complaint, "write", path, error);
	if (gnuplot_draw("comparison", folder, complaint))
		return REPORT_NO_FIGURE;
	text_format(written, "%s/comparison.png\n%s/comparison.svg\n", folder, folder);
	return 0;
}

static int read_traces(struct report *report, struct complaint *complaint)
{
	char path[PATH_MAX + 16];

	(void)snprintf(path, sizeof(path), "%s/" TRACES_FOLDER, report->folder);
	if (access(path, F_OK) != 0)
		return 0;
	report->comparison.allocations = &report->traces.totals;
	return traces_read(&report->traces, path, TOP_SITES, &report->profile, complaint);
}

static int write_report(
	struct report *report, struct text *written, struct complaint *complaint)
{
	struct session_groups groups;
	int error = session_load_groups(
		&groups, &report->environment, report->folder, complaint);

	if (error)
		return error;
	error = session_compare_executions(&report->comparison, &report->executions,
		&report->environment, &groups, report->folder, complaint);
	if (error) {
		session_release_groups(&groups);
		return error;
	}
	error = read_traces(report, complaint);
	if (!error)
		error = write_all(report, written, complaint);
	/* Of one allocator alone there is nothing to draw. */
	if (!error && report->comparison.count > 1)
		error = draw(report, written, complaint);
	comparison_release(&report->comparison);
	session_release_groups(&groups);
	return error;
}

int report_write_comparison(
	const char *folder, struct text *written, struct complaint *complaint)
{
	struct report *report = calloc(1, sizeof(*report));
	char path[PATH_MAX];
	int error;

	if (!report)
		return complaint_cannot(complaint, "read", folder, -ENOMEM);
	report->folder = folder;
	text_init(&report->profile);
	error = session_load_environment(&report->environment, folder, complaint);
	(void)snprintf(path, sizeof(path), "%s/executions.csv", folder);
	if (!error)
		error = records_load_csv(
			&report->executions, &execution_record, path, complaint);
	if (!error) {
		error = write_report(report, written, complaint);
		records_release(&report->executions);
	}
	traces_release(&report->traces);
	text_release(&report->profile);
	free(report);
	return error;
}
