/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The group files that are shipped, against libpfm4's tables of each CPU. libpfm4 settles
 * on a CPU once a process, hence a child for each; on x86 it holds no Arm tables, and a
 * list of the architecture's public event numbers stands in. Run from the top of the
 * source tree.
 */
#include "base/file.h"
#include "counters/counters.h"

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

static const char *const group_names[] = {"cpu", "cache", "tlb"};
enum { GROUP_NAMES = 3, HARDWARE_EVENTS_MAX = 5 };

/* The codes that the vendors' manuals give, in the order of the group's events. */
struct codes {
	const char *group;
	uint64_t config[HARDWARE_EVENTS_MAX + 1];
};

static const struct codes zen2_codes[] = {
	{"cpu", {0x76, 0xc0, 0x129}},
	{"cache", {0x76, 0x143, 0x243, 0x4843, 0x1043}},
	{"tlb", {0x76, 0x0f45, 0x3045, 0x4045, 0x8045}},
};
static const struct codes zen3_codes[] = {
	{"cpu", {0x76, 0xc0, 0x129}},
	{"cache", {0x76, 0x143, 0x243, 0x4843, 0x1443}},
	{"tlb", {0x76, 0x0f45, 0x3045, 0x4045, 0x8045}},
};
static const struct codes zen4_codes[] = {
	{"cpu", {0x76, 0xc0, 0x129}},
	{"cache", {0x76, 0x143, 0x243, 0xc843, 0x1443}},
	{"tlb", {0x76, 0x0f45, 0x3045, 0x4045, 0x8045}},
};
static const struct codes skx_codes[] = {
	{"cpu", {0x3c, 0xc0, 0x81d0}},
	{"cache", {0x3c, 0x8d1, 0x10d1, 0x20d1, 0x40d1}},
	{"tlb", {0x3c, 0x2008, 0xe08, 0x408, 0x1001008}},
};
static const struct codes spr_codes[] = {
	{"cpu", {0x3c, 0xc0, 0x81d0}},
	{"cache", {0x3c, 0x8d1, 0x10d1, 0x20d1, 0x40d1}},
	{"tlb", {0x3c, 0x2012, 0xe12, 0x412, 0x1001012}},
};

static const struct cpu {
	const char *pmu;
	const char *folder;
	const struct codes *codes;
} cpus[] = {
	{"amd64_fam17h_zen2", "zen2", zen2_codes},
	{"amd64_fam19h_zen3", "zen3", zen3_codes},
	{"amd64_fam19h_zen4", "zen4", zen4_codes},
	{"skx", "skx", skx_codes},
	{"clx", "skx", skx_codes},
	{"skl", "skx", skx_codes},
	{"icx", "icx", skx_codes},
	{"icl", "icx", skx_codes},
	{"spr", "spr", spr_codes},
};
enum { CPUS = sizeof(cpus) / sizeof(cpus[0]) };

static void load(struct group *group, const char *arch, const char *name)
{
	struct complaint complaint = {.what = ""};

	if (group_load(group, GROUPS, arch, name, &complaint))
		fail_msg("%s/%s: %s", arch, name, complaint.what);
	assert_string_equal(group->arch, arch);
}

/* In the child: the number of events that encode as the manual says; the rest is printed.
 */
static unsigned encode_group(const struct cpu *cpu, const struct codes *codes)
{
	struct complaint complaint = {.what = ""};
	struct group group;
	unsigned good = 0;

	if (group_load(&group, GROUPS, cpu->folder, codes->group, &complaint)) {
		print_error("%s/%s: %s\n", cpu->folder, codes->group, complaint.what);
		return 0;
	}
	for (size_t i = 0; i < group.events_count; i++) {
		struct event_code code;

		if (counters_encode(group.events[i].name, &code, &complaint))
			print_error("%s: %s: %s (%s)\n", cpu->pmu, complaint.what,
				complaint.why, complaint.advice);
		else if (code.config != codes->config[i] || code.type != 4 /* raw */)
			print_error("%s: %s is 0x%" PRIx64 " of type %u, not 0x%" PRIx64
				    "\n",
				cpu->pmu, group.events[i].name, code.config, code.type,
				codes->config[i]);
		else
			good++;
	}
	good = good == group.events_count && codes->config[good] == 0 ? good : 0;
	group_release(&group);
	return good;
}

