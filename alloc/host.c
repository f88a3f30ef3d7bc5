/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "alloc/host.h"

#include "base/file.h"
#include "base/number.h"
#include "base/text.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#define THP "/sys/kernel/mm/transparent_hugepage"

uint64_t host_base_page(void)
{
	return (uint64_t)sysconf(_SC_PAGESIZE);
}

int host_thp_page(const char *root, uint64_t *bytes)
{
	int error = file_read_u64(root, THP "/hpage_pmd_size", bytes);

	if (error)
		*bytes = 0;
	return error == -ENOENT ? 0 : error;
}

/* Whether a setting of the form "always [madvise] never" stands at `value`. */
static bool stands_at(const char *root, const char *path, const char *value)
{
	char line[128];
	char chosen[32];

	if (file_read_line(root, path, line, sizeof(line)) != 0)
		return false;
	snprintf(chosen, sizeof(chosen), "[%s]", value);
	return strstr(line, chosen) != NULL;
}

int host_thp_allowed(const char *root, struct complaint *complaint)
{
	char size[128];
	uint64_t bytes;
	int error = host_thp_page(root, &bytes);
	bool own;

	if (error) {
		complaint_what(complaint, "cannot read " THP "/hpage_pmd_size: %s",
			strerror(-error));
		return error;
	}
	if (bytes == 0) {
		complaint_what(complaint, "this kernel has no transparent huge pages");
		complaint_advise(complaint,
			"measure the other backends, or boot a kernel with "
			"CONFIG_TRANSPARENT_HUGEPAGE");
		return -ENOTSUP;
	}
	/* Newer kernels have a switch for each size, above the general one unless it says
	 * "inherit". */
	snprintf(
		size, sizeof(size), THP "/hugepages-%" PRIu64 "kB/enabled", bytes / 1024);
	own = stands_at(root, size, "always") || stands_at(root, size, "madvise");
	if (stands_at(root, size, "never") ||
		(!own && stands_at(root, THP "/enabled", "never"))) {
		const char *path = stands_at(root, size, "never") ? size : THP "/enabled";

		complaint_what(complaint, "transparent huge pages are switched off");
		complaint_why(complaint, "%s stands at \"never\"", path);
		complaint_advise(complaint, "echo madvise | sudo tee %s", path);
		return -ENOTSUP;
	}
	if (prctl(PR_GET_THP_DISABLE, 0, 0, 0, 0) == 1) {
		complaint_what(
			complaint, "this process may not use transparent huge pages");
		complaint_why(
			complaint, "it inherited PR_SET_THP_DISABLE from its parent");
		complaint_advise(complaint, "start it from a shell without that setting");
		return -ENOTSUP;
	}
	return 0;
}

/* Adds "NAME:   123 kB" to *bytes where the text has it: whether it has. */
static bool add_field(const char *text, const char *name, uint64_t *bytes)
{
	const char *at = strstr(text, name);

	if (!at)
		return false;
	*bytes += strtoull(at + strlen(name), NULL, 10) * 1024;
	return true;
}

static bool read_room(const char *root, int node, uint64_t *bytes)
{
	char path[256];
	struct text text;
	bool known = false;

	if (node < 0)
		snprintf(path, sizeof(path), "%s/proc/meminfo", root);
	else
		snprintf(path, sizeof(path), "%s/sys/devices/system/node/node%d/meminfo",
			root, node);
	text_init(&text);
	*bytes = 0;
	if (file_read_all(path, &text) == 0) {
		known = add_field(
			text.bytes, node < 0 ? "MemAvailable:" : "MemFree:", bytes);
		if (node >= 0) {
			/* A node has no MemAvailable: its page cache can be dropped. */
			add_field(text.bytes, "Active(file):", bytes);
			add_field(text.bytes, "Inactive(file):", bytes);
		}
	}
	text_release(&text);
	return known;
}

int host_room(const char *root, const char *backend, uint64_t bytes, int node,
	struct complaint *complaint)
{
	char wanted[NUMBER_TEXT];
	char there[NUMBER_TEXT];
	char place[32] = "";
	uint64_t room;

	if (!read_room(root, node, &room) || bytes <= room)
		return 0;
	if (node >= 0)
		snprintf(place, sizeof(place), " on node %d", node);
	complaint_what(complaint, "%s: %s wanted, %s of memory available%s", backend,
		number_format_bytes(wanted, bytes), number_format_bytes(there, room),
		place);
	complaint_advise(complaint, "measure smaller sizes, or free memory");
	return -ENOMEM;
}
