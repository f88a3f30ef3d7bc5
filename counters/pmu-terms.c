/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/file.h"
#include "base/text.h"
#include "counters/pmu.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TERM = 96, TERMS = 512 };

static void join_name(const char *name, void *context)
{
	struct text *names = context;

	text_format(names, "%s%s", names->length > 0 ? ", " : "", name);
}

/* What the PMU has under a folder, as advice. */
static void advise_names(const struct pmus *pmus, const struct pmu *pmu,
	const char *folder, struct complaint *complaint)
{
	struct text names;

	text_init(&names);
	pmu_each_name(pmus, pmu, folder, join_name, &names);
	if (names.length > 0)
		complaint_advise(complaint, "its %s: %s", folder, names.bytes);
	else
		complaint_advise(complaint,
			"%s has no %s in sysfs; `perf list` shows "
			"what there is",
			pmu->name, folder);
	text_release(&names);
}

static uint64_t *word_of(struct event_code *code, const char *field)
{
	if (strcmp(field, "config") == 0)
		return &code->config;
	if (strcmp(field, "config1") == 0)
		return &code->config1;
	if (strcmp(field, "config2") == 0)
		return &code->config2;
	return NULL;
}

/* Puts the value's bits, lowest first, where a format such as "config:0-7,32-35" has
 * them. -ERANGE where they do not all fit, -EINVAL for another format. */
static int put_bits(const char *format, uint64_t value, struct event_code *code)
{
	char field[16];
	const char *at = strchr(format, ':');
	uint64_t *word;

	if (!at || (size_t)(at - format) >= sizeof(field))
		return -EINVAL;
	(void)snprintf(field, sizeof(field), "%.*s", (int)(at - format), format);
	word = word_of(code, field);
	if (!word)
		return -EINVAL;
	do {
		char *end;
		unsigned long low = strtoul(++at, &end, 10);
		unsigned long high = low;

		if (end == at)
			return -EINVAL;
		if (*end == '-') {
			at = end + 1;
			high = strtoul(at, &end, 10);
			if (end == at)
				return -EINVAL;
		}
		if (high < low || high > 63)
			return -EINVAL;
		for (unsigned long bit = low; bit <= high; bit++, value >>= 1)
			*word = (*word & ~(1ull << bit)) | (value & 1) << bit;
		at = end;
	} while (*at == ',');
	return value ? -ERANGE : 0;
}

static int encode_value(const struct pmus *pmus, const struct pmu *pmu, const char *term,
	uint64_t value, struct event_code *code, struct complaint *complaint)
{
	char path[PATH_MAX];
	char format[TERM];
	uint64_t *word = word_of(code, term);
	int error;

	if (word) {
		*word = value;
		return 0;
	}
	(void)snprintf(path, sizeof(path), "/sys/bus/event_source/devices/%s/format/%s",
		pmu->name, term);
	error = strchr(term, '/')
			? -ENOENT
			: file_read_line(pmus->root, path, format, sizeof(format));
	if (error) {
		complaint_why(complaint, "PMU %s has no term \"%s\"", pmu->name, term);
		advise_names(pmus, pmu, "format", complaint);
		return -ENOENT;
	}
	error = put_bits(format, value, code);
	if (error == -ERANGE)
		complaint_why(complaint, "%s=0x%llx does not fit the PMU's %s (%s)", term,
			(unsigned long long)value, term, format);
	else if (error)
		complaint_why(complaint, "the format of %s is \"%s\", which is unknown",
			term, format);
	return error;
}

static int encode_list(const struct pmus *pmus, const struct pmu *pmu, const char *terms,
	bool named, struct event_code *code, struct complaint *complaint);

/* A name without a value: an event of the PMU's events/, or a term that is 1. */
static int encode_name(const struct pmus *pmus, const struct pmu *pmu, const char *name,
	bool named, struct event_code *code, struct complaint *complaint)
{
	char path[PATH_MAX];
	char terms[TERMS];

	(void)snprintf(path, sizeof(path), "/sys/bus/event_source/devices/%s/events/%s",
		pmu->name, name);
	if (named && !strchr(name, '/') &&
		file_read_line(pmus->root, path, terms, sizeof(terms)) == 0)
		return encode_list(pmus, pmu, terms, false, code, complaint);
	if (encode_value(pmus, pmu, name, 1, code, complaint) == 0)
		return 0;
	complaint_why(complaint, "PMU %s has no event \"%s\"", pmu->name, name);
	advise_names(pmus, pmu, "events", complaint);
	return -ENOENT;
}

static int encode_list(const struct pmus *pmus, const struct pmu *pmu, const char *terms,
	bool named, struct event_code *code, struct complaint *complaint)
{
	int error = 0;

	while (*terms && !error) {
		size_t length = strcspn(terms, ",");
		char term[TERM];
		char *equals;

		if (length >= sizeof(term))
			return -EINVAL;
		(void)snprintf(term, sizeof(term), "%.*s", (int)length, terms);
		equals = strchr(term, '=');
		if (!equals) {
			error = encode_name(pmus, pmu, term, named, code, complaint);
		} else {
			char *end;
			uint64_t value = strtoull(equals + 1, &end, 0);

			*equals = '\0';
			if (end == equals + 1 || *end != '\0') {
				complaint_why(complaint, "\"%s\" is no number for %s",
					equals + 1, term);
				return -EINVAL;
			}
			error = encode_value(pmus, pmu, term, value, code, complaint);
		}
		terms += length;
		terms += *terms == ',';
	}
	return error;
}

int pmu_encode_terms(const struct pmus *pmus, const struct pmu *pmu, const char *terms,
	struct event_code *code, struct complaint *complaint)
{
	int error;

	*code = (struct event_code){.type = pmu->type};
	complaint_what(complaint, "event %s/%s/ cannot be encoded", pmu->name, terms);
	if (!terms[0]) {
		complaint_why(complaint, "no event is named between the slashes");
		advise_names(pmus, pmu, "events", complaint);
		return -EINVAL;
	}
	error = encode_list(pmus, pmu, terms, true, code, complaint);
	(void)snprintf(code->full_name, sizeof(code->full_name), "%.40s/%.110s/",
		pmu->name, terms);
	return error;
}

uint64_t pmus_user_read_bit(const struct pmus *pmus, const char *pmu)
{
	struct event_code code = {.config1 = 0};
	char path[PATH_MAX];
	char format[TERM];

	(void)snprintf(
		path, sizeof(path), "/sys/bus/event_source/devices/%s/format/rdpmc", pmu);
	if (file_read_line(pmus->root, path, format, sizeof(format)) == 0)
		(void)put_bits(format, 1, &code);
	return code.config1;
}
