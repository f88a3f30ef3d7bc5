/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "counters/counters.h"
#include "counters/explain.h"
#include "tests/counters/record.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static void expect_failure(struct host_facts facts, struct counter_failure failure,
	const char *why, const char *advice)
{
	struct complaint complaint = {.what = ""};

	explain_failure(&facts, &failure, &complaint);
	assert_string_equal(complaint.what, "event L1_DTLB_MISS cannot be counted");
	if (!strstr(complaint.why, why))
		fail_msg("why: \"%s\" lacks \"%s\"", complaint.why, why);
	if (!strstr(complaint.advice, advice))
		fail_msg("advice: \"%s\" lacks \"%s\"", complaint.advice, advice);
	/* Neither is cut: the longest of them ends before its field does. */
	assert_true(strlen(complaint.why) < sizeof(complaint.why) - 1);
	assert_true(strlen(complaint.advice) < sizeof(complaint.advice) - 1);
}

static void expect(
	struct host_facts facts, int error, const char *why, const char *advice)
{
	const struct counter_failure failure = {.error = error, .event = "L1_DTLB_MISS"};

	expect_failure(facts, failure, why, advice);
}

static void test_no_pmu(void **state)
{
	static const int errors[] = {-ENOENT, -ENODEV, -EOPNOTSUPP};

	(void)state;
	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
		expect((struct host_facts){.hypervisor = true}, errors[i],
			"virtual machine", "pmu=on");
		expect((struct host_facts){.hypervisor = false}, errors[i],
			"no hardware PMU for this CPU", "dmesg");
		expect((struct host_facts){.core_pmu = true, .hypervisor = true},
			errors[i], "does not offer it", "perf list");
	}
}

static void test_refused(void **state)
{
	struct host_facts facts = {.core_pmu = true, .paranoid_known = true};

	(void)state;
	facts.paranoid = 4;
	expect(facts, -EACCES, "perf_event_paranoid is 4", "perf_event_paranoid=2");
	expect(facts, -EPERM, "CAP_PERFMON", "setcap cap_perfmon+ep");
	facts.paranoid = 2;
	expect_failure(facts,
		(struct counter_failure){-EACCES, "L1_DTLB_MISS", COUNTER_SCOPE_THREAD,
			{.kernel = true}, 0},
		"happens in the kernel", "perf_event_paranoid=1");
	facts.seccomp = true;
	expect(facts, -EPERM, "seccomp", "--cap-add PERFMON");
	facts.paranoid = 3;
	expect(facts, -EPERM, "perf_event_paranoid is 3", "sysctl");
	/* With the capability the sysctl is not what stands in the way. */
	facts.perfmon = true;
	expect(facts, -EPERM, "seccomp", "container");
	facts.seccomp = false;
	expect(facts, -EPERM, "security module", "audit");
	facts.perfmon = false;
	facts.paranoid = -1;
	expect(facts, -EACCES, "security module", "audit");
}

static void expect_paranoid(
	int paranoid, struct counter_failure failure, const char *why, const char *advice)
{
	const struct host_facts facts = {
		.core_pmu = true, .paranoid_known = true, .paranoid = paranoid};

	failure.error = -EACCES;
	failure.event = "L1_DTLB_MISS";
	expect_failure(facts, failure, why, advice);
}

/* What each level forbids, and the level that would allow it. */
static void test_paranoid(void **state)
{
	const struct counter_failure user = {.filter = {.user = true}};
	const struct counter_failure both = {.filter = {.user = true, .kernel = true}};
	const struct counter_failure all = {.scope = COUNTER_SCOPE_SYSTEM};
	const struct counter_failure other = {.thread = 4711};

	(void)state;
	expect_paranoid(3, user, "nothing may be counted", "perf_event_paranoid=2");
	expect_paranoid(2, both, "happens in the kernel", "perf_event_paranoid=1");
	expect_paranoid(1, all, "nothing system-wide", "perf_event_paranoid=0");
	expect_paranoid(3, all, "nothing may be counted", "perf_event_paranoid=0");
	/* Not the sysctl's doing. */
	expect_paranoid(2, other, "process 4711", "as its user or as root");
	expect_paranoid(2, user, "security module", "audit");
	expect_paranoid(0, all, "security module", "audit");
}

static void test_container(void **state)
{
	struct host_facts facts = {
		.core_pmu = true, .paranoid_known = true, .container = true};

	(void)state;
	facts.seccomp = true;
	expect(facts, -EPERM, "this container's runtime", "--cap-add PERFMON");
	facts.seccomp = false;
	expect(facts, -EPERM, "not given CAP_PERFMON", "--cap-add PERFMON");
}

