/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The group files that are shipped, against the codes of the vendors' manuals, which
 * tests/counters/data/event-codes.txt lists. Names are resolved by libpfm4's own tables
 * of each CPU, on any machine of the same architecture: libpfm4 settles on a CPU once a
 * process, hence a child for each. On x86 it holds no Arm tables, and a list of their
 * events stands in; the hybrid's PMUs are those of a recorded system. Run from the top of
 * the source tree.
 */
#include "base/file.h"
#include "counters/counters.h"
#include "counters/pmu.h"
#include "tests/counters/record.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define GROUPS "counters/groups"

/* Those that every CPU has; "software" is the same for all. */
static const char *const group_names[] = {
	"cpu", "cache", "fills", "tlb", "walks", "prefetch", "stalls"};
enum { GROUP_NAMES = 7, SOFTWARE_GROUPS = 1 };

enum resolver { BY_LIBPFM, BY_CODE, BY_RECORDED_PMU, BY_LIST };

static const struct cpu {
	const char *pmu; /* libpfm4's name, or what the CPU is */
	const char *folder;
	enum resolver resolver;
	bool nodes; /* has the group of that name too */
} cpus[] = {
	{"amd64_fam17h_zen2", "zen2", BY_LIBPFM, true},
	{"amd64_fam19h_zen3", "zen3", BY_LIBPFM, true},
	{"amd64_fam19h_zen4", "zen4", BY_LIBPFM, true},
	{"skx", "skx", BY_LIBPFM, true},
	{"clx", "skx", BY_LIBPFM, true},
	{"skl", "skx", BY_LIBPFM, false},
	{"icx", "icx", BY_LIBPFM, true},
	{"icl", "icx", BY_LIBPFM, false},
	{"spr", "spr", BY_LIBPFM, true},
	{"Zen 5", "zen5", BY_CODE, true},
	{"Emerald Rapids, Granite Rapids", "gnr", BY_CODE, true},
	{"Alder Lake, P core", "adl_glc", BY_RECORDED_PMU, false},
	{"Alder Lake, E core", "adl_grt", BY_RECORDED_PMU, false},
	{"arm_n1", "arm_n1", BY_LIST, false},
	{"arm_v1", "arm_v1", BY_LIST, false},
	{"arm_v2", "arm_v2", BY_LIST, false},
	{"Cortex-A72", "arm_ac72", BY_CODE, false},
};
enum { CPUS = sizeof(cpus) / sizeof(cpus[0]) };

static void load(struct group *group, const char *arch, const char *name)
{
	struct complaint complaint = {.what = ""};

	if (group_load(group, GROUPS, arch, name, &complaint))
		fail_msg("%s/%s: %s", arch, name, complaint.what);
	assert_string_equal(group->arch, arch);
}

static size_t groups_of(const struct cpu *cpu)
{
	return GROUP_NAMES + cpu->nodes;
}

static const char *group_of(size_t index)
{
	return index < GROUP_NAMES ? group_names[index] : "nodes";
}

/* The manual's codes of a group; fewer than the group has events where the list lacks
 * some. */
static size_t read_codes(
	const char *list, const struct group *group, uint64_t codes[GROUP_EVENTS + 1])
{
	char line[2 * GROUP_NAME + 4];
	size_t count = 0;
	const char *at;

	(void)snprintf(line, sizeof(line), "\n%s %s ", group->arch, group->name);
	at = strstr(list, line);
	for (at = at ? at + strlen(line) - 1 : "\n"; *at == ' ' && count <= GROUP_EVENTS;
		count++) {
		char *end;

		codes[count] = strtoull(at, &end, 16);
		at = end;
	}
	return count;
}

