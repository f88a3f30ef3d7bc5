/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bench/alloc/player.h"

#include "base/clock.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { REPORTS_MAX = 4, STATUS_MAX = 4096 };

static uint64_t hugetlb_peak;
static struct {
	const char *name;
	double value;
} reports[REPORTS_MAX];

void pattern_fail(const char *what)
{
	dprintf(STDERR_FILENO, "%s\n", what);
	_exit(1);
}

uint64_t pattern_now_ns(void)
{
	return clocks_system.wall_ns();
}

/* A line of /proc/self/status in bytes, 0 where there is none. Read with a buffer on the
 * stack: stdio would allocate. */
static uint64_t status_bytes(const char *field)
{
	char status[STATUS_MAX];
	int fd = open("/proc/self/status", O_RDONLY | O_CLOEXEC);
	ssize_t length = fd < 0 ? -1 : read(fd, status, sizeof(status) - 1);
	const char *at;

	(void)close(fd);
	if (length < 0)
		pattern_fail("/proc/self/status cannot be read");
	status[length] = '\0';
	at = strstr(status, field);
	return at ? strtoull(at + strlen(field), NULL, 10) * 1024 : 0;
}

void pattern_note_peak(void)
{
	uint64_t now = status_bytes("\nHugetlbPages:");

	if (now > hugetlb_peak)
		hugetlb_peak = now;
}

uint64_t pattern_resident_bytes(void)
{
	return status_bytes("\nVmRSS:") + status_bytes("\nHugetlbPages:");
}

void pattern_report(const char *name, double value)
{
	for (size_t i = 0; i < REPORTS_MAX; i++)
		if (!reports[i].name) {
			reports[i].name = name;
			reports[i].value = value;
			return;
		}
}

uint64_t player_peak_bytes(void)
{
	return status_bytes("\nVmHWM:") + hugetlb_peak;
}

void player_print_reports(void)
{
	for (size_t i = 0; i < REPORTS_MAX && reports[i].name; i++)
		printf(" %s=%.6f", reports[i].name, reports[i].value);
}
