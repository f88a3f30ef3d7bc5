/* SPDX-License-Identifier: GPL-3.0-or-later */
/* PMUs and events by the sysfs of recorded systems. */
#include "counters/pmu.h"
#include "tests/counters/record.h"

#include <errno.h>
#include <perfmon/pfmlib.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct system {
	char root[32];
	struct pmus pmus;
	struct event_parts parts;
	struct complaint complaint;
};

static void begin(struct system *system, void (*record)(const char *root))
{
	memset(system, 0, sizeof(*system));
	(void)snprintf(system->root, sizeof(system->root), "/tmp/test-pmu-XXXXXX");
	assert_non_null(mkdtemp(system->root));
	if (record)
		record(system->root);
	assert_int_equal(pmus_load(&system->pmus, system->root), 0);
}

static void end(struct system *system)
{
	pmus_release(&system->pmus);
	record_remove(system->root);
}

static int find(struct system *system, const char *name)
{
	system->complaint = (struct complaint){.what = ""};
	return event_parts_find(&system->parts, &system->pmus, name, &system->complaint);
}

static void expect(struct system *system, const char *name, size_t parts)
{
	if (find(system, name))
		fail_msg("%s: %s: %s", name, system->complaint.what,
			system->complaint.why);
	assert_int_equal(system->parts.count, parts);
}

static void expect_part(const struct event_part *part, const char *pmu, uint32_t type,
	uint64_t config, size_t units)
{
	assert_string_equal(part->pmu, pmu);
	assert_int_equal(part->code.type, type);
	if (part->code.config != config)
		fail_msg("%s: config 0x%llx", pmu, (unsigned long long)part->code.config);
	assert_int_equal(part->units_count, units);
}

static void test_hybrid(void **state)
{
	struct system system;
	char text[64];

	(void)state;
	begin(&system, record_alder_lake);
	assert_int_equal(pmus_count_cores(&system.pmus), 2);
	/* perf's generic events carry the PMU's type; raw ones have it as theirs. */
	expect(&system, "perf::CYCLES", 2);
	expect_part(&system.parts.parts[0], "cpu_core", 0, 0x400000000, 1);
	expect_part(&system.parts.parts[1], "cpu_atom", 0, 0xa00000000, 1);
	assert_string_equal(
		cpus_format(text, sizeof(text), system.parts.parts[1].units[0].cpus),
		"4-7");
	expect(&system, "perf::L1-DCACHE-LOAD-MISSES", 2);
	assert_int_equal(system.parts.parts[0].code.type, PERF_TYPE_HW_CACHE);
	assert_true(system.parts.parts[0].code.config >> 32 == 4);
	expect(&system, "r0f45", 2);
	expect_part(&system.parts.parts[0], "cpu_core", 4, 0x0f45, 1);
	expect_part(&system.parts.parts[1], "cpu_atom", 10, 0x0f45, 1);
	/* One type of core by its name; a name of events/ of each; software once. */
	expect(&system, "cpu_atom/event=0xd1,umask=0x10/", 1);
	expect_part(&system.parts.parts[0], "cpu_atom", 10, 0x10d1, 1);
	expect(&system, "cpu_core/mem-loads/", 1);
	expect_part(&system.parts.parts[0], "cpu_core", 4, 0x1cd, 1);
	expect(&system, "perf::PAGE-FAULTS", 1);
	assert_string_equal(system.parts.parts[0].pmu, "software");
	end(&system);
}

/*
 * libpfm4 looks for PMUs on the live system alone, and not every version knows Alder
 * Lake: here two of its tables stand for those where a test says so, with an event that
 * both have under other codes, and one that only one has.
 */
static bool alder_lake;

int __real_counters_encode(
	const char *name, struct event_code *code, struct complaint *complaint);
int __wrap_counters_encode(
	const char *name, struct event_code *code, struct complaint *complaint);
pfm_err_t __real_pfm_get_pmu_info(pfm_pmu_t pmu, pfm_pmu_info_t *info);
pfm_err_t __wrap_pfm_get_pmu_info(pfm_pmu_t pmu, pfm_pmu_info_t *info);

pfm_err_t __wrap_pfm_get_pmu_info(pfm_pmu_t pmu, pfm_pmu_info_t *info)
{
	pfm_err_t result = __real_pfm_get_pmu_info(pmu, info);

	if (result != PFM_SUCCESS || !alder_lake)
		return result;
	info->is_present =
		strcmp(info->name, "icl") == 0 || strcmp(info->name, "skl") == 0;
	if (strcmp(info->name, "icl") == 0)
		info->name = "adl_glc";
	if (strcmp(info->name, "skl") == 0)
		info->name = "adl_grt";
	return result;
}

