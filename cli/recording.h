/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CLI_RECORDING_H
#define CLI_RECORDING_H

#include "cli/counting.h"
#include "cli/run-folder.h"
#include "core/execution.h"

/* What is kept of a program's executions while they are made: the folder of the run, and
 * beside its executions.csv memory.csv with the samples. Zero to begin with. */
struct recording {
	struct run_folder folder;
	struct sink memory;
	bool memory_open;
};

/* In the folder `output`, or where run_folder_create() puts it; `json`: executions.jsonl
 * too. Borrows the counting until it is closed. 0 or -errno with the complaint. */
int recording_open(struct recording *recording, const char *output,
	const struct counting *counting, bool json, const struct environment *environment,
	const struct machine *machine, struct complaint *complaint);

/* With all samples so far: 0 or -errno. */
int recording_write(struct recording *recording, const struct execution *execution);
void recording_sample(struct recording *recording, const struct memory_sample *sample);

/* Writes environment.json again. 0 or -errno with the complaint. */
int recording_close(struct recording *recording, const struct environment *environment,
	const struct machine *machine, struct complaint *complaint);

#endif