/* What the event's name is encoded as; in the child that settled on the CPU. */
static int resolve(const struct cpu *cpu, const char *list, struct pmus *recorded,
	const char *name, uint64_t *config)
{
	struct complaint complaint = {.what = ""};
	struct event_code code = {.type = PERF_TYPE_RAW};
	struct event_parts parts;
	char line[EVENT_NAME + 40];
	const char *found;
	int error = 0;

	switch (cpu->resolver) {
	case BY_LIST:
		(void)snprintf(line, sizeof(line), "\n%s %s ", cpu->folder, name);
		found = strstr(list, line);
		error = found ? 0 : -ENOENT;
		if (found)
			code.config = strtoull(found + strlen(line), NULL, 16);
		break;
	case BY_RECORDED_PMU:
		error = event_parts_find(&parts, recorded, name, &complaint);
		code = parts.parts[0].code;
		/* Types of the recorded system's core PMUs; a bare code would be on
		 * both. */
		if (!error &&
			(parts.count != 1 ||
				code.type !=
					(strcmp(cpu->folder, "adl_glc") == 0 ? 4u : 10u)))
			error = -EINVAL;
		code.type = PERF_TYPE_RAW;
		break;
	default:
		error = counters_encode(name, &code, &complaint);
	}
	if (error || code.type != PERF_TYPE_RAW) {
		print_error("%s: %s: %s (%s)\n", cpu->pmu, name, complaint.why,
			complaint.advice);
		return -EINVAL;
	}
	*config = code.config;
	return 0;
}

/* The number of the group's events when all encode as the manual says, else 0. */
static unsigned check_group(const struct cpu *cpu, const char *codes_list,
	const char *arm_list, struct pmus *recorded, const char *name)
{
	struct complaint complaint = {.what = ""};
	uint64_t codes[GROUP_EVENTS + 1];
	struct group group;
	unsigned good = 0;
	size_t count;

	if (group_load(&group, GROUPS, cpu->folder, name, &complaint) ||
		strcmp(group.arch, cpu->folder) != 0) {
		print_error("%s/%s: %s\n", cpu->folder, name, complaint.what);
		return 0;
	}
	count = read_codes(codes_list, &group, codes);
	for (size_t i = 0; i < group.events_count && count == group.events_count; i++) {
		uint64_t config;

		if (resolve(cpu, arm_list, recorded, group.events[i].name, &config))
			continue;
		if (config == codes[i])
			good++;
		else
			print_error("%s %s: %s is 0x%" PRIx64 ", not 0x%" PRIx64 "\n",
				cpu->pmu, name, group.events[i].name, config, codes[i]);
	}
	good = good == group.events_count ? good : 0;
	group_release(&group);
	return good;
}

static int check_cpu(const struct cpu *cpu)
{
	char root[] = "/tmp/test-group-files-XXXXXX";
	struct text codes, arm;
	struct pmus recorded;
	char arch[GROUP_NAME], pmu[GROUP_NAME];
	int events = 0;

	if (cpu->resolver == BY_LIBPFM) {
		if (setenv("LIBPFM_FORCE_PMU", cpu->pmu, 1))
			return 0;
		counters_arch(arch, pmu);
		if (strcmp(arch, cpu->folder) != 0 || strcmp(pmu, cpu->pmu) != 0) {
			print_error("%s is taken for %s in %s\n", cpu->pmu, pmu, arch);
			return 0;
		}
	}
	text_init(&codes);
	text_init(&arm);
	if (!mkdtemp(root) ||
		file_read_all("tests/counters/data/event-codes.txt", &codes) ||
		file_read_all("tests/counters/data/arm-events.txt", &arm))
		return 0;
	record_alder_lake(root);
	if (pmus_load(&recorded, root))
		return 0;
	for (size_t i = 0; i < groups_of(cpu); i++) {
		unsigned good =
			check_group(cpu, codes.bytes, arm.bytes, &recorded, group_of(i));

		if (!good) {
			events = 0;
			break;
		}
		events += (int)good;
	}
	pmus_release(&recorded);
	record_remove(root);
	text_release(&codes);
	text_release(&arm);
	return events;
}