int __wrap_counters_encode(
	const char *name, struct event_code *code, struct complaint *complaint)
{
	static const struct {
		const char *name;
		uint32_t type;
		uint64_t config;
	} names[] = {
		{"LOADS", 4, 0x81d0},
		{"adl_glc::LOADS", 4, 0x81d0},
		{"adl_grt::LOADS", 10, 0x81c0},
		{"BOUND", 10, 0x34},
		{"adl_grt::BOUND", 10, 0x34},
	};

	for (size_t i = 0; alder_lake && i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcmp(names[i].name, name) != 0)
			continue;
		*code = (struct event_code){
			.type = names[i].type, .config = names[i].config};
		return 0;
	}
	return __real_counters_encode(name, code, complaint);
}

static void test_hybrid_names(void **state)
{
	struct system system;

	(void)state;
#if !defined(__x86_64__)
	print_message("libpfm4 for this architecture has no table to stand for it\n");
	skip();
#endif
	begin(&system, record_alder_lake);
	alder_lake = true;
	/* Each type of core by its own code. */
	expect(&system, "LOADS:k", 2);
	expect_part(&system.parts.parts[0], "cpu_core", 4, 0x81d0, 1);
	expect_part(&system.parts.parts[1], "cpu_atom", 10, 0x81c0, 1);
	assert_true(system.parts.filtered && system.parts.filter.kernel);
	/* What one type alone has, and what was asked of one alone. */
	expect(&system, "BOUND", 1);
	expect_part(&system.parts.parts[0], "cpu_atom", 10, 0x34, 1);
	expect(&system, "adl_glc::LOADS", 1);
	expect_part(&system.parts.parts[0], "cpu_core", 4, 0x81d0, 1);
	alder_lake = false;
	end(&system);
}

static void test_epyc(void **state)
{
	const struct event_part *part;
	struct system system;
	char text[64];

	(void)state;
	begin(&system, record_epyc);
	assert_int_equal(pmus_count_cores(&system.pmus), 1);
	expect(&system, "perf::CYCLES", 1);
	expect_part(&system.parts.parts[0], "cpu", 0, 0, 1);
	expect(&system, "amd_l3/event=0x04,umask=0xff,enallslices,threadmask=3/", 1);
	part = &system.parts.parts[0];
	expect_part(part, "amd_l3", 11, 0x030040000000ff04, 1);
	assert_int_equal(part->kind, PMU_SYSTEM);
	assert_string_equal(
		cpus_format(text, sizeof(text), part->units[0].cpus), "0,8,16,24");
	/* A term's bits go where the format has them, apart. */
	expect(&system, "amd_df/event=0x1f47,umask=0x38/", 1);
	expect_part(&system.parts.parts[0], "amd_df", 12, 0x0800000f00003847, 1);
	/* More bits than the format has. */
	assert_int_equal(find(&system, "amd_l3/umask=0x1ff/"), -ERANGE);
	assert_non_null(strstr(system.complaint.why, "does not fit"));
	end(&system);
}

static void test_units(void **state)
{
	static const char *const names[] = {
		"cha/event=0x35,umask=0x1/", "uncore_cha/event=0x35,umask=0x1/"};
	struct system system;

	(void)state;
	begin(&system, record_sapphire_rapids);
	for (size_t i = 0; i < 2; i++) {
		expect(&system, names[i], 1);
		expect_part(
			&system.parts.parts[0], i ? "uncore_cha" : "cha", 30, 0x135, 12);
		/* uncore_cha_2 before uncore_cha_10. */
		for (unsigned u = 0; u < 12; u++)
			assert_int_equal(system.parts.parts[0].units[u].type, 30 + u);
	}
	expect(&system, "uncore_cha_11/event=0x35/", 1);
	expect_part(&system.parts.parts[0], "uncore_cha_11", 41, 0x35, 1);
	/* The free-running counters are a PMU of another kind than the channels'. */
	expect(&system, "imc/cas_count_read/", 1);
	expect_part(&system.parts.parts[0], "imc", 60, 0xcf05, 8);
	end(&system);
}