static void expect_page(int error, const char *why, const char *advice)
{
	const struct host_facts facts = {.locked_kib = 516};
	struct complaint complaint = {.what = ""};

	explain_page(&facts, error, &complaint);
	assert_non_null(strstr(complaint.why, why));
	assert_non_null(strstr(complaint.advice, advice));
}

static void test_pages(void **state)
{
	(void)state;
	expect_page(-EPERM, "perf_event_mlock_kb (516)", "perf_event_mlock_kb=4096");
	expect_page(-ENOMEM, strerror(ENOMEM), "");
}

static void test_full(void **state)
{
	(void)state;
	expect((struct host_facts){.watchdog = true}, -ENOSPC, "NMI watchdog",
		"nmi_watchdog=0");
	expect((struct host_facts){.watchdog = false}, -ENOSPC, "no counter left",
		"smaller");
}

static void test_system(void **state)
{
	struct host_facts facts = {.core_pmu = true};

	(void)state;
	expect(facts, -ESRCH, "no such process", "pgrep");
	facts.descriptors = 1024;
	expect(facts, -EMFILE, "this process", "it is 1024): ulimit -n");
	expect(facts, -ENFILE, "the system", "fs.file-max");
	expect(facts, -EBUSY, "another user", "likwid");
	expect(facts, -EINVAL, "code", "perf stat");
	expect(facts, -ENOSYS, "CONFIG_PERF_EVENTS", "kernel");
	expect(facts, -EIO, strerror(EIO), "");
	facts.seccomp = true;
	expect(facts, -ENOSYS, "seccomp", "container");
}

static void test_host(void **state)
{
	char root[] = "/tmp/test-explain-XXXXXX";
	struct host_facts facts;

	(void)state;
	assert_non_null(mkdtemp(root));
	/* An empty system: nothing is known, nothing is made up. */
	host_facts_read(root, &facts);
	assert_false(facts.core_pmu || facts.hypervisor || facts.watchdog ||
		     facts.seccomp || facts.perfmon || facts.paranoid_known);
	/* x86 tells by a flag of the CPU, Arm by its firmware. */
	record_put(root, "/proc/device-tree/compatible", "linux,dummy-virt");
	host_facts_read(root, &facts);
	assert_true(facts.hypervisor);
	record_put(root, "/proc/device-tree/compatible", "arm,juno");
	host_facts_read(root, &facts);
	assert_false(facts.hypervisor);
	record_put(root, "/proc/cpuinfo", "flags\t: fpu rdseed hypervisor lahf_lm\n");
	record_put(root, "/proc/self/status",
		"Name:\tescalier\nCapEff:\t0000004000000000\nSeccomp:\t2\n");
	record_put(root, "/proc/self/limits",
		"Limit                     Soft Limit           Hard Limit\n"
		"Max open files            1024                 524288     files\n");
	record_put(root, "/proc/sys/kernel/perf_event_mlock_kb", "516\n");
	record_put(root, "/run/.containerenv", "");
	record_put(root, "/proc/sys/kernel/nmi_watchdog", "1\n");
	record_put(root, "/proc/sys/kernel/perf_event_paranoid", "-1\n");
	record_put(root, "/sys/bus/event_source/devices/arm_cmn_0/type", "9\n");
	host_facts_read(root, &facts);
	assert_false(facts.core_pmu); /* an interconnect is no core */
	assert_true(facts.hypervisor && facts.watchdog && facts.seccomp);
	assert_true(facts.perfmon && facts.paranoid_known);
	assert_int_equal(facts.paranoid, -1);
	assert_true(facts.container);
	assert_int_equal(facts.descriptors, 1024);
	assert_int_equal(facts.locked_kib, 516);
	record_put(root, "/sys/bus/event_source/devices/armv8_pmuv3_0/type", "8\n");
	/* CAP_PERFMON is bit 38; the bits beside it are others. */
	record_put(root, "/proc/self/status",
		"Name:\tx\nCapEff:\t000001bfffdfffff\nSeccomp:\t0\n");
	host_facts_read(root, &facts);
	assert_true(facts.core_pmu);
	assert_false(facts.perfmon || facts.seccomp);
	record_remove(root);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_no_pmu),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_paranoid),
		cmocka_unit_test(test_container),
		cmocka_unit_test(test_pages),
		cmocka_unit_test(test_full),
		cmocka_unit_test(test_system),
		cmocka_unit_test(test_host),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
