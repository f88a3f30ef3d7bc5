/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/predict-model.h"

#include "analysis/findings.h"
#include "base/file.h"
#include "cli/session.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static int is_run(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

static int refuse_machine(const char *folder, const struct machine *of,
	const struct machine *here, struct complaint *complaint)
{
	complaint_what(complaint, "%.150s is of another machine", folder);
	complaint_why(complaint, "of %.60s (%.60s), and this is %.60s (%.60s)", of->host,
		of->cpu_model, here->host, here->cpu_model);
	complaint_advise(
		complaint, "sweep this one: escalier sweep -b small,thp -k chase");
	return -EXDEV;
}

static int add_sweep(struct prediction_model *model, const char *folder,
	const struct machine *machine, struct complaint *complaint)
{
	struct session *session = calloc(1, sizeof(*session));
	struct explanation explanation;
	int error;

	if (!session)
		return complaint_cannot(complaint, "read", folder, -ENOMEM);
	error = session_load(session, folder, complaint);
	if (error)
		goto out;
	if (strcmp(session->machine.host, machine->host) != 0 ||
		strcmp(session->machine.cpu_model, machine->cpu_model) != 0)
		error = refuse_machine(folder, &session->machine, machine, complaint);
	if (!error) {
		error = explanation_init(
			&explanation, &session->staircase, NULL, NULL, 0);
		if (error)
			(void)complaint_cannot(complaint, "analyse", folder, error);
	}
	if (!error)
		error = prediction_model_add_sweep(
			model, &explanation, folder, complaint);
	session_release(session);
out:
	free(session);
	return error;
}

/* The newest sweep of this machine that says enough; none is no error. */
static void add_newest(struct prediction_model *model, const struct machine *machine)
{
	char folder[PATH_MAX], path[2 * PATH_MAX];
	struct complaint unused = {0};
	struct dirent **entries;
	bool found = false;
	int count;

	(void)snprintf(folder, sizeof(folder), "results/%s",
		machine->host[0] ? machine->host : "host");
	count = scandir(folder, &entries, is_run, alphasort);
	if (count < 0)
		return;
	/* Folders are named by their start. */
	for (int i = count; i-- > 0;) {
		(void)snprintf(path, sizeof(path), "%s/%s/windows.csv", folder,
			entries[i]->d_name);
		if (!found && access(path, R_OK) == 0) {
			(void)snprintf(
				path, sizeof(path), "%s/%s", folder, entries[i]->d_name);
			found = add_sweep(model, path, machine, &unused) == 0;
		}
		free(entries[i]);
	}
	free(entries);
}

int predict_model_make(struct prediction_model *model, const char *folder,
	const struct machine *machine, struct complaint *complaint)
{
	*model = (struct prediction_model){0};
	(void)snprintf(model->host, sizeof(model->host), "%s", machine->host);
	(void)snprintf(
		model->cpu_model, sizeof(model->cpu_model), "%s", machine->cpu_model);
	model->pages.small_bytes = machine_base_page(machine);
	if (folder) {
		int error = add_sweep(model, folder, machine, complaint);

		if (error)
			return error;
	} else {
		add_newest(model, machine);
	}
	return page_costs_measure(&model->pages,
		machine->thp_bytes ? machine->thp_bytes : 2 << 20, complaint);
}

int predict_model_write(const struct prediction_model *model, const char *folder,
	struct complaint *complaint)
{
	char path[PATH_MAX];
	struct text text;
	int error = session_path(path, folder, MODEL_FILE, complaint);

	if (error)
		return error;
	text_init(&text);
	error = prediction_model_print_json(model, &text);
	if (!error)
		error = file_write_all(path, &text);
	text_release(&text);
	return error ? complaint_cannot(complaint, "write", path, error) : 0;
}

int predict_model_read(
	struct prediction_model *model, const char *folder, struct complaint *complaint)
{
	char path[PATH_MAX];
	struct text text;
	int error = session_path(path, folder, MODEL_FILE, complaint);

	if (error)
		return error;
	text_init(&text);
	error = file_read_all(path, &text);
	if (error) {
		(void)complaint_cannot(complaint, "read", path, error);
	} else {
		error = prediction_model_parse(model, text.bytes, complaint);
		if (error)
			complaint_in(complaint, path, error);
	}
	text_release(&text);
	return error;
}

/* Behind what is there, whoever else appends. */
static int append(
	int fd, const struct text *text, const char *path, struct complaint *complaint)
{
	const char *rows = strchr(text->bytes, '\n');
	char header[4096];
	struct stat status;
	ssize_t length;
	size_t size;

	if (!rows)
		return 0;
	size = (size_t)(++rows - text->bytes);
	if (flock(fd, LOCK_EX) || fstat(fd, &status))
		return complaint_cannot(complaint, "write", path, -errno);
	if (status.st_size == 0) {
		rows = text->bytes;
	} else {
		length = pread(fd, header, sizeof(header), 0);
		if (length < (ssize_t)size || memcmp(header, text->bytes, size) != 0) {
			complaint_what(complaint, "%.150s has other columns", path);
			complaint_why(complaint, "another version wrote it");
			complaint_advise(complaint, "move it away; a new one is begun");
			return -EINVAL;
		}
	}
	if (file_write_full(fd, rows, strlen(rows)))
		return complaint_cannot(complaint, "write", path, -EIO);
	return 0;
}

int predict_history_append(
	const char *folder, const char *history, struct complaint *complaint)
{
	char path[PATH_MAX];
	struct text text;
	int fd, error = session_path(path, folder, "predictions.csv", complaint);

	if (error)
		return error;
	text_init(&text);
	/* A run without a prediction, or a measurement, has none. */
	if (file_read_all(path, &text) == 0) {
		fd = open(history, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC, 0666);
		if (fd < 0) {
			error = complaint_cannot(complaint, "open", history, -errno);
		} else {
			error = append(fd, &text, history, complaint);
			(void)close(fd);
		}
	}
	text_release(&text);
	return error;
}
