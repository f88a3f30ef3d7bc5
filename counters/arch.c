/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "counters/arch.h"
#include "base/file.h"
#include "counters/counters.h"
#include "counters/pmu.h"

#include <perfmon/pfmlib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Cores that share their events share a folder; a test encodes every group for every PMU
 * here. */
static const struct {
	const char *pmu;
	const char *folder;
} folders[] = {
	{"amd64_fam17h_zen2", "zen2"},
	{"amd64_fam19h_zen3", "zen3"},
	{"amd64_fam19h_zen4", "zen4"},
	{"amd64_fam1ah_zen5", "zen5"},
	{"skx", "skx"},
	{"clx", "skx"},
	{"skl", "skx"},
	{"icx", "icx"},
	{"icl", "icx"},
	{"spr", "spr"},
	{"emr", "gnr"},
	{"gnr", "gnr"},
	{"adl_glc", "adl_glc"},
	{"adl_grt", "adl_grt"},
	{"arm_n1", "arm_n1"},
	{"arm_v1", "arm_v1"},
	{"arm_v2", "arm_v2"},
	{"arm_ac72", "arm_ac72"},
};

/* The CPUs by their own words, for a libpfm4 that does not know them. */
static const struct {
	const char *vendor; /* Arm: the implementer's number */
	unsigned long family;
	unsigned long first, last; /* models; Arm: parts */
	const char *folder;
} models[] = {
	{"AuthenticAMD", 0x17, 0x30, 0xaf, "zen2"},
	{"AuthenticAMD", 0x19, 0x00, 0x0f, "zen3"},
	{"AuthenticAMD", 0x19, 0x20, 0x5f, "zen3"},
	{"AuthenticAMD", 0x19, 0x10, 0x1f, "zen4"},
	{"AuthenticAMD", 0x19, 0x60, 0xaf, "zen4"},
	{"AuthenticAMD", 0x1a, 0x00, 0x4f, "zen5"},
	{"AuthenticAMD", 0x1a, 0x60, 0x7f, "zen5"},
	{"GenuineIntel", 6, 0x4e, 0x4e, "skx"},
	{"GenuineIntel", 6, 0x55, 0x55, "skx"},
	{"GenuineIntel", 6, 0x5e, 0x5e, "skx"},
	{"GenuineIntel", 6, 0x6a, 0x6a, "icx"},
	{"GenuineIntel", 6, 0x6c, 0x6c, "icx"},
	{"GenuineIntel", 6, 0x7d, 0x7e, "icx"},
	{"GenuineIntel", 6, 0x8f, 0x8f, "spr"},
	{"GenuineIntel", 6, 0xcf, 0xcf, "gnr"},
	{"GenuineIntel", 6, 0xad, 0xae, "gnr"},
	{"GenuineIntel", 6, 0x97, 0x97, "adl_glc"},
	{"GenuineIntel", 6, 0x9a, 0x9a, "adl_glc"},
	{"GenuineIntel", 6, 0xb7, 0xb7, "adl_glc"},
	{"GenuineIntel", 6, 0xba, 0xba, "adl_glc"},
	{"GenuineIntel", 6, 0xbf, 0xbf, "adl_glc"},
	{"0x41", 0, 0xd08, 0xd08, "arm_ac72"},
	{"0x41", 0, 0xd0c, 0xd0c, "arm_n1"},
	{"0x41", 0, 0xd40, 0xd40, "arm_v1"},
	{"0x41", 0, 0xd4f, 0xd4f, "arm_v2"},
};

/* Copies the value of a line "NAME<blanks>: VALUE" within one processor's part. */
static bool get_value(
	const char *start, const char *end, const char *name, char *value, size_t size)
{
	const size_t length = strlen(name);

	for (const char *line = start; line && line < end;) {
		const char *next = memchr(line, '\n', (size_t)(end - line));
		const char *stop = next ? next : end;
		const char *at = line + length;

		if (at < stop && strncmp(line, name, length) == 0) {
			while (at < stop && (*at == ' ' || *at == '\t'))
				at++;
			if (at < stop && *at == ':') {
				at++;
				while (at < stop && *at == ' ')
					at++;
				(void)snprintf(value, size, "%.*s", (int)(stop - at), at);
				return true;
			}
		}
		line = next ? next + 1 : NULL;
	}
	return false;
}

static unsigned long get_number(
	const char *start, const char *end, const char *name, unsigned long otherwise)
{
	char value[32];

	return get_value(start, end, name, value, sizeof(value)) ? strtoul(value, NULL, 0)
								 : otherwise;
}

