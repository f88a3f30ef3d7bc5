/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "counters/counters.h"
#include "counters/nearest.h"

#include <ctype.h>
#include <errno.h>
#include <perfmon/pfmlib_perf_event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* "r" and hexadecimal digits: the config word of the core PMU, as perf writes it. */
static bool is_raw(const char *name)
{
	size_t digits = strspn(name + (*name != '\0'), "0123456789abcdefABCDEF");

	return name[0] == 'r' && digits > 0 && digits <= 16 && name[1 + digits] == '\0';
}

static int encode_raw(const char *name, struct event_code *code)
{
	*code = (struct event_code){.type = PERF_TYPE_RAW, .raw = true};
	code->config = strtoull(name + 1, NULL, 16);
	(void)snprintf(code->full_name, sizeof(code->full_name), "%s", name);
	return 0;
}

/* Software events of perf's that libpfm4 does not list. */
static const struct {
	const char *name;
	uint64_t config;
} software[] = {
	{"alignment-faults", PERF_COUNT_SW_ALIGNMENT_FAULTS},
	{"emulation-faults", PERF_COUNT_SW_EMULATION_FAULTS},
	{"dummy", PERF_COUNT_SW_DUMMY},
};

static int encode_software(const char *name, struct event_code *code)
{
	for (size_t i = 0; i < sizeof(software) / sizeof(software[0]); i++) {
		if (strcmp(software[i].name, name) != 0)
			continue;
		*code = (struct event_code){
			.type = PERF_TYPE_SOFTWARE, .config = software[i].config};
		(void)snprintf(
			code->full_name, sizeof(code->full_name), "perf::%s", name);
		return 0;
	}
	return -ENOENT;
}

static void complain(const char *name, int result, struct complaint *complaint)
{
	char names[sizeof(complaint->advice) - 32];
	char owners[96];

	complaint_what(complaint, "event %s cannot be encoded", name);
	if (result == PFM_ERR_UMASK || result == PFM_ERR_ATTR ||
		result == PFM_ERR_FEATCOMB) {
		complaint_why(complaint, "libpfm4 knows the event, but: %s",
			pfm_strerror(result));
		nearest_masks(names, sizeof(names), name);
		if (names[0])
			complaint_advise(complaint, "its unit masks: %s", names);
	} else {
		nearest_owners(owners, sizeof(owners), name);
		if (owners[0])
			complaint_why(complaint,
				"libpfm4 knows it for other CPUs (%s), and for this one "
				"says: %s",
				owners, pfm_strerror(result));
		else
			complaint_why(complaint, "libpfm4 for this CPU says: %s",
				pfm_strerror(result));
		nearest_events(names, sizeof(names), name);
		if (names[0])
			complaint_advise(complaint, "nearest names: %s", names);
	}
	if (!names[0])
		complaint_advise(complaint,
			"`escalier events` lists names; a raw code such as r0f45 needs none");
}

static int to_errno(int result)
{
	switch (result) {
	case PFM_ERR_NOTFOUND:
		return -ENOENT;
	case PFM_ERR_NOTSUPP:
		return -EOPNOTSUPP;
	case PFM_ERR_NOMEM:
		return -ENOMEM;
	default:
		return -EINVAL;
	}
}

int counters_encode(
	const char *name, struct event_code *code, struct complaint *complaint)
{
	struct perf_event_attr attr = {.size = sizeof(attr)};
	char *full_name = NULL;
	pfm_perf_encode_arg_t argument = {
		.attr = &attr, .fstr = &full_name, .size = sizeof(argument)};
	int result;

	if (is_raw(name))
		return encode_raw(name, code);
	if (encode_software(name, code) == 0)
		return 0;
	result = pfm_initialize();
	if (result == PFM_SUCCESS)
		result = pfm_get_os_event_encoding(
			name, PFM_PLM3, PFM_OS_PERF_EVENT_EXT, &argument);
	if (result != PFM_SUCCESS) {
		complain(name, result, complaint);
		return to_errno(result);
	}
	*code = (struct event_code){.type = attr.type,
		.config = attr.config,
		.config1 = attr.config1,
		.config2 = attr.config2};
	(void)snprintf(code->full_name, sizeof(code->full_name), "%s",
		full_name ? full_name : name);
	free(full_name);
	return 0;
}
