/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "counters/nearest.h"

#include <ctype.h>
#include <perfmon/pfmlib.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum { NEAREST_COUNT = 3, DISTANCE_MAX = 12 };

struct candidate {
	char name[NEAREST_LENGTH + 1];
	unsigned distance;
};

static unsigned smallest(unsigned a, unsigned b, unsigned c)
{
	unsigned least = a < b ? a : b;

	return least < c ? least : c;
}

unsigned nearest_distance(const char *a, const char *b, unsigned limit)
{
	unsigned row[NEAREST_LENGTH + 1];
	size_t a_length = strnlen(a, NEAREST_LENGTH);
	size_t b_length = strnlen(b, NEAREST_LENGTH);

	for (size_t j = 0; j <= b_length; j++)
		row[j] = (unsigned)j;
	for (size_t i = 1; i <= a_length; i++) {
		unsigned diagonal = row[0];
		unsigned least = row[0] = (unsigned)i;

		for (size_t j = 1; j <= b_length; j++) {
			bool same = toupper((unsigned char)a[i - 1]) ==
				    toupper((unsigned char)b[j - 1]);
			unsigned next =
				smallest(row[j] + 1, row[j - 1] + 1, diagonal + !same);

			diagonal = row[j];
			row[j] = next;
			least = next < least ? next : least;
		}
		/* No row's least value is ever below that of the row before. */
		if (least > limit)
			return limit + 1;
	}
	return row[b_length] > limit ? limit + 1 : row[b_length];
}

/* Keeps the candidates sorted, nearest first. */
static void offer(
	struct candidate best[NEAREST_COUNT], const char *name, unsigned distance)
{
	size_t at = NEAREST_COUNT;

	while (at > 0 && distance < best[at - 1].distance)
		at--;
	if (at == NEAREST_COUNT)
		return;
	memmove(&best[at + 1], &best[at], (NEAREST_COUNT - at - 1) * sizeof(best[0]));
	(void)snprintf(best[at].name, sizeof(best[at].name), "%s", name);
	best[at].distance = distance;
}

void nearest_each_event(const pfm_pmu_info_t *pmu, visit_event *visit, void *context)
{
	int index = pmu->first_event;

	for (int i = 0; i < pmu->nevents && index != -1; i++) {
		pfm_event_info_t event = {.size = sizeof(event)};

		if (pfm_get_event_info(index, PFM_OS_NONE, &event) == PFM_SUCCESS)
			visit(&event, context);
		index = pfm_get_event_next(index);
	}
}

static void for_each_event_at_hand(visit_event *visit, void *context)
{
	if (pfm_initialize() != PFM_SUCCESS)
		return;
	for (int id = PFM_PMU_NONE; id < PFM_PMU_MAX; id++) {
		pfm_pmu_info_t pmu = {.size = sizeof(pmu)};

		if (pfm_get_pmu_info((pfm_pmu_t)id, &pmu) == PFM_SUCCESS &&
			pmu.is_present)
			nearest_each_event(&pmu, visit, context);
	}
}

/* Appends to a list separated by ", "; false where the name does not fit whole. */
static bool append(char *names, size_t size, const char *name)
{
	size_t used = strlen(names);
	const char *separator = used > 0 ? ", " : "";

	if (used + strlen(separator) + strlen(name) >= size)
		return false;
	(void)snprintf(names + used, size - used, "%s%s", separator, name);
	return true;
}

/* The event's own part of PMU::EVENT:MASK. */
static void strip(char event[NEAREST_LENGTH + 1], const char *name)
{
	const char *prefix = strstr(name, "::");
	const char *start = prefix ? prefix + 2 : name;

	(void)snprintf(
		event, NEAREST_LENGTH + 1, "%.*s", (int)strcspn(start, ":"), start);
}

struct event_search {
	char wanted[NEAREST_LENGTH + 1];
	struct candidate best[NEAREST_COUNT];
};

static void consider(const pfm_event_info_t *event, void *context)
{
	struct event_search *search = context;
	unsigned limit = search->best[NEAREST_COUNT - 1].distance - 1;

	offer(search->best, event->name,
		nearest_distance(search->wanted, event->name, limit));
}

void nearest_events(char *names, size_t size, const char *wanted)
{
	struct event_search search;
	size_t limit;

	names[0] = '\0';
	strip(search.wanted, wanted);
	/* Beyond half of its letters a name is another name. */
	limit = strlen(search.wanted) / 2 + 1;
	if (limit > DISTANCE_MAX)
		limit = DISTANCE_MAX;
	for (size_t i = 0; i < NEAREST_COUNT; i++)
		search.best[i] = (struct candidate){.distance = (unsigned)limit};
	for_each_event_at_hand(consider, &search);
	for (size_t i = 0; i < NEAREST_COUNT && search.best[i].name[0]; i++)
		if (!append(names, size, search.best[i].name))
			break;
}

struct mask_search {
	char wanted[NEAREST_LENGTH + 1];
	char *names;
	size_t size;
};

static void list_masks(const pfm_event_info_t *event, void *context)
{
	struct mask_search *search = context;

	if (search->names[0] || nearest_distance(search->wanted, event->name, 0) != 0)
		return;
	for (int i = 0; i < event->nattrs; i++) {
		pfm_event_attr_info_t mask = {.size = sizeof(mask)};

		if (pfm_get_event_attr_info(event->idx, i, PFM_OS_NONE, &mask) !=
				PFM_SUCCESS ||
			mask.type != PFM_ATTR_UMASK)
			continue;
		if (!append(search->names, search->size, mask.name))
			return;
	}
}

void nearest_masks(char *names, size_t size, const char *wanted)
{
	struct mask_search search = {.names = names, .size = size};

	names[0] = '\0';
	strip(search.wanted, wanted);
	for_each_event_at_hand(list_masks, &search);
}

struct owner_search {
	char wanted[NEAREST_LENGTH + 1];
	bool found;
};

static void recognize(const pfm_event_info_t *event, void *context)
{
	struct owner_search *search = context;

	search->found =
		search->found || nearest_distance(search->wanted, event->name, 0) == 0;
}

void nearest_owners(char *names, size_t size, const char *wanted)
{
	struct owner_search search;

	names[0] = '\0';
	strip(search.wanted, wanted);
	if (pfm_initialize() != PFM_SUCCESS)
		return;
	for (int id = PFM_PMU_NONE; id < PFM_PMU_MAX; id++) {
		pfm_pmu_info_t pmu = {.size = sizeof(pmu)};

		if (pfm_get_pmu_info((pfm_pmu_t)id, &pmu) != PFM_SUCCESS ||
			pmu.is_present)
			continue;
		search.found = false;
		nearest_each_event(&pmu, recognize, &search);
		if (search.found && !append(names, size, pmu.name))
			return;
	}
}
