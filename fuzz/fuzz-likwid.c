/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What our grammar takes, liblikwid's reader reads alike, and never leaves its memory:
 * bad files are kept from it. Built without liblikwid there is nothing to do. */
#include "base/file.h"
#include "counters/likwid.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void write_file(const char *path, const uint8_t *data, size_t size)
{
	FILE *file = fopen(path, "we");

	if (!file || fwrite(data, 1, size, file) != size || fclose(file) != 0)
		abort();
}

static void compare(const struct group *ours, const struct group *theirs)
{
	if (strcmp(ours->summary, theirs->summary) != 0)
		abort();
	for (size_t i = 0; i < ours->events_count; i++)
		if (strcmp(ours->events[i].counter, theirs->events[i].counter) != 0 ||
			strcmp(ours->events[i].name, theirs->events[i].name) != 0)
			abort();
	for (size_t i = 0; i < ours->metrics_count; i++)
		if (strcmp(ours->metrics[i].name, theirs->metrics[i].name) != 0 ||
			strcmp(ours->metrics[i].formula, theirs->metrics[i].formula) != 0)
			abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *bytes = (const char *)data;
	struct complaint complaint = {.what = ""};
	struct group ours;
	struct group theirs;
	char path[64];
	int error;

	if (group_parse(&ours, "fuzz", bytes, size, &complaint))
		return 0;
	(void)snprintf(path, sizeof(path), "/tmp/escalier-fuzz-%d.txt", (int)getpid());
	write_file(path, data, size);
	theirs = ours;
	error = likwid_read_group(&theirs, path, bytes, size, &complaint);
	(void)unlink(path);
	if (error == 0)
		compare(&ours, &theirs);
	else if (error != -EOPNOTSUPP)
		abort();
	group_release(&ours);
	return 0;
}
