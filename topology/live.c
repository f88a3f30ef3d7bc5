/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "topology/cpuid.h"
#include "topology/load.h"

#include "base/file.h"
#include "base/hypervisor.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/*
 * Every file here may be missing (an old kernel, a container, an option left out): what
 * it would say is then absent, which is no failure.
 */

enum { PAGE_SIZES_MAX = 16 };

/* The number of KiB after "KEY:" in a meminfo file, in bytes; 0 where there is none. */
static uint64_t meminfo_bytes(const struct text *meminfo, const char *key)
{
	size_t length = strlen(key);

	for (const char *at = meminfo->bytes; (at = strstr(at, key)); at += length) {
		bool starts = at == meminfo->bytes || at[-1] == '\n' || at[-1] == ' ';

		if (starts && at[length] == ':')
			return strtoull(at + length + 1, NULL, 10) * 1024;
	}
	return 0;
}

/* Reads root + path into text, which stays empty where that fails. */
static void read_under(const char *root, const char *path, struct text *text)
{
	char whole[PATH_MAX];

	if (snprintf(whole, sizeof(whole), "%s%s", root, path) < (int)sizeof(whole))
		(void)file_read_all(whole, text);
}

static void read_memory(struct machine *machine, const char *root)
{
	struct text text;
	uint64_t total;

	text_init(&text);
	read_under(root, "/proc/meminfo", &text);
	total = meminfo_bytes(&text, "MemTotal");
	if (total)
		machine->memory_bytes = total;
	machine->available_bytes = meminfo_bytes(&text, "MemAvailable");
	text_release(&text);
}

static void read_node(struct machine *machine, struct node *node, const char *root)
{
	char path[80], list[4096];
	struct cpus cpus = {0};
	struct text text;

	text_init(&text);
	(void)snprintf(path, sizeof(path), "/sys/devices/system/node/node%u/meminfo",
		node->index);
	read_under(root, path, &text);
	node->free_bytes =
		meminfo_bytes(&text, "MemFree") + meminfo_bytes(&text, "Inactive(file)");
	text_release(&text);

	(void)snprintf(path, sizeof(path), "/sys/devices/system/node/node%u/cpulist",
		node->index);
	if (file_read_line(root, path, list, sizeof(list)) != 0)
		return;
	if (list[0] && cpus_parse(list, &cpus) != 0)
		return;
	node->cpus = cpus;
	for (unsigned i = 0; i < CPUS_MAX / 64; i++)
		node->cpus.bits[i] &= machine->cpus.bits[i];
}

static int read_page_sizes(struct machine *machine, const char *root)
{
	static const char folder[] = "/sys/kernel/mm/hugepages";
	struct page_size sizes[PAGE_SIZES_MAX] = {{.bytes = machine_base_page(machine)}};
	char path[PATH_MAX];
	const struct dirent *entry;
	size_t count = 1;
	DIR *pools;

	if (root[0] == '\0')
		sizes[0].bytes = (uint64_t)sysconf(_SC_PAGESIZE);
	(void)snprintf(path, sizeof(path), "%s%s", root, folder);
	pools = opendir(path);
	while (pools && count < PAGE_SIZES_MAX && (entry = readdir(pools))) {
		struct page_size *size = &sizes[count];
		static const char prefix[] = "hugepages-";
		uint64_t kib;

		if (strncmp(entry->d_name, prefix, sizeof(prefix) - 1) != 0)
			continue;
		kib = strtoull(entry->d_name + sizeof(prefix) - 1, NULL, 10);
		if (kib == 0)
			continue;
		*size = (struct page_size){.bytes = kib * 1024, .free_known = true};
		(void)snprintf(path, sizeof(path), "%s/%.64s/nr_hugepages", folder,
			entry->d_name);
		if (file_read_u64(root, path, &size->pool_pages) != 0)
			continue;
		(void)snprintf(path, sizeof(path), "%s/%.64s/free_hugepages", folder,
			entry->d_name);
		if (file_read_u64(root, path, &size->free_pages) != 0)
			size->free_known = false;
		count++;
	}
	if (pools)
		(void)closedir(pools);
	return machine_set_page_sizes(machine, sizes, count);
}

/* The word in brackets of "always [madvise] never"; untouched where there is none. */
static void read_choice(const char *root, const char *path, char *choice, size_t size)
{
	char line[128];
	char *start, *end;

	if (file_read_line(root, path, line, sizeof(line)) != 0)
		return;
	start = strchr(line, '[');
	end = start ? strchr(start, ']') : NULL;
	if (!end)
		return;
	*end = '\0';
	machine_copy_text(choice, size, start + 1);
}

static void read_thp(struct machine *machine, const char *root)
{
	static const char folder[] = "/sys/kernel/mm/transparent_hugepage";
	char path[80];

	(void)snprintf(path, sizeof(path), "%s/enabled", folder);
	read_choice(root, path, machine->thp_enabled, sizeof(machine->thp_enabled));
	(void)snprintf(path, sizeof(path), "%s/defrag", folder);
	read_choice(root, path, machine->thp_defrag, sizeof(machine->thp_defrag));
	(void)snprintf(path, sizeof(path), "%s/hpage_pmd_size", folder);
	if (file_read_u64(root, path, &machine->thp_bytes) != 0)
		machine->thp_bytes = 0;
}

/* Where CPUs do not tell (Arm), firmware does. */
static void read_hypervisor(struct machine *machine, const char *root)
{
	const char *name = hypervisor_of_firmware(root);

	if (name)
		machine_copy_text(machine->hypervisor, sizeof(machine->hypervisor), name);
}

/* The value of the first "NAME\t: VALUE" in /proc/cpuinfo; false where there is none. */
static bool find_value(const char *cpuinfo, const char *name, char *value, size_t size)
{
	const char *line = strstr(cpuinfo, name);

	if (!line)
		return false;
	line += strlen(name);
	line += strspn(line, "\t :");
	(void)snprintf(value, size, "%.*s", (int)strcspn(line, "\n"), line);
	return true;
}

/* hwloc 2.9 reads no names of AArch64 CPUs. */
static void read_arm_name(struct machine *machine, const char *root)
{
	char implementer[32], part[32];
	char path[PATH_MAX];
	struct text text;

	(void)snprintf(path, sizeof(path), "%s/proc/cpuinfo", root);
	text_init(&text);
	if (file_read_all(path, &text) == 0 &&
		find_value(text.bytes, "CPU implementer", implementer,
			sizeof(implementer)) &&
		find_value(text.bytes, "CPU part", part, sizeof(part)))
		machine_name_arm(machine, implementer, part);
	text_release(&text);
}

int live_read(struct machine *machine, const char *root)
{
	read_arm_name(machine, root);
	read_memory(machine, root);
	for (size_t i = 0; i < machine->nodes_count; i++)
		read_node(machine, &machine->nodes[i], root);
	read_thp(machine, root);
	read_hypervisor(machine, root);
	return read_page_sizes(machine, root);
}

int live_read_cpu(struct machine *machine)
{
	struct tlb_list tlbs;

	cpu_read_tlbs(&tlbs);
	cpu_read_hypervisor(machine->hypervisor, sizeof(machine->hypervisor));
	return machine_set_tlbs(machine, tlbs.items, tlbs.count);
}
