/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "counters/counters.h"
#include "counters/nearest.h"
#include "counters/pmu.h"

#include <errno.h>
#include <string.h>

struct search {
	const char *pattern;
	const pfm_pmu_info_t *pmu;
	struct text *text;
	int found;
};

enum { MASK_COLUMN = 4, MEANING_COLUMN = 44 };

static bool matches(const char *text, const char *pattern)
{
	return text && strcasestr(text, pattern) != NULL;
}

static bool get_mask(
	const pfm_event_info_t *event, int index, pfm_event_attr_info_t *mask)
{
	*mask = (pfm_event_attr_info_t){.size = sizeof(*mask)};
	return pfm_get_event_attr_info(event->idx, index, PFM_OS_NONE, mask) ==
		       PFM_SUCCESS &&
	       mask->type == PFM_ATTR_UMASK;
}

static bool is_wanted(const pfm_event_info_t *event, const char *pattern)
{
	pfm_event_attr_info_t mask;

	if (matches(event->name, pattern) || matches(event->desc, pattern))
		return true;
	for (int i = 0; i < event->nattrs; i++)
		if (get_mask(event, i, &mask) &&
			(matches(mask.name, pattern) || matches(mask.desc, pattern)))
			return true;
	return false;
}

static void list_event(const pfm_event_info_t *event, void *context)
{
	struct search *search = context;
	struct text *text = search->text;
	pfm_event_attr_info_t mask;

	if (!is_wanted(event, search->pattern))
		return;
	search->found++;
	text_format(text, "%s::%s", search->pmu->name, event->name);
	text_pad_to(text, MEANING_COLUMN);
	text_format(text, "%s\n", event->desc ? event->desc : "");
	for (int i = 0; i < event->nattrs; i++) {
		if (!get_mask(event, i, &mask))
			continue;
		text_pad_to(text, MASK_COLUMN);
		text_format(text, ":%s", mask.name);
		text_pad_to(text, MEANING_COLUMN);
		text_format(text, "%s\n", mask.desc ? mask.desc : "");
	}
}

/* Those that the kernel lists itself. */
static int list_of_sysfs(
	const char *pattern, const char *pmu, struct text *text, bool *known)
{
	struct pmus pmus;
	int found;

	if (pmus_load(&pmus, "") != 0)
		return 0;
	found = pmus_list_events(&pmus, pattern, pmu, text);
	for (size_t i = 0; i < pmus.count && pmu; i++)
		*known = *known || pmu_answers_to(&pmus.list[i], pmu, strlen(pmu));
	pmus_release(&pmus);
	return found;
}

int counters_list_events(const char *pattern, const char *pmu, struct text *text)
{
	struct search search = {.pattern = pattern, .text = text};
	bool known = !pmu;

	if (pfm_initialize() != PFM_SUCCESS)
		return -ENODEV;
	for (int id = PFM_PMU_NONE; id < PFM_PMU_MAX; id++) {
		pfm_pmu_info_t info = {.size = sizeof(info)};

		if (pfm_get_pmu_info((pfm_pmu_t)id, &info) != PFM_SUCCESS)
			continue;
		if (pmu ? strcmp(pmu, "all") != 0 && strcmp(pmu, info.name) != 0
			: !info.is_present)
			continue;
		known = true;
		search.pmu = &info;
		nearest_each_event(&info, list_event, &search);
	}
	if (!pmu || strcmp(pmu, "all") != 0)
		search.found += list_of_sysfs(pattern, pmu, text, &known);
	if (text->error)
		return text->error;
	return known ? search.found : -ENODEV;
}
