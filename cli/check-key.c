/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/check-key.h"

#include "base/file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The cache's folder. An XDG path that is not absolute is none, says its standard. */
static int find_folder(char *folder, size_t size)
{
	const char *cache = getenv("XDG_CACHE_HOME");
	const char *home = getenv("HOME");
	int length;

	if (cache && cache[0] == '/')
		length = snprintf(folder, size, "%s/escalier", cache);
	else if (home && home[0] == '/')
		length = snprintf(folder, size, "%s/.cache/escalier", home);
	else
		return -ENOENT;
	return length < (int)size ? 0 : -ENOENT;
}

/* The capabilities in effect, as the kernel writes them. */
static void read_capabilities(char *text, size_t size)
{
	static const char name[] = "CapEff:";
	struct text status;
	const char *at;

	text_init(&status);
	at = file_read_all("/proc/self/status", &status) == 0 ? strstr(status.bytes, name)
							      : NULL;
	if (at)
		at += strlen(name) + strspn(at + strlen(name), " \t");
	(void)snprintf(text, size, "%.*s", at ? (int)strcspn(at, "\n") : 0, at ? at : "");
	text_release(&status);
}

static void read_setting(const char *path, char *line, size_t size)
{
	if (file_read_line("", path, line, size))
		(void)snprintf(line, size, "unknown");
}

int check_place_find(struct check_place *place, const struct machine *machine,
	unsigned cpu, const struct counter_backend *backend)
{
	char boot[64], paranoid[32], watchdog[32], capabilities[32];
	char arch[GROUP_NAME], pmu[GROUP_NAME];
	char folder[sizeof(place->path) - 256];
	int error = find_folder(folder, sizeof(folder));

	if (error ||
		file_read_line("", "/proc/sys/kernel/random/boot_id", boot, sizeof(boot)))
		return -ENOENT;
	read_setting("/proc/sys/kernel/perf_event_paranoid", paranoid, sizeof(paranoid));
	read_setting("/proc/sys/kernel/nmi_watchdog", watchdog, sizeof(watchdog));
	read_capabilities(capabilities, sizeof(capabilities));
	counters_arch_on((int)cpu, arch, pmu);
	(void)snprintf(place->path, sizeof(place->path), "%s/check-%s-%s.json", folder,
		backend->name, arch);
	(void)snprintf(place->key, sizeof(place->key),
		"escalier %s, boot %s, %s %s %u/%u/%u, paranoid %s, watchdog %s, "
		"capabilities %s",
		ESCALIER_VERSION, boot, arch, machine->cpu_model, machine->family,
		machine->model, machine->stepping, paranoid, watchdog, capabilities);
	return 0;
}
