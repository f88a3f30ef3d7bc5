/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "counters/pmu.h"

#include <errno.h>
#include <perfmon/pfmlib.h>
#include <stdio.h>
#include <string.h>

/* perf's modifiers off the end of a name: after its last colon, or behind PMU/TERMS/. */
static void split_modifiers(char *name, struct event_parts *parts)
{
	char *slash = strrchr(name, '/');
	char *colon = strrchr(name, ':');
	char *letters = colon ? colon + 1 : NULL;

	if (slash && slash != strchr(name, '/')) {
		letters = slash + 1;
		letters += *letters == ':';
		if (counter_filter_parse(letters, &parts->filter) == 0) {
			parts->filtered = true;
			slash[1] = '\0';
		}
	} else if (letters && colon > name && colon[-1] != ':' &&
		   counter_filter_parse(letters, &parts->filter) == 0) {
		parts->filtered = true;
		*colon = '\0';
	}
}

static struct event_part *new_part(
	struct event_parts *parts, const char *pmu, size_t length, enum pmu_kind kind)
{
	struct event_part *part = &parts->parts[parts->count];

	if (parts->count == COUNTER_PARTS)
		return NULL;
	parts->count++;
	*part = (struct event_part){.kind = kind};
	(void)snprintf(part->pmu, sizeof(part->pmu), "%.*s", (int)length, pmu);
	return part;
}

static void add_unit(struct event_part *part, uint32_t type, const struct pmu *pmu)
{
	if (part->units_count == PART_UNITS)
		return;
	part->units[part->units_count++] = (struct event_unit){.type = type,
		.pmu = pmu ? pmu->type : type,
		.cpus = pmu ? &pmu->cpus : NULL};
}

static void add_single(struct event_parts *parts, const struct event_code *code,
	const char *name, const struct pmu *pmu)
{
	struct event_part *part =
		new_part(parts, name, strlen(name), pmu ? pmu->kind : PMU_OTHER);

	if (!part)
		return;
	part->code = *code;
	add_unit(part, code->type, pmu);
}

/* Codes that mean the same on every core: perf's generic events, with the PMU's type in
 * the upper half of the config (PERF_PMU_TYPE_SHIFT), and raw ones. */
static void add_each_core(
	struct event_parts *parts, const struct pmus *pmus, const struct event_code *code)
{
	for (size_t i = 0; i < pmus->count; i++) {
		const struct pmu *pmu = &pmus->list[i];
		struct event_code own = *code;
		size_t before = parts->count;

		if (pmu->kind != PMU_CORE)
			continue;
		if (code->raw)
			own.type = pmu->type;
		else
			own.config |= (uint64_t)pmu->type << 32;
		add_single(parts, &own, pmu->name, pmu);
		if (parts->count > before)
			parts->parts[before].extended = !code->raw;
	}
}

/* By the table of libpfm4's that is for cores of this type. */
static bool encode_for_core(
	const struct pmu *pmu, const char *name, struct event_code *code)
{
	for (int id = PFM_PMU_NONE; id < PFM_PMU_MAX; id++) {
		pfm_pmu_info_t info = {.size = sizeof(info)};
		struct complaint complaint = {.what = ""};
		char qualified[EVENT_NAME + 2 * GROUP_NAME + 8];

		if (pfm_get_pmu_info((pfm_pmu_t)id, &info) != PFM_SUCCESS ||
			!info.is_present || info.type != PFM_PMU_TYPE_CORE)
			continue;
		(void)snprintf(qualified, sizeof(qualified), "%s::%s", info.name, name);
		if (counters_encode(qualified, code, &complaint) == 0 &&
			code->type == pmu->type)
			return true;
	}
	return false;
}

/* A name may be in the tables of several types of core, with other codes in each. */
static void add_named_cores(
	struct event_parts *parts, const struct pmus *pmus, const char *name)
{
	for (size_t i = 0; i < pmus->count; i++) {
		const struct pmu *pmu = &pmus->list[i];
		struct event_code code;

		if (pmu->kind == PMU_CORE && encode_for_core(pmu, name, &code))
			add_single(parts, &code, pmu->name, pmu);
	}
}

static bool is_of_any_core(const struct event_code *code)
{
	return code->type == PERF_TYPE_HARDWARE || code->type == PERF_TYPE_HW_CACHE ||
	       code->raw;
}

/* Of a system with one type of core; NULL where sysfs lists none. */
static const struct pmu *the_core(const struct pmus *pmus)
{
	for (size_t i = 0; i < pmus->count; i++)
		if (pmus->list[i].kind == PMU_CORE)
			return &pmus->list[i];
	return NULL;
}

/* What libpfm4 does not know of this CPU its PMU may list itself. */
static void advise_namesake(
	const struct pmus *pmus, const char *name, struct complaint *complaint)
{
	char own[2 * COUNTER_PMU_NAME + 3];

	if (pmus_find_namesake(pmus, name, own, sizeof(own)))
		complaint_advise(complaint, "this CPU's PMU lists it as %s", own);
}

