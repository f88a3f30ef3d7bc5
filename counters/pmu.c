/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "counters/pmu.h"
#include "base/file.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DEVICES "/sys/bus/event_source/devices"

/* The names under which kernels list the PMU of the cores: cpu, cpu_core and cpu_atom on
 * hybrids, armv8_pmuv3_0 and its like. */
static bool is_core_name(const char *name)
{
	return strcmp(name, "cpu") == 0 || strncmp(name, "cpu_", 4) == 0 ||
	       strncmp(name, "armv", 4) == 0;
}

static int read_cpus(
	const char *root, const char *name, const char *file, struct cpus *cpus)
{
	char path[PATH_MAX];
	char line[4096];
	int error;

	(void)snprintf(path, sizeof(path), DEVICES "/%s/%s", name, file);
	error = file_read_line(root, path, line, sizeof(line));
	return error ? error : cpus_parse(line, cpus);
}

static bool has_cpus_file(const char *root, const char *name)
{
	char path[PATH_MAX];

	(void)snprintf(path, sizeof(path), "%s" DEVICES "/%s/cpus", root, name);
	return access(path, F_OK) == 0;
}

/* Its type and kind; what has no type stays unread, and answers to nothing. */
static void read_pmu(const struct pmus *pmus, struct pmu *pmu)
{
	char path[PATH_MAX];
	uint64_t type;

	(void)snprintf(path, sizeof(path), DEVICES "/%s/type", pmu->name);
	if (file_read_u64(pmus->root, path, &type))
		return;
	pmu->unread = false;
	pmu->type = (uint32_t)type;
	pmu->kind = PMU_OTHER;
	if (read_cpus(pmus->root, pmu->name, "cpus", &pmu->cpus) == 0) {
		pmu->kind = PMU_CORE;
	} else if (is_core_name(pmu->name)) {
		pmu->kind = PMU_CORE;
		pmu->cpus = pmus->online;
	} else if (read_cpus(pmus->root, pmu->name, "cpumask", &pmu->cpus) == 0) {
		pmu->kind = PMU_SYSTEM;
	}
}

/* The folder's own order is none: cores by type, P before E, and the rest by name. */
static int in_order(const void *a, const void *b)
{
	const struct pmu *x = a;
	const struct pmu *y = b;

	if ((x->kind == PMU_CORE) != (y->kind == PMU_CORE))
		return x->kind == PMU_CORE ? -1 : 1;
	if (x->kind == PMU_CORE && x->type != y->type)
		return x->type < y->type ? -1 : 1;
	return strverscmp(x->name, y->name);
}

static int add_pmu(struct pmus *pmus, const char *name)
{
	struct pmu pmu = {.kind = PMU_OTHER, .unread = true};
	const size_t length = strlen(name);
	struct pmu *grown;

	if (name[0] == '.' || length >= sizeof(pmu.name))
		return 0;
	memcpy(pmu.name, name, length + 1);
	if (is_core_name(name) || has_cpus_file(pmus->root, name))
		read_pmu(pmus, &pmu);
	grown = realloc(pmus->list, (pmus->count + 1) * sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	pmus->list = grown;
	pmus->list[pmus->count++] = pmu;
	return 0;
}

int pmus_load(struct pmus *pmus, const char *root)
{
	char line[4096];
	char path[PATH_MAX];
	struct dirent *entry;
	DIR *folder;
	int error = 0;

	*pmus = (struct pmus){.list = NULL};
	(void)snprintf(pmus->root, sizeof(pmus->root), "%s", root);
	if (file_read_line(root, "/sys/devices/system/cpu/online", line, sizeof(line)) ==
		0)
		(void)cpus_parse(line, &pmus->online);
	(void)snprintf(path, sizeof(path), "%s" DEVICES, root);
	folder = opendir(path);
	while (folder && !error && (entry = readdir(folder)))
		error = add_pmu(pmus, entry->d_name);
	if (folder)
		(void)closedir(folder);
	if (pmus->count > 0)
		qsort(pmus->list, pmus->count, sizeof(*pmus->list), in_order);
	if (error)
		pmus_release(pmus);
	return error;
}

void pmus_release(struct pmus *pmus)
{
	free(pmus->list);
	*pmus = (struct pmus){.list = NULL};
}

void pmus_read_all(struct pmus *pmus)
{
	for (size_t i = 0; i < pmus->count; i++)
		if (pmus->list[i].unread)
			read_pmu(pmus, &pmus->list[i]);
}

const struct pmu *pmus_find_type(const struct pmus *pmus, uint32_t type)
{
	for (size_t i = 0; i < pmus->count; i++)
		if (!pmus->list[i].unread && pmus->list[i].type == type)
			return &pmus->list[i];
	return NULL;
}

size_t pmus_count_cores(const struct pmus *pmus)
{
	size_t count = 0;

	for (size_t i = 0; i < pmus->count; i++)
		count += pmus->list[i].kind == PMU_CORE;
	return count;
}

bool pmu_answers_to(const struct pmu *pmu, const char *name, size_t length)
{
	static const char uncore[] = "uncore_";
	const char *own = pmu->name;
	const char *rest;

	if (pmu->unread)
		return false;
	if (strlen(own) == length && strncmp(own, name, length) == 0)
		return true;
	if (strncmp(own, uncore, strlen(uncore)) == 0 &&
		strncmp(name, uncore, strlen(uncore)) != 0)
		own += strlen(uncore);
	if (strncmp(own, name, length) != 0)
		return false;
	rest = own + length;
	if (*rest == '_')
		rest++;
	return rest[strspn(rest, "0123456789")] == '\0';
}