/* What `run` returns in a child process. */
static int in_child(int (*run)(const struct cpu *cpu), const struct cpu *cpu)
{
	pid_t child = fork();
	int status;

	assert_true(child >= 0);
	if (child == 0)
		_exit(run(cpu));
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void test_resolution(void **state)
{
	size_t groups = 0;
	int resolved = 0;
	int elsewhere = 0;
	int events = 0;

	(void)state;
	for (size_t i = 0; i < CPUS; i++) {
		int good;

#if !defined(__x86_64__)
		if (cpus[i].resolver == BY_LIBPFM) {
			print_message("%s: libpfm4 for this architecture has no table\n",
				cpus[i].pmu);
			elsewhere++;
			continue;
		}
#endif
		good = in_child(check_cpu, &cpus[i]);
		if (good == 0)
			fail_msg("the groups of %s do not resolve", cpus[i].pmu);
		events += good;
		groups += groups_of(&cpus[i]) + SOFTWARE_GROUPS;
		resolved++;
	}
	print_message(
		"%zu groups resolved on %d CPUs, %d events; %d groups (and software) "
		"have the same names on all\n",
		groups, resolved, events, GROUP_NAMES);
	assert_true(resolved + elsewhere >= 12);
}

static int encode_generic(const struct cpu *cpu)
{
	struct complaint complaint = {.what = ""};
	int events = 0;

	(void)cpu;
	(void)unsetenv("LIBPFM_FORCE_PMU");
	for (size_t i = 0; i <= GROUP_NAMES; i++) {
		const char *name = i < GROUP_NAMES ? group_names[i] : "software";
		bool software = strcmp(name, "software") == 0;
		struct group group;

		if (group_load(&group, GROUPS, "generic", name, &complaint))
			return 0;
		for (size_t j = 0; j < group.events_count; j++) {
			struct event_code code;

			if (counters_encode(group.events[j].name, &code, &complaint) ||
				(code.type == PERF_TYPE_SOFTWARE) != software ||
				code.type > PERF_TYPE_HW_CACHE) {
				print_error("%s: %s\n", name, complaint.what);
				return 0;
			}
			events++;
		}
		group_release(&group);
	}
	return events;
}

static void test_generic(void **state)
{
	(void)state;
	assert_int_equal(in_child(encode_generic, NULL), 4 + 4 + 5 + 3 + 4 + 4 + 3 + 5);
}

static double metric_value(
	const struct group *group, const char *name, const double *counts)
{
	struct variable variables[GROUP_EVENTS + 4];
	size_t count = 0;
	double value = 0;

	for (; count < group->events_count; count++)
		variables[count] =
			(struct variable){group->events[count].counter, counts[count]};
	variables[count++] = (struct variable){"READS", 1000};
	variables[count++] = (struct variable){"WALL_NS", 2000};
	variables[count++] = (struct variable){"CPU_NS", 2000};
	variables[count++] = (struct variable){"time", 2e-6};
	for (size_t i = 0; i < group->metrics_count; i++) {
		if (strcmp(group->metrics[i].name, name) != 0)
			continue;
		assert_int_equal(formula_evaluate(group->metrics[i].formula, variables,
					 count, &value),
			0);
		return value;
	}
	fail_msg("%s/%s has no metric \"%s\"", group->arch, group->name, name);
	return NAN;
}

static void expect_metric(const char *arch, const char *name, const char *metric,
	const double *counts, double expected)
{
	struct group group;
	double value;

	load(&group, arch, name);
	value = metric_value(&group, metric, counts);
	group_release(&group);
	if (!(fabs(value - expected) < 1e-9))
		fail_msg("%s/%s: \"%s\" is %g, expected %g", arch, name, metric, value,
			expected);
}

/* What the folders must tell, of counts that are as real ones are. */
static void test_metrics(void **state)
{
	static const char *const folders[] = {"zen2", "zen3", "zen4", "zen5", "skx",
		"icx", "spr", "gnr", "adl_glc", "arm_n1", "arm_v1", "arm_v2"};
	static const double amd[GROUP_EVENTS] = {8000, 400, 300, 200, 50};
	static const double differences[GROUP_EVENTS] = {8000, 950, 550, 250, 30};
	static const double cpu[GROUP_EVENTS] = {6000, 1500, 1000, 10, 900};
	static const double walks[GROUP_EVENTS] = {8000, 400, 300, 700, 200, 50, 30, 280};
	static const double by_source[GROUP_EVENTS] = {8000, 400, 300, 250, 950, 20};

	(void)state;
	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
		const char *arch = folders[i];
		bool is_amd = strncmp(arch, "zen", 3) == 0;
		bool is_arm = strncmp(arch, "arm", 3) == 0;
		const double *cache = is_amd ? amd : differences;

		expect_metric(arch, "cpu", METRIC_CYCLES, cpu, 6);
		expect_metric(arch, "cpu", METRIC_INSTRUCTIONS, cpu, 1.5);
		expect_metric(arch, "cpu", METRIC_CLOCK, cpu, 3);
		expect_metric(arch, "cache", METRIC_CYCLES, cache, 8);
		expect_metric(arch, "cache", METRIC_L1_MISSES, cache, 0.95);
		expect_metric(arch, "cache", METRIC_FROM_L2, cache, 0.4);
		expect_metric(arch, "cache", METRIC_FROM_L3, cache, 0.3);
		expect_metric(
			arch, "cache", METRIC_FROM_DRAM, cache, is_amd ? 0.2 : 0.25);
		expect_metric(arch, "cache", METRIC_LLC_MISSES, cache, 0.25);
		expect_metric(arch, "tlb", METRIC_CYCLES, cache, 8);
		expect_metric(arch, "tlb", METRIC_PAGE_WALKS, cache, 0.55);
		expect_metric(arch, "tlb", METRIC_DTLB_L1_MISSES, cache,
			is_arm || is_amd ? 0.95 : 1.5);
		expect_metric(
			arch, "walks", METRIC_PAGE_WALKS, cache, is_amd ? 0.4 : 0.95);
		expect_metric(arch, "tlb", METRIC_DTLB_L2_HITS, cache,
			is_arm || is_amd ? 0.4 : 0.95);
		if (!is_amd && !is_arm)
			expect_metric(arch, "tlb", METRIC_WALK_CYCLES, cache, 0.03);
		if (is_amd && strcmp(arch, "zen2") != 0) {
			expect_metric(arch, "walks", METRIC_DTLB_L2_HITS, walks, 0.3);
			expect_metric(arch, "walks", METRIC_WALKER_FROM_L2, walks, 0.2);
			expect_metric(arch, "walks", METRIC_WALKER_FROM_L3, walks, 0.05);
			expect_metric(
				arch, "walks", METRIC_WALKER_FROM_DRAM, walks, 0.03);
		}
		if (!is_arm) {
			expect_metric(arch, "fills", METRIC_L1_MISSES, by_source, 0.95);
			expect_metric(arch, "fills", METRIC_FROM_L2, by_source, 0.4);
			expect_metric(arch, "fills", METRIC_FROM_DRAM, by_source, 0.25);
		}
	}
}