/* The part of a processor, up to the empty line that ends it. */
static const char *find_processor(const char *text, int cpu, const char **end)
{
	for (const char *start = text; start && *start;) {
		const char *stop = strstr(start, "\n\n");

		*end = stop ? stop : start + strlen(start);
		if (cpu < 0 ||
			get_number(start, *end, "processor", 0) == (unsigned long)cpu)
			return start;
		start = stop ? stop + 2 : NULL;
	}
	return NULL;
}

const char *arch_of_cpuinfo(const char *text, int cpu)
{
	const char *end = NULL;
	const char *start = find_processor(text, cpu, &end);
	unsigned long family;
	unsigned long model;
	char vendor[32];

	if (!start)
		return NULL;
	if (get_value(start, end, "vendor_id", vendor, sizeof(vendor))) {
		family = get_number(start, end, "cpu family", 0);
		model = get_number(start, end, "model", ~0ul);
	} else if (get_value(start, end, "CPU implementer", vendor, sizeof(vendor))) {
		family = 0;
		model = get_number(start, end, "CPU part", ~0ul);
	} else {
		return NULL;
	}
	for (size_t i = 0; i < sizeof(models) / sizeof(models[0]); i++)
		if (strcmp(models[i].vendor, vendor) == 0 && models[i].family == family &&
			models[i].first <= model && model <= models[i].last)
			return models[i].folder;
	return NULL;
}

const char *arch_of_small_cores(const char *arch)
{
	return strcmp(arch, "adl_glc") == 0 ? "adl_grt" : NULL;
}

static const char *folder_of(const char *pmu)
{
	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++)
		if (strcmp(folders[i].pmu, pmu) == 0)
			return folders[i].folder;
	return NULL;
}

const char *counters_pmu_of(const char *arch)
{
	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++)
		if (strcmp(folders[i].folder, arch) == 0)
			return folders[i].pmu;
	return NULL;
}

/* libpfm4's core PMU, one with a folder before others; NULL where none has one. */
static const char *ask_libpfm(char pmu[GROUP_NAME])
{
	pmu[0] = '\0';
	if (pfm_initialize() != PFM_SUCCESS)
		return NULL;
	for (int id = PFM_PMU_NONE; id < PFM_PMU_MAX; id++) {
		pfm_pmu_info_t info = {.size = sizeof(info)};
		const char *folder;

		if (pfm_get_pmu_info((pfm_pmu_t)id, &info) != PFM_SUCCESS ||
			!info.is_present || info.type != PFM_PMU_TYPE_CORE)
			continue;
		folder = folder_of(info.name);
		/* A core without a folder may be one of several PMUs for it (ix86arch).
		 */
		if (folder || pmu[0] == '\0')
			(void)snprintf(pmu, GROUP_NAME, "%s", info.name);
		if (folder)
			return folder;
	}
	return NULL;
}

/* Whether a CPU of a hybrid is one of its small cores. */
static bool is_small_core(unsigned cpu)
{
	struct pmus pmus;
	bool small = false;

	if (pmus_load(&pmus, ""))
		return false;
	for (size_t i = 0; i < pmus.count; i++)
		if (strcmp(pmus.list[i].name, "cpu_atom") == 0)
			small = cpus_has(&pmus.list[i].cpus, cpu);
	pmus_release(&pmus);
	return small;
}

static const char *ask_cpuinfo(int cpu)
{
	const char *folder = NULL;
	struct text text;

	text_init(&text);
	if (file_read_all("/proc/cpuinfo", &text) == 0)
		folder = arch_of_cpuinfo(text.bytes, cpu);
	text_release(&text);
	return folder;
}

void counters_arch_on(int cpu, char arch[GROUP_NAME], char pmu[GROUP_NAME])
{
	const char *folder = ask_libpfm(pmu);
	const char *small;

	if (!getenv("LIBPFM_FORCE_PMU")) {
		const char *own = ask_cpuinfo(cpu);

		folder = own ? own : folder;
	}
	small = folder && cpu >= 0 ? arch_of_small_cores(folder) : NULL;
	if (small && is_small_core((unsigned)cpu))
		folder = small;
	(void)snprintf(arch, GROUP_NAME, "%s", folder ? folder : "generic");
}

void counters_arch(char arch[GROUP_NAME], char pmu[GROUP_NAME])
{
	counters_arch_on(-1, arch, pmu);
}
