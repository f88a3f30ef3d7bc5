/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CLI_RUN_FOLDER_H
#define CLI_RUN_FOLDER_H

#include "base/error.h"
#include "core/environment.h"
#include "core/sink.h"
#include "counters/group.h"

#include <limits.h>
#include <stdbool.h>

/*
 * The folder of a run: environment.json, machine.xml, groups/NAME.txt, and the raw rows
 * in windows.csv or executions.csv (the noun of their type) and, when wanted, the same
 * with .jsonl. Everything but the rows is written before the first of them, so that an
 * interrupted run can be read; environment.json is written again at the end.
 */
struct run_folder {
	char path[PATH_MAX];
	const struct record_type *type;
	struct sink csv, json;
	bool csv_open, json_open;
	size_t rows; /* written */
};

/* Creates it: `output`, or results/<host>/<started> where that is NULL. A folder that
 * holds a run already is refused (-EEXIST). 0 or -errno with the complaint. */
int run_folder_create(struct run_folder *folder, const struct record_type *type,
	const char *output, const struct environment *environment,
	const struct machine *machine, struct complaint *complaint);
int run_folder_write_groups(struct run_folder *folder, const struct group *groups,
	size_t count, struct complaint *complaint);
int run_folder_write_environment(struct run_folder *folder,
	const struct environment *environment, const struct machine *machine,
	struct complaint *complaint);
int run_folder_open_rows(struct run_folder *folder, const struct event_list *events,
	bool json, const struct environment *environment, const struct machine *machine,
	struct complaint *complaint);

void run_folder_write(struct run_folder *folder, const void *row);
int run_folder_flush(struct run_folder *folder); /* 0 or -errno */

/* Closes the rows' files. 0 or -errno with the complaint. */
int run_folder_close(struct run_folder *folder, struct complaint *complaint);

#endif
