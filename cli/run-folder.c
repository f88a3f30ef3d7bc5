/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/run-folder.h"

#include "base/file.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static void advise_place(struct complaint *complaint, int error)
{
	if (error == -ENOSPC || error == -EDQUOT)
		complaint_advise(complaint,
			"free some space, or choose another place with --output DIR");
	else if (error == -EACCES || error == -EROFS || error == -EPERM)
		complaint_advise(complaint,
			"choose a place that you may write, with --output DIR");
}

static int cannot(
	struct complaint *complaint, const char *verb, const char *path, int error)
{
	(void)complaint_cannot(complaint, verb, path, error);
	advise_place(complaint, error);
	return error;
}

static int path_in(const struct run_folder *folder, const char *name, char path[PATH_MAX],
	struct complaint *complaint)
{
	if (snprintf(path, PATH_MAX, "%s/%s", folder->path, name) < PATH_MAX)
		return 0;
	return cannot(complaint, "use the folder", folder->path, -ENAMETOOLONG);
}

static int rows_path(const struct run_folder *folder, const char *suffix,
	char path[PATH_MAX], struct complaint *complaint)
{
	char name[64];

	(void)snprintf(name, sizeof(name), "%s.%s", folder->type->noun, suffix);
	return path_in(folder, name, path, complaint);
}

/* results/<host>/<started>, numbered where several runs start in one second. */
static bool choose_path(struct run_folder *folder, const struct environment *environment,
	const struct machine *machine)
{
	for (unsigned number = 1;; number++) {
		struct stat status;
		char suffix[16] = "";

		if (number > 1)
			(void)snprintf(suffix, sizeof(suffix), "-%u", number);
		if (snprintf(folder->path, PATH_MAX, "results/%s/%s%s",
			    machine->host[0] ? machine->host : "host",
			    environment->started, suffix) >= PATH_MAX)
			return false;
		if (stat(folder->path, &status) != 0)
			return true;
	}
}

int run_folder_create(struct run_folder *folder, const struct record_type *type,
	const char *output, const struct environment *environment,
	const struct machine *machine, struct complaint *complaint)
{
	char rows[PATH_MAX];
	char machine_path[PATH_MAX];
	struct stat status;
	int error;

	*folder = (struct run_folder){.type = type};
	if (!(output ? snprintf(folder->path, PATH_MAX, "%s", output) < PATH_MAX
		     : choose_path(folder, environment, machine)))
		return cannot(complaint, "use the folder", output, -ENAMETOOLONG);
	error = rows_path(folder, "csv", rows, complaint);
	if (!error)
		error = path_in(folder, "machine.xml", machine_path, complaint);
	if (error)
		return error;
	if (stat(rows, &status) == 0) {
		complaint_what(complaint, "%.180s holds a run already", folder->path);
		complaint_advise(complaint, "choose a new folder with --output DIR");
		return -EEXIST;
	}
	error = file_make_folders(folder->path);
	if (error)
		return cannot(complaint, "create the folder", folder->path, error);
	error = topology_export(machine_path, complaint);
	if (error && !complaint->advice[0])
		advise_place(complaint, error);
	return error;
}

int run_folder_write_groups(struct run_folder *folder, const struct group *groups,
	size_t count, struct complaint *complaint)
{
	char path[PATH_MAX];
	char name[GROUP_NAME + 16];
	int error = path_in(folder, "groups", path, complaint);

	if (!error && file_make_folders(path))
		error = cannot(complaint, "create the folder", path, -errno);
	for (size_t i = 0; i < count && !error; i++) {
		struct text text;

		(void)snprintf(name, sizeof(name), "groups/%s.txt", groups[i].name);
		error = path_in(folder, name, path, complaint);
		if (error)
			break;
		text_init(&text);
		text_append(&text, groups[i].text);
		error = file_write_all(path, &text);
		if (error)
			(void)cannot(complaint, "write", path, error);
		text_release(&text);
	}
	return error;
}

int run_folder_write_environment(struct run_folder *folder,
	const struct environment *environment, const struct machine *machine,
	struct complaint *complaint)
{
	char path[PATH_MAX];
	struct text text;
	int error = path_in(folder, "environment.json", path, complaint);

	if (error)
		return error;
	text_init(&text);
	error = environment_print_json(environment, machine, ENVIRONMENT_INDENTED, &text);
	if (!error)
		error = file_write_all(path, &text);
	if (error)
		(void)cannot(complaint, "write", path, error);
	text_release(&text);
	return error;
}

static int open_json(struct run_folder *folder, const struct event_list *events,
	const struct environment *environment, const struct machine *machine,
	struct complaint *complaint)
{
	char path[PATH_MAX];
	struct text preamble;
	int error = rows_path(folder, "jsonl", path, complaint);

	if (error)
		return error;
	text_init(&preamble);
	text_append(&preamble, "{\"environment\":");
	error = environment_print_json(
		environment, machine, ENVIRONMENT_ONE_LINE, &preamble);
	text_append(&preamble, "}");
	if (!error)
		error = sink_open(&folder->json, path, folder->type, SINK_JSON_LINES,
			events, preamble.bytes);
	text_release(&preamble);
	if (error)
		return cannot(complaint, "write", path, error);
	folder->json_open = true;
	return 0;
}

int run_folder_open_rows(struct run_folder *folder, const struct event_list *events,
	bool json, const struct environment *environment, const struct machine *machine,
	struct complaint *complaint)
{
	char path[PATH_MAX];
	int error = rows_path(folder, "csv", path, complaint);

	if (error)
		return error;
	error = sink_open(&folder->csv, path, folder->type, SINK_CSV, events, NULL);
	if (error)
		return cannot(complaint, "write", path, error);
	folder->csv_open = true;
	return json ? open_json(folder, events, environment, machine, complaint) : 0;
}

void run_folder_write(struct run_folder *folder, const void *row)
{
	folder->rows++;
	sink_write(&folder->csv, row);
	if (folder->json_open)
		sink_write(&folder->json, row);
}

int run_folder_flush(struct run_folder *folder)
{
	int error = sink_flush(&folder->csv);
	int json_error = folder->json_open ? sink_flush(&folder->json) : 0;

	return error ? error : json_error;
}

int run_folder_close(struct run_folder *folder, struct complaint *complaint)
{
	int error = folder->csv_open ? sink_close(&folder->csv) : 0;
	int json_error = folder->json_open ? sink_close(&folder->json) : 0;

	folder->csv_open = folder->json_open = false;
	error = error ? error : json_error;
	return error ? cannot(complaint, "write the windows in", folder->path, error) : 0;
}
