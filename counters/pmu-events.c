/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/file.h"
#include "counters/pmu.h"

#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { EVENT_LINE = 512, MEANING_COLUMN = 44 };

/* name.scale and name.unit describe an event of that name. */
static int is_named(const struct dirent *entry)
{
	return !strchr(entry->d_name, '.');
}

void pmu_each_name(const struct pmus *pmus, const struct pmu *pmu, const char *folder,
	visit_name *visit, void *context)
{
	char path[PATH_MAX];
	struct dirent **names = NULL;
	int count;

	(void)snprintf(path, sizeof(path), "%s/sys/bus/event_source/devices/%s/%s",
		pmus->root, pmu->name, folder);
	count = scandir(path, &names, is_named, alphasort);
	for (int i = 0; i < count; i++) {
		visit(names[i]->d_name, context);
		free(names[i]);
	}
	free(names);
}

/* The terms that an event of sysfs stands for; "" where it cannot be read. */
static void read_terms(const struct pmus *pmus, const struct pmu *pmu, const char *event,
	char terms[EVENT_LINE])
{
	char path[PATH_MAX];

	(void)snprintf(path, sizeof(path), "/sys/bus/event_source/devices/%s/events/%s",
		pmu->name, event);
	if (file_read_line(pmus->root, path, terms, EVENT_LINE) != 0)
		terms[0] = '\0';
}

struct listing {
	const struct pmus *pmus;
	const struct pmu *pmu;
	const char *pattern;
	struct text *text;
	int found;
};

static void list_event(const char *name, void *context)
{
	struct listing *listing = context;
	char terms[EVENT_LINE];

	if (!strcasestr(name, listing->pattern))
		return;
	read_terms(listing->pmus, listing->pmu, name, terms);
	listing->found++;
	text_format(listing->text, "%s/%s/", listing->pmu->name, name);
	text_pad_to(listing->text, MEANING_COLUMN);
	text_format(listing->text, "%s\n", terms);
}

int pmus_list_events(
	struct pmus *pmus, const char *pattern, const char *pmu, struct text *text)
{
	struct listing listing = {.pmus = pmus, .pattern = pattern, .text = text};

	if (pmu)
		pmus_read_all(pmus);
	for (size_t i = 0; i < pmus->count; i++) {
		listing.pmu = &pmus->list[i];
		if (pmu ? !pmu_answers_to(listing.pmu, pmu, strlen(pmu))
			: listing.pmu->kind != PMU_CORE)
			continue;
		pmu_each_name(pmus, listing.pmu, "events", list_event, &listing);
		/* The units of a name have the same. */
		if (pmu)
			break;
	}
	return listing.found;
}

struct namesake {
	const char *wanted;
	char found[COUNTER_PMU_NAME];
};

static void compare_name(const char *name, void *context)
{
	struct namesake *namesake = context;

	if (strcasecmp(name, namesake->wanted) == 0)
		(void)snprintf(namesake->found, sizeof(namesake->found), "%.47s", name);
}

bool pmus_find_namesake(
	const struct pmus *pmus, const char *wanted, char *name, size_t size)
{
	struct namesake namesake = {.wanted = wanted};

	for (size_t i = 0; i < pmus->count && !namesake.found[0]; i++) {
		const struct pmu *pmu = &pmus->list[i];

		if (pmu->kind != PMU_CORE)
			continue;
		pmu_each_name(pmus, pmu, "events", compare_name, &namesake);
		if (namesake.found[0])
			(void)snprintf(name, size, "%s/%s/", pmu->name, namesake.found);
	}
	return namesake.found[0] != '\0';
}

/* Armv8's common events, which a PMU's registers PMCEIDn_EL0 tell one by one. */
enum { COMMON_EVENTS = 0x40, SW_INCR = 0x00, CPU_CYCLES = 0x11, CHAIN = 0x1e };

struct implemented {
	const struct pmus *pmus;
	const struct pmu *pmu;
	uint64_t events; /* a bit each */
};

static void note_event(const char *name, void *context)
{
	struct implemented *implemented = context;
	static const char key[] = "event=";
	const char *digits;
	char terms[EVENT_LINE];
	char *end;
	uint64_t code;

	read_terms(implemented->pmus, implemented->pmu, name, terms);
	if (strncmp(terms, key, sizeof(key) - 1) != 0)
		return;
	digits = terms + sizeof(key) - 1;
	code = strtoull(digits, &end, 16);
	if (end != digits && code < COMMON_EVENTS)
		implemented->events |= 1ull << code;
}

/* Kernels came to know further names in these steps: one that lists an event of a step
 * would list all up to its end. */
static unsigned known_up_to(uint64_t events)
{
	static const unsigned steps[] = {0x30, 0x38};

	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++)
		if (events >> steps[i] >> 1 == 0)
			return steps[i];
	return COMMON_EVENTS - 1;
}

bool pmus_lack(const struct pmus *pmus, const struct event_part *part)
{
	const uint64_t event = part->code.config & 0xffff;
	struct implemented implemented = {.pmus = pmus};

	if (part->kind != PMU_CORE || event >= COMMON_EVENTS || event == SW_INCR ||
		event == CHAIN || part->code.type == PERF_TYPE_HARDWARE ||
		part->code.type == PERF_TYPE_HW_CACHE)
		return false;
	for (size_t i = 0; i < pmus->count && !implemented.pmu; i++)
		if (strcmp(pmus->list[i].name, part->pmu) == 0)
			implemented.pmu = &pmus->list[i];
	if (!implemented.pmu || (strncmp(part->pmu, "armv8", 5) != 0 &&
					strncmp(part->pmu, "armv9", 5) != 0))
		return false;
	pmu_each_name(pmus, implemented.pmu, "events", note_event, &implemented);
	if (!(implemented.events >> CPU_CYCLES & 1))
		return false;
	return event <= known_up_to(implemented.events) &&
	       !(implemented.events >> event & 1);
}