static int find_encoded(struct event_parts *parts, struct pmus *pmus, const char *name,
	struct complaint *complaint)
{
	const bool hybrid = pmus_count_cores(pmus) > 1;
	struct event_code code;
	const struct pmu *pmu;
	int error = counters_encode(name, &code, complaint);

	if (error) {
		advise_namesake(pmus, name, complaint);
		return error;
	}
	if (code.type >= PERF_TYPE_MAX && !pmus_find_type(pmus, code.type))
		pmus_read_all(pmus);
	pmu = pmus_find_type(pmus, code.type);
	if (code.type == PERF_TYPE_SOFTWARE) {
		add_single(parts, &code, "software", NULL);
	} else if (hybrid && is_of_any_core(&code)) {
		add_each_core(parts, pmus, &code);
	} else if (!hybrid && (is_of_any_core(&code) || code.type == PERF_TYPE_RAW)) {
		pmu = the_core(pmus);
		add_single(parts, &code, pmu ? pmu->name : "cpu", NULL);
		parts->parts[0].kind = PMU_CORE;
	} else if (hybrid && pmu && pmu->kind == PMU_CORE && !strstr(name, "::")) {
		add_named_cores(parts, pmus, name);
	}
	if (parts->count == 0)
		add_single(parts, &code, pmu ? pmu->name : "", pmu);
	return 0;
}

/* The part that a further unit belongs to: cores of a type are a part each. */
static struct event_part *part_for(
	struct event_parts *parts, const struct pmu *pmu, const char *name, size_t length)
{
	if (parts->count > 0 && pmu->kind != PMU_CORE)
		return &parts->parts[0];
	if (pmu->kind == PMU_CORE)
		return new_part(parts, pmu->name, strlen(pmu->name), PMU_CORE);
	return new_part(parts, name, length, pmu->kind);
}

static void complain_no_pmu(const struct pmus *pmus, const char *name, size_t length,
	struct complaint *complaint)
{
	char names[sizeof(complaint->advice) - 32] = "";

	for (size_t i = 0; i < pmus->count; i++) {
		size_t used = strlen(names);

		if (used + strlen(pmus->list[i].name) + 3 < sizeof(names))
			(void)snprintf(names + used, sizeof(names) - used, "%s%s",
				used > 0 ? ", " : "", pmus->list[i].name);
	}
	complaint_why(complaint, "this system has no PMU \"%.*s\"", (int)length, name);
	complaint_advise(complaint, "its PMUs: %s", names[0] ? names : "none");
}

/* PMU/TERMS/ of every PMU that answers to the name. */
static int find_by_terms(struct event_parts *parts, struct pmus *pmus, const char *name,
	struct complaint *complaint)
{
	const char *slash = strchr(name, '/');
	const size_t length = (size_t)(slash - name);
	char terms[EVENT_NAME];

	pmus_read_all(pmus);
	(void)snprintf(terms, sizeof(terms), "%s", slash + 1);
	terms[strcspn(terms, "/")] = '\0';
	for (size_t i = 0; i < pmus->count; i++) {
		const struct pmu *pmu = &pmus->list[i];
		struct event_part *part;
		struct event_code code;
		int error;

		if (!pmu_answers_to(pmu, name, length))
			continue;
		error = pmu_encode_terms(pmus, pmu, terms, &code, complaint);
		if (error)
			return error;
		part = part_for(parts, pmu, name, length);
		if (!part)
			break;
		if (part->units_count == 0)
			part->code = code;
		add_unit(part, pmu->type, pmu);
	}
	if (parts->count > 0)
		return 0;
	complain_no_pmu(pmus, name, length, complaint);
	return -ENOENT;
}

int event_parts_find(struct event_parts *parts, struct pmus *pmus, const char *name,
	struct complaint *complaint)
{
	char base[EVENT_NAME + GROUP_NAME + 4];

	*parts = (struct event_parts){.count = 0};
	(void)snprintf(base, sizeof(base), "%s", name);
	split_modifiers(base, parts);
	complaint_what(complaint, "event %s cannot be encoded", name);
	if (strchr(base, '/'))
		return find_by_terms(parts, pmus, base, complaint);
	return find_encoded(parts, pmus, base, complaint);
}

int event_parts_find_for(struct event_parts *parts, struct pmus *pmus, const char *arch,
	const char *name, struct complaint *complaint)
{
	char qualified[EVENT_NAME + GROUP_NAME + 4];
	struct complaint unused = {.what = ""};
	const char *pmu = counters_pmu_of(arch);
	int error = event_parts_find(parts, pmus, name, complaint);

	if (!error || !pmu)
		return error;
	(void)snprintf(qualified, sizeof(qualified), "%s::%s", pmu, name);
	return event_parts_find(parts, pmus, qualified, &unused) ? error : 0;
}

int counters_resolve(const char *name, const char *arch, struct event_code *code,
	struct complaint *complaint)
{
	struct event_parts parts;
	struct pmus pmus;
	int error = pmus_load(&pmus, "");

	if (error)
		return error;
	error = event_parts_find_for(&parts, &pmus, arch, name, complaint);
	if (!error)
		*code = parts.parts[0].code;
	pmus_release(&pmus);
	return error;
}