/* Whether LONG explains the counter, with the code that the manual gives. */
static bool is_explained(const struct group *group, size_t event, const uint64_t *codes)
{
	char start[24], code[24];
	const char *line;
	const char *end;

	(void)snprintf(start, sizeof(start), "\n%s", group->events[event].counter);
	line = strstr(group_notes(group), start);
	if (line && !strchr(" \n", line[strlen(start)]))
		return false;
	end = line ? strstr(line, ": ") : NULL;
	if (!end || !codes)
		return end != NULL;
	(void)snprintf(code, sizeof(code), "(0x%" PRIx64 ")", codes[event]);
	line = strstr(line, code);
	return line && line < end;
}

static bool is_known_kernel(const char *name)
{
	static const char *const kernels[] = {"loop", "chase-l1", "chase-l2", "chase-l3",
		"chase-dram", "pages-l1", "pages-l2", "pages-walk", "touch", "sleep",
		"migrate"};

	for (size_t i = 0; i < sizeof(kernels) / sizeof(kernels[0]); i++)
		if (strcmp(kernels[i], name) == 0)
			return true;
	return false;
}

/* Every event has some kernel that says what it must do: happen, or stay near zero. */
static void check_expectations(const struct group *group)
{
	uint32_t spoken_of = 0;

	for (size_t i = 0; i < group->expectations_count; i++) {
		const struct expectation *expectation = &group->expectations[i];

		if (!is_known_kernel(expectation->kernel))
			fail_msg("%s/%s expects of a kernel \"%s\"", group->arch,
				group->name, expectation->kernel);
		spoken_of |= group_formula_events(group, expectation->formula);
	}
	if (spoken_of != (1u << group->events_count) - 1)
		fail_msg("%s/%s expects nothing of some event (0x%x)", group->arch,
			group->name, spoken_of);
}