static int encode_cpu(const struct cpu *cpu)
{
	char arch[GROUP_NAME];
	char pmu[GROUP_NAME];
	int events = 0;

	if (setenv("LIBPFM_FORCE_PMU", cpu->pmu, 1))
		return 0;
	counters_arch(arch, pmu);
	if (strcmp(arch, cpu->folder) != 0 || strcmp(pmu, cpu->pmu) != 0) {
		print_error("%s is taken for %s in %s\n", cpu->pmu, pmu, arch);
		return 0;
	}
	for (size_t i = 0; i < GROUP_NAMES; i++) {
		unsigned good = encode_group(cpu, &cpu->codes[i]);

		if (!good)
			return 0;
		events += (int)good;
	}
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

static void test_x86(void **state)
{
	int events = 0;

	(void)state;
#if !defined(__x86_64__)
	print_message("libpfm4 for this architecture holds no x86 tables\n");
	skip();
#endif
	for (size_t i = 0; i < CPUS; i++) {
		int good = in_child(encode_cpu, &cpus[i]);

		if (good == 0)
			fail_msg("the groups of %s do not resolve", cpus[i].pmu);
		events += good;
	}
	print_message("%d groups resolved: %d groups x %d CPUs, %d events\n",
		GROUP_NAMES * CPUS, GROUP_NAMES, CPUS, events);
}

static int encode_generic(const struct cpu *cpu)
{
	static const char *const names[] = {"cpu", "cache", "tlb", "software"};
	struct complaint complaint = {.what = ""};
	int events = 0;

	(void)cpu;
	(void)unsetenv("LIBPFM_FORCE_PMU");
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		bool software = strcmp(names[i], "software") == 0;
		struct group group;

		if (group_load(&group, GROUPS, "generic", names[i], &complaint))
			return 0;
		for (size_t j = 0; j < group.events_count; j++) {
			struct event_code code;

			if (counters_encode(group.events[j].name, &code, &complaint) ||
				(code.type == 1 /* software */) != software) {
				print_error("%s: %s\n", names[i], complaint.what);
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
	assert_int_equal(in_child(encode_generic, NULL), 2 + 4 + 3 + 5);
}

/* Whether the list of Arm events has this one, and the group's text says the same number.
 */
static bool is_arm_event(const char *list, const struct group *group, const char *name)
{
	char line[EVENT_NAME + 80];
	const char *found;
	char number[16];

	(void)snprintf(line, sizeof(line), "\n%s %s ", group->arch, name);
	found = strstr(list, line);
	if (!found || sscanf(found + strlen(line), "%15s", number) != 1)
		return false;
	(void)snprintf(line, sizeof(line), "%s (%s)", name, number);
	return strstr(group->text, line) != NULL;
}

static void test_arm(void **state)
{
	static const char *const folders[] = {"arm_n1", "arm_v1"};
	struct text list;

	(void)state;
	text_init(&list);
	assert_int_equal(file_read_all("tests/counters/data/arm-events.txt", &list), 0);
	for (size_t i = 0; i < 2; i++)
		for (size_t j = 0; j < GROUP_NAMES; j++) {
			struct group group;

			load(&group, folders[i], group_names[j]);
			for (size_t k = 0; k < group.events_count; k++)
				if (!is_arm_event(
					    list.bytes, &group, group.events[k].name))
					fail_msg("%s/%s: %s is no event of it",
						folders[i], group_names[j],
						group.events[k].name);
			group_release(&group);
		}
	text_release(&list);
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

/* What every folder must tell, of counts that are as real ones are. */
static void test_metrics(void **state)
{
	static const char *const folders[] = {
		"zen2", "zen3", "zen4", "skx", "icx", "spr", "arm_n1", "arm_v1"};
	static const double amd[] = {8000, 400, 300, 200, 50};
	static const double differences[] = {8000, 950, 550, 250, 30};
	static const double cpu[] = {6000, 1500, 1000};

	(void)state;
	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
		const char *arch = folders[i];
		bool is_amd = strncmp(arch, "zen", 3) == 0;
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
			strncmp(arch, "arm", 3) == 0 || is_amd ? 0.95 : 1.5);
	}
}

/* Rules for every file: cycles first, at most five hardware events, each event explained.
 */
static void check_file(const char *arch, const char *name)
{
	struct group group;
	const char *text;

	load(&group, arch, name);
	assert_true(group.events_count <= HARDWARE_EVENTS_MAX);
	if (strcmp(name, "software") != 0)
		assert_string_equal(group.metrics[0].name, METRIC_CYCLES);
	text = strstr(group.text, "\nLONG\n");
	assert_non_null(text);
	assert_non_null(strstr(text, "Source: "));
	for (size_t i = 0; i < group.events_count; i++) {
		const char *event = group.events[i].name;
		char bare[EVENT_NAME];

		if (strncmp(event, "perf::", 6) == 0)
			event += 6;
		(void)snprintf(
			bare, sizeof(bare), "%.*s", (int)strcspn(event, ":"), event);
		if (!strstr(text, bare))
			fail_msg("%s/%s does not explain %s", arch, name, bare);
	}
	group_release(&group);
}

static void test_files(void **state)
{
	static const char *const folders[] = {"zen2", "zen3", "zen4", "skx", "icx", "spr",
		"arm_n1", "arm_v1", "generic"};

	(void)state;
	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++)
		for (size_t j = 0; j < GROUP_NAMES; j++)
			check_file(folders[i], group_names[j]);
	check_file("generic", "software");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_x86),
		cmocka_unit_test(test_generic),
		cmocka_unit_test(test_arm),
		cmocka_unit_test(test_metrics),
		cmocka_unit_test(test_files),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
