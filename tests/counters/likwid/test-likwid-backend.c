/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The likwid backend on a liblikwid that the test makes up (fake.h). The trials run this
 * program again, as escalier runs itself. */
#include "base/cpus.h"
#include "base/file.h"
#include "base/text.h"
#include "counters/counters.h"
#include "counters/likwid.h"
#include "tests/counters/likwid/fake.h"

#include <errno.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

/* Raw codes, so that the test means the same on every CPU. */
static const struct group group = {
	.name = "test",
	.events = {{"PMC0", "r0076"}, {"PMC1", "r4843"}, {"PMC2", "rc0"}},
	.events_count = 3,
};

static struct cpus allowed;
static char log_path[] = "/tmp/escalier-likwid-XXXXXX";

static int set_up(void **state)
{
	FILE *file = fopen(log_path, "we");

	(void)state;
	unsetenv("FAKE_LIKWID");
	unsetenv("LIKWID_MODE");
	if (!file || fclose(file) != 0)
		return -1;
	return cpus_pin((unsigned)cpus_first(&allowed));
}

static bool was_called(const char *line)
{
	struct text text;
	bool found;

	text_init(&text);
	assert_int_equal(file_read_all(log_path, &text), 0);
	found = strstr(text.bytes, line) != NULL;
	text_release(&text);
	return found;
}

static struct counters *open_group(
	const struct group *opened, struct counter_event_status *status)
{
	struct complaint complaint = {.what = ""};
	struct counters *counters = NULL;

	if (counters_likwid.open(&counters, opened, NULL, status, &complaint))
		fail_msg("%s: %s", complaint.what, complaint.why);
	return counters;
}

static void test_probe(void **state)
{
	struct complaint complaint = {.what = ""};

	(void)state;
	assert_int_equal(counters_likwid.probe(&complaint), 0);
	assert_true(was_called("perfmon_init 1"));
	assert_true(was_called("perfmon_finalize"));
}

static void test_open(void **state)
{
	struct counter_event_status status[3];
	struct counters *counters;

	(void)state;
	memset(status, 0xff, sizeof(status));
	counters = open_group(&group, status);
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(status[i].error, 0);
		assert_int_equal(status[i].scope, COUNTER_SCOPE_SYSTEM);
		assert_true(status[i].filter.user && !status[i].filter.kernel);
		assert_string_equal(status[i].parts[0], "msr");
	}
	assert_string_equal(
		status[1].full_name, "GENERIC_EVENT:PMC1:CONFIG=0x43:UMASK=0x48");
	assert_true(was_called("perfmon_addEventSet GENERIC_EVENT:PMC0:CONFIG=0x76:UMASK="
			       "0x00,GENERIC_EVENT:PMC1:CONFIG=0x43:UMASK=0x48,"
			       "GENERIC_EVENT:PMC2:CONFIG=0xc0:UMASK=0x00\n"));
	counters_likwid.close(counters);
	counters_likwid.close(NULL);
}

/* Totals go on over stop and start, and nothing counts in between. */
static void test_totals(void **state)
{
	struct counter_event_status status[3];
	struct counter_value values[3];
	struct counters *counters = open_group(&group, status);

	(void)state;
	assert_int_equal(counters_likwid.start(counters), 0);
	fake_likwid_count(1, 5);
	assert_int_equal(counters_likwid.read(counters, values), 0);
	assert_int_equal(values[0].count, 1000);
	assert_int_equal(values[1].count, 1005);
	assert_true(values[1].enabled_ns > 0);
	assert_int_equal(values[1].enabled_ns, values[1].running_ns);
	fake_likwid_count(1, 7);
	assert_int_equal(counters_likwid.stop(counters), 0);
	fake_likwid_count(1, 100000);
	assert_int_equal(counters_likwid.read(counters, values), 0);
	assert_int_equal(values[1].count, 2012);
	assert_int_equal(counters_likwid.start(counters), 0);
	fake_likwid_count(1, 1);
	assert_int_equal(counters_likwid.read(counters, values), 0);
	assert_int_equal(values[1].count, 3013);
	assert_int_equal(values[0].count, 3000);
	assert_int_equal(values[1].enabled_ns, values[1].running_ns);
	counters_likwid.close(counters);
	assert_true(was_called("perfmon_stopCounters"));
}

/* A counter of 48 bits wraps between readings; the total is beyond 48 bits in the end. */
static void test_overflow(void **state)
{
	const uint64_t half = 1ULL << 47;
	struct counter_event_status status[3];
	struct counter_value values[3];
	struct counters *counters = open_group(&group, status);

	(void)state;
	assert_int_equal(counters_likwid.start(counters), 0);
	for (unsigned i = 0; i < 6; i++) {
		fake_likwid_count(2, half);
		assert_int_equal(counters_likwid.read(counters, values), 0);
		assert_true(values[2].count == (i + 1) * (half + 1000));
	}
	counters_likwid.close(counters);
}

