/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "counters/counters.h"

#include <perfmon/pfmlib.h>
#include <stdio.h>
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
	{"skx", "skx"},
	{"clx", "skx"},
	{"skl", "skx"},
	{"icx", "icx"},
	{"icl", "icx"},
	{"spr", "spr"},
	{"arm_n1", "arm_n1"},
	{"arm_v1", "arm_v1"},
};

static const char *folder_of(const char *pmu)
{
	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++)
		if (strcmp(folders[i].pmu, pmu) == 0)
			return folders[i].folder;
	return NULL;
}

void counters_arch(char arch[GROUP_NAME], char pmu[GROUP_NAME])
{
	(void)snprintf(arch, GROUP_NAME, "generic");
	pmu[0] = '\0';
	if (pfm_initialize() != PFM_SUCCESS)
		return;
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
		if (folder) {
			(void)snprintf(arch, GROUP_NAME, "%s", folder);
			return;
		}
	}
}
