/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/report.h"

#include "analysis/figure.h"
#include "analysis/findings.h"
#include "analysis/summary.h"
#include "base/file.h"
#include "cli/gnuplot.h"
#include "cli/report-comparison.h"
#include "core/environment.h"
#include "core/measurement.h"
#include "counters/group.h"
#include "topology/topology.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A run as read from its folder. */
struct run {
	struct environment environment;
	struct machine machine;
	struct dataset dataset;
	struct group *groups;
	size_t groups_count;
};

static int join(char path[PATH_MAX], const char *folder, const char *name,
	struct complaint *complaint)
{
	if (snprintf(path, PATH_MAX, "%s/%s", folder, name) < PATH_MAX)
		return 0;
	complaint_what(
		complaint, "the name of the folder is too long: %.100s...", folder);
	return -ENAMETOOLONG;
}

/* A reader of text does not know which file it comes from. */
static int name_file(struct complaint *complaint, const char *path, int error)
{
	struct complaint first = *complaint;

	complaint_what(complaint, "%.150s: %.100s", path, first.what);
	return error;
}

static int load_group(struct group *group, const char *folder, const char *name,
	struct complaint *complaint)
{
	char path[PATH_MAX], file[sizeof("groups/.txt") + 64];
	struct text text;
	int error;

	(void)snprintf(file, sizeof(file), "groups/%s.txt", name);
	error = join(path, folder, file, complaint);
	if (error)
		return error;
	text_init(&text);
	error = file_read_all(path, &text);
	if (error)
		complaint_cannot(complaint, "read", path, error);
	else
		error = group_parse(group, name, text.bytes, text.length, complaint);
	text_release(&text);
	return error;
}

static int load_groups(struct run *run, const char *folder, struct complaint *complaint)
{
	const struct environment *e = &run->environment;

	run->groups = calloc(e->groups_count + 1, sizeof(*run->groups));
	if (!run->groups)
		return complaint_cannot(complaint, "read", folder, -ENOMEM);
	for (size_t i = 0; i < e->groups_count; i++) {
		int error = load_group(&run->groups[i], folder, e->groups[i], complaint);

		if (error)
			return error;
		run->groups_count++;
	}
	return 0;
}

static void release_groups(struct run *run)
{
	for (size_t i = 0; i < run->groups_count; i++)
		group_release(&run->groups[i]);
	free(run->groups);
}

static int load_machine(
	struct machine *machine, const char *folder, struct complaint *complaint)
{
	char path[PATH_MAX];
	struct text text;
	int error = join(path, folder, "machine.xml", complaint);

	if (error)
		return error;
	text_init(&text);
	error = file_read_all(path, &text);
	if (error) {
		complaint_cannot(complaint, "read", path, error);
	} else {
		error = topology_load_xml(machine, text.bytes, text.length, complaint);
		if (error)
			name_file(complaint, path, error);
	}
	text_release(&text);
	return error;
}

static int run_load(struct run *run, const char *folder, struct complaint *complaint)
{
	char path[PATH_MAX];
	int error = join(path, folder, "environment.json", complaint);

	*run = (struct run){0};
	if (!error)
		error = environment_load(&run->environment, path, complaint);
	if (!error)
		error = join(path, folder, "windows.csv", complaint);
	if (!error)
		error = load_groups(run, folder, complaint);
	if (error)
		goto out_groups;
	error = load_machine(&run->machine, folder, complaint);
	if (error)
		goto out_groups;
	error = dataset_load_csv(&run->dataset, path, complaint);
	if (!error)
		return 0;
	topology_release(&run->machine);
out_groups:
	release_groups(run);
	return error;
}

static void run_release(struct run *run)
{
	dataset_release(&run->dataset);
	topology_release(&run->machine);
	release_groups(run);
}

static int write_summary(
	const struct findings *findings, const char *folder, struct complaint *complaint)
{
	char path[PATH_MAX];
	struct text text;
	int error = join(path, folder, "summary.txt", complaint);

	if (error)
		return error;
	text_init(&text);
	error = summary_print(findings, &text);
	if (!error)
		error = file_write_all(path, &text);
	if (error)
		complaint_cannot(complaint, "write", path, error);
	text_release(&text);
	return error;
}

static int write_figure(
	const struct findings *findings, const char *folder, struct complaint *complaint)
{
	char path[PATH_MAX];
	int error = join(path, folder, "figure", complaint);

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
	struct staircase staircase;
	struct findings findings;
	struct run run;
	int error = run_load(&run, folder, complaint);

	if (error)
		return error;
	error = staircase_build(&staircase, &run.dataset,
		&(struct staircase_options){.groups = run.groups,
			.groups_count = run.groups_count,
			.costs = run.environment.window_costs,
			.costs_count = run.environment.window_costs_count,
			.machine = &run.machine,
			.baseline = run.environment.baseline,
			.verdicts = run.environment.events,
			.verdicts_count = run.environment.events_count,
			.scaled = run.environment.scaled,
			.target = run.environment.target});
	if (error) {
		complaint_cannot(complaint, "analyse", folder, error);
		goto out_run;
	}
	error = findings_init(&findings, &run.environment, &run.machine, &staircase);
	if (error)
		complaint_cannot(complaint, "analyse", folder, error);
	else
		error = write_summary(&findings, folder, complaint);
	if (!error)
		text_format(written, "%s/summary.txt\n", folder);
	if (!error && write_figure(&findings, folder, complaint) != 0)
		error = REPORT_NO_FIGURE;
	if (!error)
		text_format(
			written, "%s/staircase.png\n%s/staircase.svg\n", folder, folder);
	staircase_release(&staircase);
out_run:
	run_release(&run);
	return error;
}

int report_write(const char *folder, struct text *written, struct complaint *complaint)
{
	char path[PATH_MAX];
	int error = join(path, folder, "executions.csv", complaint);

	if (error)
		return error;
	return access(path, F_OK) == 0
		       ? report_write_comparison(folder, written, complaint)
		       : write_staircase(folder, written, complaint);
}
