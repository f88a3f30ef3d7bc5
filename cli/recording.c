/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/recording.h"

#include <stdio.h>

static int memory_path(const struct recording *recording, char path[PATH_MAX + 16])
{
	return snprintf(path, PATH_MAX + 16, "%s/memory.csv", recording->folder.path);
}

static int open_memory(struct recording *recording, struct complaint *complaint)
{
	static const struct event_list none;
	char path[PATH_MAX + 16];
	int error;

	(void)memory_path(recording, path);
	error = sink_open(
		&recording->memory, path, &memory_record, SINK_CSV, &none, NULL);
	if (error)
		(void)complaint_cannot(complaint, "write", path, error);
	recording->memory_open = !error;
	return error;
}

int recording_open(struct recording *recording, const char *output,
	const struct counting *counting, bool json, const struct environment *environment,
	const struct machine *machine, struct complaint *complaint)
{
	struct run_folder *folder = &recording->folder;
	int error = run_folder_create(
		folder, &execution_record, output, environment, machine, complaint);

	if (!error)
		error = run_folder_write_groups(
			folder, counting->groups, counting->groups_count, complaint);
	if (!error)
		error = run_folder_write_environment(
			folder, environment, machine, complaint);
	if (!error)
		error = open_memory(recording, complaint);
	if (!error)
		error = run_folder_open_rows(
			folder, &counting->events, json, environment, machine, complaint);
	return error;
}

int recording_write(struct recording *recording, const struct execution *execution)
{
	int error;

	run_folder_write(&recording->folder, execution);
	error = run_folder_flush(&recording->folder);
	return error ? error : sink_flush(&recording->memory);
}

void recording_sample(struct recording *recording, const struct memory_sample *sample)
{
	sink_write(&recording->memory, sample);
}

int recording_close(struct recording *recording, const struct environment *environment,
	const struct machine *machine, struct complaint *complaint)
{
	char path[PATH_MAX + 16];
	int error = recording->memory_open ? sink_close(&recording->memory) : 0;
	int other;

	if (error) {
		(void)memory_path(recording, path);
		(void)complaint_cannot(complaint, "write", path, error);
	}
	recording->memory_open = false;
	other = run_folder_close(&recording->folder, complaint);
	if (!other)
		other = run_folder_write_environment(
			&recording->folder, environment, machine, complaint);
	return error ? error : other;
}
