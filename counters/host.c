/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/file.h"
#include "base/hypervisor.h"
#include "counters/explain.h"

#include <dirent.h>
#include <inttypes.h>
#include <limits.h>
#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#ifndef CAP_PERFMON
#define CAP_PERFMON 38
#endif

/* The names under which kernels list the PMU of the cores: cpu, cpu_core and cpu_atom on
 * hybrids, armv8_pmuv3_0 and its like. arm_cmn and other uncore units do not count a
 * core's events. */
static bool has_core_pmu(const char *root)
{
	char path[PATH_MAX];
	struct dirent *entry;
	bool found = false;
	DIR *folder;

	(void)snprintf(path, sizeof(path), "%s/sys/bus/event_source/devices", root);
	folder = opendir(path);
	if (!folder)
		return false;
	while (!found && (entry = readdir(folder)))
		found = strncmp(entry->d_name, "cpu", 3) == 0 ||
			strncmp(entry->d_name, "armv", 4) == 0;
	(void)closedir(folder);
	return found;
}

static void read_whole(const char *root, const char *file, struct text *text)
{
	char path[PATH_MAX];

	(void)snprintf(path, sizeof(path), "%s%s", root, file);
	text_clear(text);
	if (file_read_all(path, text))
		text_clear(text);
}

/* A field of /proc/self/status, by its name with the colon. */
static uint64_t status_field(const struct text *status, const char *name, int base)
{
	const char *at = strstr(status->bytes, name);

	return at ? strtoull(at + strlen(name), NULL, base) : 0;
}

static bool exists(const char *root, const char *file)
{
	char path[PATH_MAX];

	(void)snprintf(path, sizeof(path), "%s%s", root, file);
	return access(path, F_OK) == 0;
}

/* The first number of a line of /proc/self/limits: the limit in force. */
static uint64_t limit_of(const struct text *limits, const char *name)
{
	const char *at = strstr(limits->bytes, name);

	return at ? strtoull(at + strlen(name), NULL, 10) : 0;
}

void host_facts_read(const char *root, struct host_facts *facts)
{
	uint64_t capabilities;
	uint64_t watchdog;
	uint64_t access;
	struct text text;
	char line[32];

	*facts = (struct host_facts){.core_pmu = has_core_pmu(root)};
	text_init(&text);
	read_whole(root, "/proc/cpuinfo", &text);
	facts->hypervisor = strstr(text.bytes, " hypervisor") != NULL ||
			    hypervisor_of_firmware(root) != NULL;
	read_whole(root, "/proc/self/status", &text);
	capabilities = status_field(&text, "\nCapEff:", 16);
	facts->perfmon =
		(capabilities >> CAP_PERFMON | capabilities >> CAP_SYS_ADMIN) & 1;
	facts->seccomp = status_field(&text, "\nSeccomp:", 10) > 0;
	read_whole(root, "/proc/self/limits", &text);
	facts->descriptors = limit_of(&text, "\nMax open files");
	text_release(&text);
	facts->container =
		exists(root, "/.dockerenv") || exists(root, "/run/.containerenv");
	(void)file_read_u64(
		root, "/proc/sys/kernel/perf_event_mlock_kb", &facts->locked_kib);
	facts->user_access_off =
		file_read_u64(root, "/proc/sys/kernel/perf_user_access", &access) == 0 &&
		access == 0;
	facts->watchdog =
		file_read_u64(root, "/proc/sys/kernel/nmi_watchdog", &watchdog) == 0 &&
		watchdog > 0;
	if (file_read_line(root, "/proc/sys/kernel/perf_event_paranoid", line,
		    sizeof(line)) == 0) {
		facts->paranoid_known = true;
		facts->paranoid = (int)strtol(line, NULL, 10);
	}
}