static void test_arm(void **state)
{
	struct system system;

	(void)state;
	begin(&system, record_neoverse);
	assert_int_equal(pmus_count_cores(&system.pmus), 1);
	expect(&system, "arm_cmn/hnf_cache_miss/", 1);
	expect_part(&system.parts.parts[0], "arm_cmn", 9, 0x10005, 1);
	assert_int_equal(system.parts.parts[0].kind, PMU_SYSTEM);
	expect(&system, "perf::CYCLES", 1);
	expect_part(&system.parts.parts[0], "armv8_pmuv3_0", 0, 0, 1);
	/* Being read in user space is asked for in config1. */
	assert_int_equal(pmus_user_read_bit(&system.pmus, "armv8_pmuv3_0"), 2);
	assert_int_equal(pmus_user_read_bit(&system.pmus, "arm_cmn_0"), 0);
	end(&system);
}

static void record_armv8(struct system *system, const char *name, unsigned event)
{
	char term[64], line[32];

	(void)snprintf(term, sizeof(term), "events/%s", name);
	(void)snprintf(line, sizeof(line), "event=0x%04x\n", event);
	record_term(system->root, "armv8_pmuv3_0", term, line);
}

static bool lacks(struct system *system, const char *name)
{
	expect(system, name, 1);
	return pmus_lack(&system->pmus, &system->parts.parts[0]);
}

/* An Arm core tells which common events it has. */
static void test_implemented(void **state)
{
	struct system system;

	(void)state;
	begin(&system, record_neoverse);
	assert_false(lacks(&system, "r3")); /* no list */
	record_armv8(&system, "inst_retired", 0x08);
	assert_false(lacks(&system, "r3")); /* one without cycles is not believed */
	record_armv8(&system, "cpu_cycles", 0x11);
	record_armv8(&system, "stall_backend", 0x24);
	assert_false(lacks(&system, "r8") || lacks(&system, "r11"));
	assert_true(lacks(&system, "r3") && lacks(&system, "r30"));
	assert_true(lacks(&system, "armv8_pmuv3_0/event=0x21/"));
	/* Not listed whether they are there or not; the core's own; perf's names. */
	assert_false(lacks(&system, "r0") || lacks(&system, "r1e"));
	assert_false(lacks(&system, "r42") || lacks(&system, "r4004"));
	assert_false(lacks(&system, "perf::INSTRUCTIONS"));
	assert_false(lacks(&system, "arm_cmn/hnf_cache_miss/"));
	/* Names that came later may be unknown to the kernel. */
	assert_false(lacks(&system, "r34") || lacks(&system, "r3c"));
	record_armv8(&system, "remote_access", 0x31);
	assert_true(lacks(&system, "r34"));
	assert_false(lacks(&system, "r3c"));
	record_armv8(&system, "stall", 0x3c);
	assert_true(lacks(&system, "r3f"));
	assert_false(lacks(&system, "r3c"));
	end(&system);
	/* Other architectures' codes mean other things. */
	begin(&system, record_epyc);
	record_term(system.root, "cpu", "events/cycles", "event=0x11\n");
	assert_false(lacks(&system, "r3"));
	end(&system);
}

static void expect_complaint(
	struct system *system, const char *name, const char *why, const char *advice)
{
	assert_true(find(system, name) < 0);
	if (!strstr(system->complaint.why, why))
		fail_msg("%s: \"%s\" lacks \"%s\"", name, system->complaint.why, why);
	if (!strstr(system->complaint.advice, advice))
		fail_msg("%s: \"%s\" lacks \"%s\"", name, system->complaint.advice,
			advice);
}

static void expect_list(
	struct system *system, const char *pattern, const char *pmu, const char *list)
{
	struct text text;
	int lines = 0;

	text_init(&text);
	for (const char *at = list; *at; at++)
		lines += *at == '\n';
	assert_int_equal(pmus_list_events(&system->pmus, pattern, pmu, &text), lines);
	assert_string_equal(text.bytes, list);
	text_release(&text);
}

