/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "counters/counters.h"
#include "counters/nearest.h"

#include <errno.h>
#include <linux/perf_event.h>
#include <perfmon/pfmlib.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void expect(const char *name, uint32_t type, uint64_t config)
{
	struct complaint complaint = {.what = ""};
	struct event_code code;

	if (counters_encode(name, &code, &complaint))
		fail_msg("%s: %s", complaint.what, complaint.why);
	assert_int_equal(code.type, type);
	assert_int_equal(code.config, config);
	assert_true(code.full_name[0] != '\0');
}

/* perf's own names are the same on every CPU. */
static void test_generic(void **state)
{
	(void)state;
	expect("perf::CYCLES", PERF_TYPE_HARDWARE, PERF_COUNT_HW_CPU_CYCLES);
	expect("perf::INSTRUCTIONS", PERF_TYPE_HARDWARE, PERF_COUNT_HW_INSTRUCTIONS);
	expect("perf::PAGE-FAULTS", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_PAGE_FAULTS);
	expect("perf::PERF_COUNT_HW_CACHE_DTLB:READ:MISS", PERF_TYPE_HW_CACHE,
		PERF_COUNT_HW_CACHE_DTLB | PERF_COUNT_HW_CACHE_RESULT_MISS << 16);
}

static void test_raw(void **state)
{
	(void)state;
	expect("r0f45", PERF_TYPE_RAW, 0x0f45);
	expect("r1001008", PERF_TYPE_RAW, 0x1001008);
	expect("rC0", PERF_TYPE_RAW, 0xc0);
	expect("rffffffffffffffff", PERF_TYPE_RAW, UINT64_MAX);
}

static void test_unknown(void **state)
{
	struct complaint complaint = {.what = ""};
	struct event_code code;

	(void)state;
	assert_int_equal(counters_encode("PAGE-FUALTS", &code, &complaint), -ENOENT);
	assert_string_equal(complaint.what, "event PAGE-FUALTS cannot be encoded");
	assert_non_null(strstr(complaint.advice, "PAGE-FAULTS"));
	/* The name without its PMU is what is compared. */
	assert_int_equal(counters_encode("perf::CYCLE", &code, &complaint), -ENOENT);
	assert_non_null(strstr(complaint.advice, "nearest names: CYCLES"));
	/* Nothing is near: nothing is proposed. */
	assert_int_equal(
		counters_encode("qqqqqqqqqqqqqqqqqqqqqqq", &code, &complaint), -ENOENT);
	assert_null(strstr(complaint.advice, "nearest"));
	assert_non_null(strstr(complaint.advice, "r0f45"));
	assert_int_not_equal(counters_encode("", &code, &complaint), 0);
	assert_int_not_equal(counters_encode("r", &code, &complaint), 0);
	assert_int_not_equal(counters_encode("r12345678901234567", &code, &complaint), 0);
}

static void test_masks(void **state)
{
	struct complaint complaint = {.what = ""};
	struct event_code code;

	(void)state;
	assert_int_equal(counters_encode("perf::PERF_COUNT_HW_CACHE_DTLB:READ:MIST",
				 &code, &complaint),
		-EINVAL);
	assert_string_equal(
		complaint.advice, "its unit masks: READ, WRITE, PREFETCH, ACCESS, MISS");
}

static void test_distance(void **state)
{
	char huge[5000];

	(void)state;
	assert_int_equal(nearest_distance("", "", 5), 0);
	assert_int_equal(nearest_distance("abc", "ABC", 5), 0);
	assert_int_equal(nearest_distance("abc", "", 5), 3);
	assert_int_equal(nearest_distance("", "abc", 5), 3);
	assert_int_equal(nearest_distance("kitten", "sitting", 5), 3);
	assert_int_equal(nearest_distance("L1_MISS", "L2_MISS", 5), 1);
	assert_int_equal(nearest_distance("abcdef", "uvwxyz", 2), 3);
	assert_int_equal(nearest_distance("abcdef", "abcdef", 0), 0);
	assert_int_equal(nearest_distance("abcdef", "abcdeg", 0), 1);
	memset(huge, 'x', sizeof(huge));
	huge[sizeof(huge) - 1] = '\0';
	assert_int_equal(nearest_distance(huge, "x", 200), NEAREST_LENGTH - 1);
}

/* Names are cut between two, never within one. */
static void test_sizes(void **state)
{
	char names[64];

	(void)state;
	for (size_t size = 1; size <= sizeof(names); size++) {
		memset(names, '?', sizeof(names));
		nearest_events(names, size, "PAGE-FUALTS");
		assert_true(strlen(names) < size);
		assert_true(size >= 12 ? strncmp(names, "PAGE-FAULTS", 11) == 0
				       : names[0] == '\0');
		nearest_masks(names, size, "PERF_COUNT_HW_CACHE_DTLB");
		assert_true(strlen(names) < size);
	}
}

static void test_arch(void **state)
{
	char arch[GROUP_NAME] = "";
	char pmu[GROUP_NAME] = "";
	struct complaint complaint;
	struct group group;

	(void)state;
	/* Whatever the CPU is, its folder has the groups that every sweep asks for. */
	counters_arch(arch, pmu);
	print_message("CPU: PMU \"%s\", folder %s\n", pmu, arch);
	assert_int_equal(
		group_load(&group, "counters/groups", arch, "cache", &complaint), 0);
	assert_string_equal(group.arch, arch);
	group_release(&group);
}

/* Known, but not for the CPU at hand: whose it is comes before what is near. The event is
 * one of a CPU that this does not run on: what libpfm4 detected once it keeps. */
static void test_elsewhere(void **state)
{
	struct complaint complaint = {.what = ""};
	struct event_code code;
	char owners[96];

	(void)state;
	assert_int_equal(setenv("LIBPFM_FORCE_PMU", "skx", 1), 0);
	pfm_terminate();
	if (pfm_initialize() != PFM_SUCCESS ||
		pfm_find_event("skx::MEM_LOAD_RETIRED") < 0) {
		print_message("skipped: this libpfm4 has no skx\n");
		skip();
	}
	assert_true(counters_encode("FSB_DATA_ACTIVITY:DRDY_DRV", &code, &complaint) < 0);
	assert_non_null(strstr(complaint.why, "netburst"));
	assert_non_null(strstr(complaint.why, "other CPUs"));
	/* What this CPU has itself is nobody else's alone. */
	nearest_owners(owners, sizeof(owners), "MEM_LOAD_RETIRED");
	assert_null(strstr(owners, "skx"));
	nearest_owners(owners, sizeof(owners), "NO_SUCH_EVENT_ANYWHERE");
	assert_string_equal(owners, "");
	nearest_owners(owners, 4, "FSB_DATA_ACTIVITY");
	assert_string_equal(owners, "");
	assert_int_equal(unsetenv("LIBPFM_FORCE_PMU"), 0);
	pfm_terminate();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_generic),
		cmocka_unit_test(test_raw),
		cmocka_unit_test(test_unknown),
		cmocka_unit_test(test_masks),
		cmocka_unit_test(test_distance),
		cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_arch),
		cmocka_unit_test(test_elsewhere),
	};

	/* The tables of another CPU may be forced on the user's other programs, not on
	 * this. */
	if (unsetenv("LIBPFM_FORCE_PMU"))
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
