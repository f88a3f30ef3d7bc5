/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/session.h"

#include "analysis/rounds.h"
#include "base/file.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

int session_path(char path[PATH_MAX], const char *folder, const char *name,
	struct complaint *complaint)
{
	if (snprintf(path, PATH_MAX, "%s/%s", folder, name) < PATH_MAX)
		return 0;
	complaint_what(
		complaint, "the name of the folder is too long: %.100s...", folder);
	return -ENAMETOOLONG;
}

static int load_group(struct group *group, const char *folder, const char *name,
	struct complaint *complaint)
{
	char path[PATH_MAX], file[sizeof("groups/.txt") + 64];
	struct text text;
	int error;

	(void)snprintf(file, sizeof(file), "groups/%s.txt", name);
	error = session_path(path, folder, file, complaint);
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

int session_load_groups(struct session_groups *groups,
	const struct environment *environment, const char *folder,
	struct complaint *complaint)
{
	*groups = (struct session_groups){
		.groups = calloc(environment->groups_count + 1, sizeof(*groups->groups))};
	if (!groups->groups)
		return complaint_cannot(complaint, "read", folder, -ENOMEM);
	for (size_t i = 0; i < environment->groups_count; i++) {
		int error = load_group(
			&groups->groups[i], folder, environment->groups[i], complaint);

		if (error) {
			session_release_groups(groups);
			return error;
		}
		groups->count++;
	}
	return 0;
}

void session_release_groups(struct session_groups *groups)
{
	for (size_t i = 0; i < groups->count; i++)
		group_release(&groups->groups[i]);
	free(groups->groups);
	*groups = (struct session_groups){0};
}

int session_load_machine(
	struct machine *machine, const char *folder, struct complaint *complaint)
{
	char path[PATH_MAX];
	struct text text;
	int error = session_path(path, folder, "machine.xml", complaint);

	if (error)
		return error;
	text_init(&text);
	error = file_read_all(path, &text);
	if (error) {
		complaint_cannot(complaint, "read", path, error);
	} else {
		error = topology_load_xml(machine, text.bytes, text.length, complaint);
		if (error)
			complaint_in(complaint, path, error);
	}
	text_release(&text);
	return error;
}

int session_load_environment(
	struct environment *environment, const char *folder, struct complaint *complaint)
{
	char path[PATH_MAX];
	int error = session_path(path, folder, "environment.json", complaint);

	if (!error)
		error = environment_load(environment, path, complaint);
	if (error == -ENOENT || error == -ENOTDIR)
		complaint_advise(complaint,
			"the folder of a run, results/HOST/TIME: sweep and run end with its "
			"name");
	return error;
}

int session_compare_executions(struct comparison *comparison,
	const struct records *executions, const struct environment *environment,
	const struct session_groups *groups, const char *folder,
	struct complaint *complaint)
{
	int error = comparison_build(
		comparison, executions, environment, groups->groups, groups->count);

	if (error == -ENODATA) {
		complaint_what(complaint, "%.180s holds no executions", folder);
		complaint_why(complaint, "the run ended before the first of them did");
		complaint_advise(complaint, "run it again");
	} else if (error) {
		(void)complaint_cannot(
			complaint, "compare the executions of", folder, error);
	}
	return error;
}

static int load_beside(
	struct session *session, const char *folder, struct complaint *complaint)
{
	int error;

	*session = (struct session){0};
	error = session_load_environment(&session->environment, folder, complaint);
	if (!error)
		error = session_load_groups(
			&session->groups, &session->environment, folder, complaint);
	if (error)
		goto out_groups;
	error = session_load_machine(&session->machine, folder, complaint);
	if (!error)
		return 0;
out_groups:
	session_release_groups(&session->groups);
	return error;
}

static void release_beside(struct session *session)
{
	topology_release(&session->machine);
	session_release_groups(&session->groups);
}

static int add_window(void *context, const void *record, const struct records *records)
{
	(void)records;
	return rounds_add(context, record);
}

/* Window by window: a long sweep's are more than fit into memory. */
static int load_windows(struct session *session, const char *folder,
	const struct staircase_options *options, struct complaint *complaint)
{
	char path[PATH_MAX];
	struct rounds rounds;
	int error = session_path(path, folder, "windows.csv", complaint);

	if (error)
		return error;
	rounds_init(&rounds, options, &session->windows.events);
	error = records_visit_csv(&session->windows, &measurement_record, path,
		add_window, &rounds, complaint);
	if (error)
		goto out;
	error = rounds_finish(&rounds);
	if (error) {
		complaint_what(complaint, "%s is not in the order of a run", path);
		complaint_why(complaint, "the windows of a round do not stand together");
		complaint_advise(complaint,
			"the raw files of a run are to be left as they were written");
	} else {
		error = staircase_of_rounds(&session->staircase, &rounds, options);
		if (error)
			complaint_cannot(complaint, "analyse", folder, error);
	}
	if (error)
		records_release(&session->windows);
out:
	rounds_release(&rounds);
	return error;
}

int session_load(struct session *session, const char *folder, struct complaint *complaint)
{
	const struct environment *environment = &session->environment;
	struct staircase_options options;
	int error = load_beside(session, folder, complaint);

	if (error)
		return error;
	options = (struct staircase_options){.groups = session->groups.groups,
		.groups_count = session->groups.count,
		.costs = environment->window_costs,
		.costs_count = environment->window_costs_count,
		.machine = &session->machine,
		.baseline = environment->baseline,
		.verdicts = environment->events,
		.verdicts_count = environment->events_count,
		.scaled = environment->scaled,
		.target = environment->target};
	error = load_windows(session, folder, &options, complaint);
	if (error)
		release_beside(session);
	return error;
}

void session_release(struct session *session)
{
	staircase_release(&session->staircase);
	records_release(&session->windows);
	release_beside(session);
}
