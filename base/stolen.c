/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/stolen.h"

#include "base/file.h"

#include <ctype.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { STEAL_COLUMN = 8 };

/* Ticks of one line, "cpuN user nice system idle iowait irq softirq steal ..."; 0 for
 * what is no line of a CPU of the set. */
static uint64_t line_ticks(const char *line, const struct cpus *cpus)
{
	uint64_t number = 0;
	char *end;

	if (strncmp(line, "cpu", 3) != 0 || !isdigit((unsigned char)line[3]) ||
		!cpus_has(cpus, (unsigned)strtoul(line + 3, &end, 10)))
		return 0;
	for (int column = 0; column < STEAL_COLUMN; column++) {
		const char *at = end;

		if (*at != ' ')
			return 0;
		number = strtoull(at, &end, 10);
	}
	return number;
}

uint64_t stolen_ns(const char *root, const struct cpus *cpus)
{
	long ticks_per_s = sysconf(_SC_CLK_TCK);
	char path[PATH_MAX];
	struct text text;
	uint64_t ticks = 0;

	text_init(&text);
	(void)snprintf(path, sizeof(path), "%s/proc/stat", root);
	if (ticks_per_s > 0 && file_read_all(path, &text) == 0)
		for (const char *line = text.bytes; line && *line;
			line = strchr(line, '\n'), line = line ? line + 1 : NULL)
			ticks += line_ticks(line, cpus);
	text_release(&text);
	return ticks_per_s > 0 ? ticks * (1000000000 / (uint64_t)ticks_per_s) : 0;
}

uint64_t stolen_since_ns(const struct cpus *cpus, uint64_t before_ns)
{
	uint64_t now_ns = stolen_ns("", cpus);

	return now_ns > before_ns ? now_ns - before_ns : 0;
}