/* Rules for every file: cycles first, each event explained and held to something. */
static void check_file(const char *arch, const char *name, const char *list)
{
	uint64_t codes[GROUP_EVENTS + 1];
	struct group group;

	load(&group, arch, name);
	if (list)
		assert_int_equal(read_codes(list, &group, codes), group.events_count);
	if (strcmp(name, "software") != 0)
		assert_string_equal(group.metrics[0].name, METRIC_CYCLES);
	assert_non_null(strstr(group_notes(&group), "Source: "));
	for (size_t i = 0; i < group.events_count; i++)
		if (!is_explained(&group, i, list ? codes : NULL))
			fail_msg("%s/%s does not explain %s", arch, name,
				group.events[i].counter);
	check_expectations(&group);
	group_release(&group);
}

static void test_files(void **state)
{
	struct text list;

	(void)state;
	text_init(&list);
	assert_int_equal(file_read_all("tests/counters/data/event-codes.txt", &list), 0);
	for (size_t i = 0; i < CPUS; i++)
		for (size_t j = 0; j < groups_of(&cpus[i]); j++)
			check_file(cpus[i].folder, group_of(j), list.bytes);
	for (size_t j = 0; j < GROUP_NAMES; j++)
		check_file("generic", group_names[j], NULL);
	check_file("generic", "software", NULL);
	text_release(&list);
}

/* Sums are counted where the PMU can: demand fills by source on AMD and Intel's big
 * cores, the walker's own on Zen 3 and later. */
static void test_identities(void **state)
{
	static const struct {
		const char *arch, *group, *name;
	} required[] = {
		{"zen2", "fills", "Demand fills by source"},
		{"zen3", "fills", "Demand fills by source"},
		{"zen4", "fills", "Demand fills by source"},
		{"zen5", "fills", "Demand fills by source"},
		{"skx", "fills", "Loads by source"},
		{"icx", "fills", "Loads by source"},
		{"spr", "fills", "Loads by source"},
		{"gnr", "fills", "Loads by source"},
		{"adl_glc", "fills", "Loads by source"},
		{"arm_n1", "fills", "L1 refills by source"},
		{"arm_v1", "fills", "L1 refills by source"},
		{"arm_v2", "fills", "L1 refills by source"},
		{"zen3", "walks", "Walker fills by source"},
		{"zen4", "walks", "Walker fills by source"},
		{"zen5", "walks", "Walker fills by source"},
		{"generic", "software", "Page faults by kind"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(required) / sizeof(required[0]); i++) {
		bool found = false;
		struct group group;

		load(&group, required[i].arch, required[i].group);
		for (size_t j = 0; j < group.identities_count; j++)
			found = found ||
				strcmp(group.identities[j].name, required[i].name) == 0;
		if (!found)
			fail_msg("%s/%s has no identity \"%s\"", required[i].arch,
				required[i].group, required[i].name);
		group_release(&group);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_resolution),
		cmocka_unit_test(test_generic),
		cmocka_unit_test(test_metrics),
		cmocka_unit_test(test_files),
		cmocka_unit_test(test_identities),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