static void test_groups_in_turn(void **state)
{
	struct counter_event_status status[3];
	struct counter_value values[3];
	struct counters *first = open_group(&group, status);
	struct counters *second = open_group(&group, status);

	(void)state;
	assert_int_equal(counters_likwid.start(first), 0);
	assert_int_equal(counters_likwid.start(second), -EBUSY);
	assert_int_equal(counters_likwid.stop(first), 0);
	assert_int_equal(counters_likwid.start(second), 0);
	assert_true(was_called("perfmon_setupCounters 1"));
	fake_likwid_count(0, 9);
	assert_int_equal(counters_likwid.read(second, values), 0);
	assert_int_equal(values[0].count, 1009);
	counters_likwid.close(first);
	/* The first group's end is not the second's. */
	assert_int_equal(counters_likwid.read(second, values), 0);
	counters_likwid.close(second);
}

/* What liblikwid does not take is left out, and the values keep their places. */
static void test_unknown_event(void **state)
{
	static const struct group some = {
		.name = "some",
		.events = {{"PMC0", "r0076"}, {"PMC1", "UNKNOWN_EVENT"},
			{"FIXC1", "ACTUAL_CPU_CLOCK"}},
		.events_count = 3,
	};
	struct counter_event_status status[3];
	struct counter_value values[3];
	struct counters *counters = open_group(&some, status);

	(void)state;
	assert_int_equal(status[0].error, 0);
	assert_int_equal(status[1].error, -EINVAL);
	assert_string_equal(status[1].why,
		"WARN: Event UNKNOWN_EVENT not found for current architecture");
	assert_int_equal(status[2].error, 0);
	assert_string_equal(status[2].full_name, "ACTUAL_CPU_CLOCK:FIXC1");
	assert_true(was_called("perfmon_addEventSet GENERIC_EVENT:PMC0:CONFIG=0x76:UMASK="
			       "0x00,ACTUAL_CPU_CLOCK:FIXC1\n"));
	assert_int_equal(counters_likwid.start(counters), 0);
	fake_likwid_count(1, 11);
	assert_int_equal(counters_likwid.read(counters, values), 0);
	assert_int_equal(values[0].count, 1000);
	assert_int_equal(values[1].enabled_ns, 0);
	assert_int_equal(values[2].count, 1011);
	counters_likwid.close(counters);
}

static void test_kernel(void **state)
{
	static const struct counter_target both = {
		.filter = {.user = true, .kernel = true}};
	static const struct counter_target refused[] = {
		{.filter = {.kernel = true}},
		{.filter = {.user = true, .guest = true}},
		{.thread = 1},
		{.inherit = true},
		{.on_exec = true},
	};
	struct counter_event_status status[3];
	struct complaint complaint = {.what = ""};
	struct counters *counters;

	(void)state;
	assert_int_equal(
		counters_likwid.open(&counters, &group, &both, status, &complaint), 0);
	assert_string_equal(
		status[2].full_name, "GENERIC_EVENT:PMC2:CONFIG=0xc0:UMASK=0x00:KERNEL");
	assert_true(status[2].filter.user && status[2].filter.kernel);
	counters_likwid.close(counters);
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		assert_int_equal(counters_likwid.open(&counters, &group, &refused[i],
					 status, &complaint),
			-EOPNOTSUPP);
		assert_true(complaint.why[0] != '\0');
	}
}

/* On another CPU than the counted one time goes on, and counting does not; the next start
 * counts there. */
static void test_other_cpu(void **state)
{
	struct counter_event_status status[3];
	struct counter_value values[3];
	struct counters *counters;
	char line[64];
	unsigned other = CPUS_MAX - 1;

	(void)state;
	while (!cpus_has(&allowed, other))
		other--;
	if ((int)other == cpus_first(&allowed)) {
		print_message("# there is but one CPU\n");
		skip();
	}
	counters = open_group(&group, status);
	assert_int_equal(counters_likwid.start(counters), 0);
	assert_int_equal(cpus_pin(other), 0);
	assert_int_equal(counters_likwid.read(counters, values), 0);
	assert_true(values[0].enabled_ns > 0);
	assert_int_equal(values[0].running_ns, 0);
	assert_int_equal(counters_likwid.stop(counters), 0);
	assert_int_equal(counters_likwid.start(counters), 0);
	(void)snprintf(line, sizeof(line), "perfmon_init 1 cpu %u\n", other);
	assert_true(was_called(line));
	assert_int_equal(counters_likwid.read(counters, values), 0);
	assert_true(values[0].running_ns > 0);
	counters_likwid.close(counters);
}

struct failure {
	const char *behaviour;
	int error;
	const char *why;
};

/* Each way in which liblikwid fails before it counts, with what is said of it. None ends
 * this program, or comes back twice. */
