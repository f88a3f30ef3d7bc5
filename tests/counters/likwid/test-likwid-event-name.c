/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Events by libpfm4's names, perf's and raw codes, as liblikwid takes them. Names are
 * encoded for Zen 3 and Skylake-SP, on any x86 machine. */
#include "counters/likwid/event-name.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

struct expected {
	struct event event;
	int error;
	const char *name; /* or of the reason */
};

/* The number of those that are not as expected. */
static int check(const struct expected *expected, size_t count)
{
	int wrong = 0;

	for (size_t i = 0; i < count; i++) {
		const struct expected *e = &expected[i];
		struct complaint complaint = {.what = ""};
		char name[LIKWID_EVENT_NAME] = "";
		int error = likwid_event_name(&e->event, false, name, &complaint);

		if (error == e->error && (error || strcmp(name, e->name) == 0) &&
			(!error || strstr(complaint.why, e->name)))
			continue;
		print_message("# %s: %d \"%s\" %s\n", e->event.name, error, name,
			complaint.why);
		wrong++;
	}
	return wrong;
}

/* libpfm4 settles on a CPU once a process: each has a child. */
static void run_for(const char *pmu, int (*test)(void))
{
	pid_t child = fork();
	int status;

	if (child == 0) {
		setenv("LIBPFM_ENCODE_INACTIVE", "1", 1);
		setenv("LIBPFM_FORCE_PMU", pmu, 1);
		_exit(test() ? 1 : 0);
	}
	assert_true(child > 0);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

static int check_zen3(void)
{
	static const struct expected expected[] = {
		{{"PMC0", "CYCLES_NOT_IN_HALT"}, 0,
			"GENERIC_EVENT:PMC0:CONFIG=0x76:UMASK=0x00"},
		{{"PMC3", "DEMAND_DATA_CACHE_FILLS_FROM_SYSTEM:MEM_IO_LCL:MEM_IO_RMT"}, 0,
			"GENERIC_EVENT:PMC3:CONFIG=0x43:UMASK=0x48"},
		{{"PMC1", "r0f45"}, 0, "GENERIC_EVENT:PMC1:CONFIG=0x45:UMASK=0x0f"},
		/* The event's upper bits are apart on AMD: retired fused branches. */
		{{"PMC1", "r1000000d0"}, 0, "GENERIC_EVENT:PMC1:CONFIG=0x1d0:UMASK=0x00"},
		{{"PMC2", "CYCLES_NOT_IN_HALT:c=2:i:e"}, 0,
			"GENERIC_EVENT:PMC2:CONFIG=0x76:UMASK=0x00:EDGEDETECT:INVERT:"
			"THRESHOLD=0x2"},
		/* LIKWID's own, by register and by name. */
		{{"FIXC1", "ACTUAL_CPU_CLOCK"}, 0, "ACTUAL_CPU_CLOCK:FIXC1"},
		{{"PMC0", "DATA_CACHE_REFILLS_ALL"}, 0, "DATA_CACHE_REFILLS_ALL:PMC0"},
		{{"DFC0", "DRAM_CHANNEL_0"}, 0, "DRAM_CHANNEL_0:DFC0"},
		{{"PMC0", "DATA_CACHE:NONE"}, -EINVAL, "libpfm4"},
		{{"FIXC0", "cache-misses"}, -EINVAL, "no name of an event"},
		{{"PMC0", "r100000000000076"}, -EOPNOTSUPP, "second register"},
	};

	return check(expected, sizeof(expected) / sizeof(expected[0]));
}

static int check_skx(void)
{
	static const struct expected expected[] = {
		{{"PMC0", "UNHALTED_CORE_CYCLES"}, 0,
			"GENERIC_EVENT:PMC0:CONFIG=0x3c:UMASK=0x00"},
		{{"PMC1", "MEM_LOAD_RETIRED:L3_MISS"}, 0,
			"GENERIC_EVENT:PMC1:CONFIG=0xd1:UMASK=0x20"},
		{{"PMC2", "DTLB_LOAD_MISSES:WALK_ACTIVE"}, 0,
			"GENERIC_EVENT:PMC2:CONFIG=0x08:UMASK=0x10:THRESHOLD=0x1"},
		{{"FIXC0", "INSTR_RETIRED_ANY"}, 0, "INSTR_RETIRED_ANY:FIXC0"},
		/* Not the upper bits of an event here, but transactions. */
		{{"PMC0", "r1000000c0"}, -EOPNOTSUPP, "second register"},
		{{"PMC0", "OFFCORE_RESPONSE_0:DMND_DATA_RD:ANY_RESPONSE"}, -EOPNOTSUPP,
			"second register"},
	};

	return check(expected, sizeof(expected) / sizeof(expected[0]));
}

static void test_zen3(void **state)
{
	(void)state;
	run_for("amd64_fam19h_zen3", check_zen3);
}

static void test_skx(void **state)
{
	(void)state;
	run_for("skx", check_skx);
}

static void test_kernel(void **state)
{
	static const struct event events[] = {{"PMC0", "rc0"}, {"FIXC1", "APERF"}};
	struct complaint complaint = {.what = ""};
	char name[LIKWID_EVENT_NAME];

	(void)state;
	assert_int_equal(likwid_event_name(&events[0], true, name, &complaint), 0);
	assert_string_equal(name, "GENERIC_EVENT:PMC0:CONFIG=0xc0:UMASK=0x00:KERNEL");
	assert_int_equal(likwid_event_name(&events[1], true, name, &complaint), 0);
	assert_string_equal(name, "APERF:FIXC1:KERNEL");
}

static void test_generic_names(void **state)
{
	static const struct event cycles = {"PMC0", "perf::CYCLES"};
	static const struct event faults = {"PMC1", "perf::PAGE-FAULTS"};
	struct complaint complaint = {.what = ""};
	char name[LIKWID_EVENT_NAME];

	(void)state;
	assert_int_equal(likwid_event_name(&cycles, false, name, &complaint), 0);
	assert_true(strcmp(name, "GENERIC_EVENT:PMC0:CONFIG=0x76:UMASK=0x00") == 0 ||
		    strcmp(name, "GENERIC_EVENT:PMC0:CONFIG=0x3c:UMASK=0x00") == 0);
	assert_int_equal(
		likwid_event_name(&faults, false, name, &complaint), -EOPNOTSUPP);
	assert_non_null(strstr(complaint.why, "none of the core's own events"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		/* The children before anything here has libpfm4 settle. */
		cmocka_unit_test(test_zen3),
		cmocka_unit_test(test_skx),
		cmocka_unit_test(test_kernel),
		cmocka_unit_test(test_generic_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
