/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/difference.h"
#include "cli/cmd.h"
#include "cli/layout.h"
#include "cli/message.h"
#include "cli/output.h"
#include "cli/session.h"

#include <errno.h>
#include <getopt.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <unistd.h>

static const char help[] =
	"Usage: escalier compare [OPTION]... FIRST SECOND\n"
	"Tell what differs between the folders of two sweeps, or of two runs of a program:\n"
	"before and after a change, or two machines. Each size of a series, or quantity of an\n"
	"allocator, that both have is compared, and a claim is made of few things together: a\n"
	"series' sizes in one cache, or in memory; an allocator's time.\n"
	"\n"
	"      --csv            a line for each comparison\n"
	"      --json           the same as JSON\n"
	"  -h, --help           this text\n"
	"\n"
	"Exit status: 0 success, 1 failure, 2 wrong usage, 3 nothing that is in both.\n";

/* What was found, and in what beside it the two differ. */
struct found {
	struct differences differences;
	struct circumstances circumstances;
};

/* A run of a program as read from its folder. */
struct executed {
	struct environment environment;
	struct machine machine;
	struct records executions;
	struct session_groups groups;
	struct comparison comparison;
};

static int load_executed(
	struct executed *run, const char *folder, struct complaint *complaint)
{
	char path[PATH_MAX];
	int error = session_load_environment(&run->environment, folder, complaint);

	if (!error)
		error = session_path(path, folder, "executions.csv", complaint);
	if (!error)
		error = session_load_groups(
			&run->groups, &run->environment, folder, complaint);
	if (error)
		return error;
	/* It is for the circumstances alone: a run without it is compared too. */
	if (session_load_machine(&run->machine, folder, complaint))
		run->machine = (struct machine){0};
	error = records_load_csv(&run->executions, &execution_record, path, complaint);
	if (error)
		goto out_groups;
	error = session_compare_executions(&run->comparison, &run->executions,
		&run->environment, &run->groups, folder, complaint);
	if (!error)
		return 0;
	records_release(&run->executions);
out_groups:
	topology_release(&run->machine);
	session_release_groups(&run->groups);
	return error;
}

static void release_executed(struct executed *run)
{
	topology_release(&run->machine);
	comparison_release(&run->comparison);
	records_release(&run->executions);
	session_release_groups(&run->groups);
}

static int compare_runs(
	struct found *found, const char *const folders[2], struct complaint *complaint)
{
	struct executed *runs = calloc(2, sizeof(*runs));
	int error;

	if (!runs)
		return complaint_cannot(complaint, "read", folders[0], -ENOMEM);
	error = load_executed(&runs[0], folders[0], complaint);
	if (error)
		goto out;
	error = load_executed(&runs[1], folders[1], complaint);
	if (!error) {
		circumstances_of(&found->circumstances,
			(const struct environment *const[]){
				&runs[0].environment, &runs[1].environment},
			(const struct machine *const[]){
				&runs[0].machine, &runs[1].machine});
		error = differences_of_runs(
			&found->differences, &runs[0].comparison, &runs[1].comparison);
		if (error)
			complaint_cannot(complaint, "compare", folders[1], error);
		release_executed(&runs[1]);
	}
	release_executed(&runs[0]);
out:
	free(runs);
	return error;
}

static int compare_sweeps(
	struct found *found, const char *const folders[2], struct complaint *complaint)
{
	struct session sessions[2];
	int error = session_load(&sessions[0], folders[0], complaint);

	if (error)
		return error;
	error = session_load(&sessions[1], folders[1], complaint);
	if (!error) {
		circumstances_of(&found->circumstances,
			(const struct environment *const[]){
				&sessions[0].environment, &sessions[1].environment},
			(const struct machine *const[]){
				&sessions[0].machine, &sessions[1].machine});
		error = differences_of_sweeps(&found->differences, &sessions[0].staircase,
			&sessions[1].staircase, &sessions[0].machine);
		if (error)
			complaint_cannot(complaint, "compare", folders[1], error);
		session_release(&sessions[1]);
	}
	session_release(&sessions[0]);
	return error;
}

static bool has_file(const char *folder, const char *name)
{
	struct complaint complaint = {0};
	char path[PATH_MAX];

	return session_path(path, folder, name, &complaint) == 0 &&
	       access(path, F_OK) == 0;
}

static bool is_run(const char *folder)
{
	return has_file(folder, "executions.csv");
}

static bool is_sweep(const char *folder)
{
	return has_file(folder, "windows.csv");
}

/* 0, -ENODATA where nothing is in both, or another error, with the complaint. */
static int compare(
	struct found *found, const char *const folders[2], struct complaint *complaint)
{
	/* Of a folder that is neither the reader says what it lacks. */
	const bool run = is_run(folders[0]) || is_run(folders[1]);
	int error;

	if (run && (is_sweep(folders[0]) || is_sweep(folders[1]))) {
		complaint_what(complaint, "cannot compare %.100s with %.100s", folders[0],
			folders[1]);
		complaint_why(complaint, "one is of a sweep, the other of a program");
		complaint_advise(complaint, "name two folders of one kind");
		return -EINVAL;
	}
	error = run ? compare_runs(found, folders, complaint)
		    : compare_sweeps(found, folders, complaint);
	if (error != -ENODATA)
		return error;
	complaint_what(
		complaint, "nothing in %.100s is in %.100s too", folders[0], folders[1]);
	complaint_why(complaint, run ? "no allocator has times in both"
				     : "no kernel and memory have a size in common");
	complaint_advise(
		complaint, run ? "run the same allocators (-a)"
			       : "sweep the same kernels, memory and sizes (-k, -b, -s)");
	return error;
}

static int print(const char *const folders[2], enum layout layout)
{
	struct complaint complaint = {0};
	struct found *found = calloc(1, sizeof(*found));
	struct text text;
	int code;
	int error = found ? compare(found, folders, &complaint)
			  : complaint_cannot(&complaint, "compare", folders[0], -ENOMEM);

	if (error) {
		free(found);
		message_complaint(&complaint);
		return error == -ENODATA ? EXIT_PARTIAL : EXIT_FAILURE;
	}
	text_init(&text);
	if (layout == LAYOUT_CSV)
		(void)differences_print_csv(
			&found->differences, &found->circumstances, &text);
	else if (layout == LAYOUT_JSON)
		(void)differences_print_json(
			&found->differences, &found->circumstances, folders, &text);
	else
		(void)differences_print(
			&found->differences, &found->circumstances, folders, &text);
	code = output_text(&text);
	text_release(&text);
	differences_release(&found->differences);
	free(found);
	return code;
}

int cmd_compare(int argc, char **argv)
{
	enum layout layout;
	int code;

	if (!layout_options(argc, argv, help, &layout, &code))
		return code;
	if (argc - optind != 2)
		return message_usage("compare",
			"which two? Name their folders, results/<host>/<time>");
	return print((const char *const[]){argv[optind], argv[optind + 1]}, layout);
}
