/* SPDX-License-Identifier: MIT */
#include "alloc/hp/exit-stats.h"

#include "alloc/hp/hp-options.h"
#include "alloc/hp/hp.h"

#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

static const char *stats_where;

void exit_stats_to(const char *where)
{
	stats_where = where;
}

/* Opened only now: programs close descriptors that they did not open. */
__attribute__((destructor)) static void print_stats(void)
{
	const char *where = stats_where;
	enum hp_stats_format format = HP_STATS_TEXT;
	uint64_t number;
	size_t length;
	int fd;

	if (!where)
		return;
	length = strlen(where);
	if (options_number(where, INT32_MAX, &number)) {
		(void)hp_stats_print((int)number, format);
		return;
	}
	if (length >= 5 && strcmp(where + length - 5, ".json") == 0)
		format = HP_STATS_JSON;
	fd = open(where, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
	if (fd < 0) {
		options_complain(
			"ESCALIER_HP_STATS", where, "a file that can be written");
		return;
	}
	(void)hp_stats_print(fd, format);
	(void)close(fd);
}