static void test_listed(void **state)
{
	struct system system;
	char name[64];

	(void)state;
	begin(&system, record_neoverse);
	record_armv8(&system, "stall_backend", 0x24);
	record_armv8(&system, "of_no_table", 0x08);
	record_armv8(&system, "stall", 0x3c);
	record_term(system.root, "arm_cmn_0", "events/hnf_cache_miss.scale", "64\n");
	expect_list(&system, "STALL", NULL,
		"armv8_pmuv3_0/stall/                        event=0x003c\n"
		"armv8_pmuv3_0/stall_backend/                event=0x0024\n");
	expect_list(&system, "", "arm_cmn",
		"arm_cmn_0/hnf_cache_miss/                   type=0x5,eventid=0x1\n");
	expect_list(&system, "", "arm_cmn_7", "");
	expect_complaint(&system, "OF_NO_TABLE", "", "lists it as armv8_pmuv3_0/of_no_");
	assert_true(pmus_find_namesake(&system.pmus, "Of_No_Table", name, sizeof(name)));
	assert_string_equal(name, "armv8_pmuv3_0/of_no_table/");
	assert_false(
		pmus_find_namesake(&system.pmus, "HNF_CACHE_MISS", name, sizeof(name)));
	end(&system);
}

static void test_modifiers(void **state)
{
	static const struct {
		const char *name;
		bool user, kernel, hypervisor, host, guest;
	} cases[] = {
		{"perf::CYCLES:k", false, true, false, false, false},
		{"perf::CYCLES:uk", true, true, false, false, false},
		{"r0f45:uH", true, false, false, true, false},
		{"cpu_core/mem-loads/kG", false, true, false, false, true},
		{"cpu_core/mem-loads/:h", false, false, true, false, false},
	};
	struct system system;

	(void)state;
	begin(&system, record_alder_lake);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct counter_filter *filter = &system.parts.filter;

		assert_int_equal(find(&system, cases[i].name), 0);
		assert_true(system.parts.filtered);
		assert_true(filter->user == cases[i].user &&
			    filter->kernel == cases[i].kernel &&
			    filter->hypervisor == cases[i].hypervisor &&
			    filter->host == cases[i].host &&
			    filter->guest == cases[i].guest);
	}
	assert_int_equal(find(&system, "perf::CYCLES"), 0);
	assert_false(system.parts.filtered);
	/* Neither twice nor another letter: part of a name that does not exist then. */
	assert_true(find(&system, "perf::CYCLES:kk") < 0);
	assert_true(find(&system, "perf::CYCLES:q") < 0);
	end(&system);
}

static void test_complaints(void **state)
{
	struct system system;

	(void)state;
	begin(&system, record_epyc);
	record_term(system.root, "cpu", "format/strange", "config9:0-7\n");
	record_term(system.root, "cpu", "format/torn", "config:7-\n");
	expect_complaint(&system, "amd_l4/event=1/", "no PMU \"amd_l4\"", "amd_l3");
	expect_complaint(&system, "amd_l3/evnt=1/", "no term \"evnt\"", "event");
	expect_complaint(&system, "amd_l3/misses/", "no event \"misses\"", "perf list");
	expect_complaint(&system, "amd_l3/event=x/", "no number", "");
	expect_complaint(&system, "amd_l3/event=/", "no number", "");
	expect_complaint(&system, "amd_l3//", "no event is named", "perf list");
	expect_complaint(&system, "cpu/strange=1/", "unknown", "");
	expect_complaint(&system, "cpu/torn=1/", "unknown", "");
	expect_complaint(&system, "cpu/../type/", "no ", "");
	assert_int_equal(find(&system, "cpu/config=0x76,config1=3/"), 0);
	assert_int_equal(system.parts.parts[0].code.config, 0x76);
	assert_int_equal(system.parts.parts[0].code.config1, 3);
	end(&system);
	/* A system without sysfs has no PMU, and its events are the classic ones. */
	begin(&system, NULL);
	assert_int_equal(system.pmus.count, 0);
	expect(&system, "r76", 1);
	expect_part(&system.parts.parts[0], "cpu", PERF_TYPE_RAW, 0x76, 1);
	expect_complaint(&system, "cpu/event=1/", "no PMU", "none");
	end(&system);
}

/* The table of a generic event is one line of text; it may not name itself. */
static void test_loops(void **state)
{
	struct system system;

	(void)state;
	begin(&system, record_epyc);
	record_term(system.root, "cpu", "events/loop", "loop\n");
	expect_complaint(&system, "cpu/loop/", "no event", "loop");
	end(&system);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hybrid),
		cmocka_unit_test(test_hybrid_names),
		cmocka_unit_test(test_epyc),
		cmocka_unit_test(test_units),
		cmocka_unit_test(test_arm),
		cmocka_unit_test(test_implemented),
		cmocka_unit_test(test_listed),
		cmocka_unit_test(test_modifiers),
		cmocka_unit_test(test_complaints),
		cmocka_unit_test(test_loops),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