static void test_failures(void **state)
{
	static const struct failure failures[] = {
		{"no-msr", 0, "MSR device"},
		{"no-msr unsupported", 0, "does not know the processor"},
		{"no-daemon", 0, ""},
		{"in-use", -EBUSY, "NMI watchdog"},
		{"no-set", 0, ""},
		{"no-start", 0, ""},
		{"no-read", 0, ""},
		{"no-stop", 0, ""},
	};
	/* Without its device the CPU's registers are out of reach, whatever else fails.
	 */
	bool device = access("/dev/cpu/0/msr", F_OK) == 0;
	pid_t self = getpid();

	(void)state;
	for (size_t i = 0; i < sizeof(failures) / sizeof(failures[0]); i++) {
		struct counter_event_status status[3];
		struct complaint complaint = {.what = ""};
		struct counters *counters;
		int error;

		setenv("FAKE_LIKWID", failures[i].behaviour, 1);
		error = counters_likwid.open(&counters, &group, NULL, status, &complaint);
		assert_int_equal(getpid(), self);
		assert_true(error < 0);
		assert_true(strncmp(complaint.what, "liblikwid cannot count on CPU ",
				    strlen("liblikwid cannot count on CPU ")) == 0);
		assert_true(complaint.why[0] != '\0' && complaint.advice[0] != '\0');
		if (!device && !failures[i].error)
			assert_int_equal(error, -ENODEV);
		if (failures[i].error)
			assert_int_equal(error, failures[i].error);
		if (!device || failures[i].error)
			assert_non_null(strstr(complaint.why, failures[i].why));
	}
}

static void test_no_answer(void **state)
{
	struct complaint complaint = {.what = ""};

	(void)state;
	setenv("FAKE_LIKWID", "hang", 1);
	likwid_trial_program("/proc/self/exe", 1);
	assert_true(counters_likwid.probe(&complaint) < 0);
	assert_true(complaint.why[0] != '\0');
	likwid_trial_program("/proc/self/exe", 15);
}

static void test_bad_values(void **state)
{
	static const char *const behaviours[] = {"nan", "negative", "no-read"};

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct counter_event_status status[3];
		struct counter_value values[3];
		struct counters *counters;

		unsetenv("FAKE_LIKWID");
		counters = open_group(&group, status);
		assert_int_equal(counters_likwid.start(counters), 0);
		setenv("FAKE_LIKWID", behaviours[i], 1);
		memset(values, 0xff, sizeof(values));
		assert_int_equal(counters_likwid.read(counters, values), -EIO);
		for (size_t e = 0; e < 3; e++)
			assert_true(values[e].count == 0 && values[e].enabled_ns == 0);
		counters_likwid.close(counters);
	}
}

static void test_nothing_countable(void **state)
{
	static const struct group software = {
		.name = "software",
		.events = {{"PMC0", "perf::PAGE-FAULTS"}},
		.events_count = 1,
	};
	static const struct group empty = {.name = "empty"};
	struct counter_event_status status[1];
	struct complaint complaint = {.what = ""};
	struct counters *counters;

	(void)state;
	assert_int_equal(
		counters_likwid.open(&counters, &software, NULL, status, &complaint),
		-EOPNOTSUPP);
	assert_string_equal(complaint.what, "no event of group software can be counted");
	assert_int_equal(
		counters_likwid.open(&counters, &empty, NULL, status, &complaint),
		-EINVAL);
}

/* As escalier's hidden subcommand. */
static int attempt(const char *cpu, const char *events)
{
	struct complaint complaint = {.what = ""};
	char usable[GROUP_EVENTS + 1];

	if (likwid_attempt((unsigned)atoi(cpu), events, usable, &complaint))
		return 1;
	return printf("usable %s\n", usable) < 0;
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_probe, set_up),
		cmocka_unit_test_setup(test_open, set_up),
		cmocka_unit_test_setup(test_totals, set_up),
		cmocka_unit_test_setup(test_overflow, set_up),
		cmocka_unit_test_setup(test_groups_in_turn, set_up),
		cmocka_unit_test_setup(test_unknown_event, set_up),
		cmocka_unit_test_setup(test_kernel, set_up),
		cmocka_unit_test_setup(test_other_cpu, set_up),
		cmocka_unit_test_setup(test_failures, set_up),
		cmocka_unit_test_setup(test_no_answer, set_up),
		cmocka_unit_test_setup(test_bad_values, set_up),
		cmocka_unit_test_setup(test_nothing_countable, set_up),
	};
	int file;
	int failed;

	if (argc == 4 && strcmp(argv[1], "likwid-trial") == 0)
		return attempt(argv[2], argv[3]);
	file = mkstemp(log_path);
	if (file < 0 || cpus_allowed(&allowed) != 0)
		return 1;
	(void)close(file);
	setenv("FAKE_LIKWID_LOG", log_path, 1);
	likwid_trial_program("/proc/self/exe", 15);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	(void)unlink(log_path);
	return failed;
}
