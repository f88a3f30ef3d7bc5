/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The perf backend against an emulated kernel: opening, reading and failures of a group
 * on the calling thread. */
#include "counters/counters.h"
#include "tests/counters/emulated.h"
#include "tests/counters/record.h"

#include <errno.h>
#include <linux/perf_event.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Three hardware events with a software event between them. */
static const struct group group = {
	.name = "mixed",
	.events = {{"PMC0", "perf::CYCLES"}, {"PMC1", "perf::CONTEXT-SWITCHES"},
		{"PMC2", "r0f45"}, {"PMC3", "rf045"}},
	.events_count = 4,
};
enum { CYCLES, SWITCHES, HITS, WALKS, EVENTS };

struct opened {
	struct counter_event_status status[EVENTS];
	struct counter_value values[EVENTS];
	struct complaint complaint;
	struct counters *counters;
};

static int open_mixed(struct opened *opened)
{
	memset(opened, 0xff, sizeof(*opened));
	opened->complaint = (struct complaint){.what = ""};
	return counters_perf.open(
		&opened->counters, &group, NULL, opened->status, &opened->complaint);
}

static const int all_fds[] = {FIRST_FD, FIRST_FD + 1, FIRST_FD + 2, FIRST_FD + 3};

static void check_value(const struct counter_value *value, uint64_t count,
	uint64_t enabled, uint64_t running)
{
	assert_int_equal(value->count, count);
	assert_int_equal(value->enabled_ns, enabled);
	assert_int_equal(value->running_ns, running);
}

static void test_open(void **state)
{
	const struct perf_event_attr *attr = &kernel.opens[0].attr;
	struct opened opened;

	(void)state;
	assert_int_equal(open_mixed(&opened), 0);
	for (size_t i = 0; i < EVENTS; i++) {
		assert_int_equal(opened.status[i].error, 0);
		assert_string_equal(opened.status[i].why, "");
	}
	/* Hardware leads, in the order of the file; software follows. */
	assert_int_equal(kernel.opens_count, 4);
	assert_int_equal(kernel.opens[0].attr.config, PERF_COUNT_HW_CPU_CYCLES);
	assert_int_equal(kernel.opens[1].attr.config, 0x0f45);
	assert_int_equal(kernel.opens[2].attr.config, 0xf045);
	assert_int_equal(kernel.opens[3].attr.type, PERF_TYPE_SOFTWARE);
	assert_int_equal(kernel.opens[0].group_fd, -1);
	for (unsigned i = 1; i < 4; i++)
		assert_int_equal(kernel.opens[i].group_fd, FIRST_FD);
	for (unsigned i = 0; i < 4; i++, attr = &kernel.opens[i].attr) {
		assert_int_equal(attr->size, sizeof(*attr));
		assert_int_equal(attr->disabled, i == 0);
		/* Switches happen in the kernel; all else is of user space. */
		assert_int_equal(attr->exclude_kernel, i != 3);
		assert_true(attr->exclude_hv && !attr->pinned && !attr->inherit);
		assert_int_equal(
			attr->read_format, PERF_FORMAT_GROUP | PERF_FORMAT_ID |
						   PERF_FORMAT_TOTAL_TIME_ENABLED |
						   PERF_FORMAT_TOTAL_TIME_RUNNING);
		assert_int_equal(attr->sample_period, 0);
	}
	assert_int_equal(counters_perf.start(opened.counters), 0);
	assert_true(kernel.enabled == PERF_EVENT_IOC_ENABLE);
	assert_int_equal(counters_perf.stop(opened.counters), 0);
	assert_true(kernel.enabled == PERF_EVENT_IOC_DISABLE);
	assert_int_equal(emulated_open_descriptors(), 4);
	counters_perf.close(opened.counters);
	assert_int_equal(emulated_open_descriptors(), 0);
	counters_perf.close(NULL);
}

static void test_decode(void **state)
{
	struct opened opened;

	(void)state;
	assert_int_equal(open_mixed(&opened), 0);
	emulated_reply(5000, 5000, 4, all_fds);
	assert_int_equal(counters_perf.read(opened.counters, opened.values), 0);
	/* The kernel's order is that of opening, the caller's that of the file. */
	check_value(&opened.values[CYCLES], 1000, 5000, 5000);
	check_value(&opened.values[HITS], 2000, 5000, 5000);
	check_value(&opened.values[WALKS], 3000, 5000, 5000);
	check_value(&opened.values[SWITCHES], 4000, 5000, 5000);
	/* Multiplexed: both times as they are, the count not scaled. */
	emulated_reply(9000, 6000, 4, all_fds);
	assert_int_equal(counters_perf.read(opened.counters, opened.values), 0);
	check_value(&opened.values[WALKS], 3000, 9000, 6000);
	/* Never ran. */
	emulated_reply(9000, 0, 4, all_fds);
	assert_int_equal(counters_perf.read(opened.counters, opened.values), 0);
	check_value(&opened.values[CYCLES], 1000, 9000, 0);
	/* Totals of 64 bits arrive whole. */
	kernel.reply[3] = UINT64_MAX;
	assert_int_equal(counters_perf.read(opened.counters, opened.values), 0);
	assert_true(opened.values[CYCLES].count == UINT64_MAX);
	kernel.interrupted = 3;
	assert_int_equal(counters_perf.read(opened.counters, opened.values), 0);
	assert_int_equal(kernel.interrupted, 0);
	counters_perf.close(opened.counters);
}

static bool all_void(const struct opened *opened)
{
	for (size_t i = 0; i < EVENTS; i++)
		if (opened->values[i].count || opened->values[i].running_ns)
			return false;
	return true;
}

static void expect_no_values(struct opened *opened, int error)
{
	memset(opened->values, 0xff, sizeof(opened->values));
	assert_int_equal(counters_perf.read(opened->counters, opened->values), error);
	assert_true(all_void(opened));
}

static void test_bad_reads(void **state)
{
	static const int swapped[] = {FIRST_FD, FIRST_FD + 2, FIRST_FD + 1, FIRST_FD + 3};
	struct opened opened;

	(void)state;
	assert_int_equal(open_mixed(&opened), 0);
	emulated_reply(5000, 5000, 4, all_fds);
	kernel.reply_bytes =
		0; /* a group in the error state reads as the end of a file */
	expect_no_values(&opened, -ENODATA);
	kernel.reply_bytes = 24;
	expect_no_values(&opened, -EIO);
	kernel.reply_bytes = 87;
	expect_no_values(&opened, -EIO);
	kernel.reply_bytes = 88;
	kernel.reply[0] = 3;
	expect_no_values(&opened, -EIO);
	emulated_reply(5000, 5000, 5, (const int[]){FIRST_FD, 0, 0, 0, 0});
	expect_no_values(&opened, -ENOSPC);
	kernel.reply_bytes = -EBADF;
	expect_no_values(&opened, -EBADF);
	/* A value under another event's id is no value of either. */
	emulated_reply(5000, 5000, 4, swapped);
	expect_no_values(&opened, -EIO);
	counters_perf.close(opened.counters);
}

static void test_failed_member(void **state)
{
	static const int fds[] = {FIRST_FD, FIRST_FD + 1, FIRST_FD + 2};
	struct opened opened;

	(void)state;
	kernel.refused_config = 0x0f45;
	kernel.refused_error = ENOENT;
	assert_int_equal(open_mixed(&opened), 0);
	assert_int_equal(opened.status[HITS].error, -ENOENT);
	assert_true(opened.status[HITS].why[0] != '\0');
	assert_int_equal(opened.status[WALKS].error, 0);
	emulated_reply(5000, 5000, 3, fds);
	assert_int_equal(counters_perf.read(opened.counters, opened.values), 0);
	check_value(&opened.values[CYCLES], 1000, 5000, 5000);
	check_value(&opened.values[HITS], 0, 0, 0);
	check_value(&opened.values[WALKS], 2000, 5000, 5000);
	check_value(&opened.values[SWITCHES], 3000, 5000, 5000);
	counters_perf.close(opened.counters);
	assert_int_equal(emulated_open_descriptors(), 0);
}

static void test_full_pmu(void **state)
{
	struct opened opened;

	(void)state;
	kernel.counters = 2;
	assert_int_equal(open_mixed(&opened), 0);
	/* Refused beside the others, accepted alone: the PMU is full, the code is not
	 * bad. */
	assert_int_equal(opened.status[WALKS].error, -ENOSPC);
	assert_non_null(strstr(opened.status[WALKS].why, "no counter left"));
	assert_int_equal(opened.status[HITS].error, 0);
	assert_int_equal(opened.status[SWITCHES].error, 0);
	assert_int_equal(emulated_open_descriptors(), 3);
	counters_perf.close(opened.counters);
	assert_int_equal(emulated_open_descriptors(), 0);
	/* Nor does a kernel that overlooks leaders hand out one too many. */
	(void)emulated_reset(NULL);
	kernel.counters = 2;
	kernel.idle_leaders = true;
	assert_int_equal(open_mixed(&opened), 0);
	assert_int_equal(opened.status[WALKS].error, -ENOSPC);
	counters_perf.close(opened.counters);
	/* Refused alone as well: the code is bad. */
	(void)emulated_reset(NULL);
	kernel.refused_config = 0xf045;
	kernel.refused_error = EINVAL;
	assert_int_equal(open_mixed(&opened), 0);
	assert_int_equal(opened.status[WALKS].error, -EINVAL);
	counters_perf.close(opened.counters);
	assert_int_equal(emulated_open_descriptors(), 0);
}

/* What the PMU says that it lacks is not opened, though the kernel would. */
static void test_lacking(void **state)
{
	char root[] = "/tmp/test-emulated-XXXXXX";
	static const struct group two = {.name = "two",
		.events = {{"PMC0", "r3"}, {"PMC1", "r8"}},
		.events_count = 2};
	struct opened opened;

	(void)state;
	assert_non_null(mkdtemp(root));
	record_neoverse(root);
	record_term(root, "armv8_pmuv3_0", "events/cpu_cycles", "event=0x0011\n");
	record_term(root, "armv8_pmuv3_0", "events/inst_retired", "event=0x0008\n");
	kernel.root = root;
	opened.complaint = (struct complaint){.what = ""};
	assert_int_equal(counters_perf.open(&opened.counters, &two, NULL, opened.status,
				 &opened.complaint),
		0);
	assert_int_equal(kernel.opens_count, 1);
	assert_int_equal(opened.status[0].error, -ENOENT);
	assert_non_null(strstr(opened.status[0].why, "does not implement event 0x03"));
	assert_int_equal(opened.status[1].error, 0);
	counters_perf.close(opened.counters);
	record_remove(root);
}

static void test_other_leader(void **state)
{
	struct opened opened;

	(void)state;
	kernel.refused_config = PERF_COUNT_HW_CPU_CYCLES;
	kernel.refused_error = EOPNOTSUPP;
	assert_int_equal(open_mixed(&opened), 0);
	assert_int_equal(opened.status[CYCLES].error, -EOPNOTSUPP);
	assert_int_equal(kernel.opens[0].attr.config, 0x0f45);
	assert_int_equal(kernel.opens[0].group_fd, -1);
	assert_true(kernel.opens[0].attr.disabled);
	assert_int_equal(kernel.opens[1].group_fd, FIRST_FD);
	counters_perf.close(opened.counters);
	/* Without a PMU the software event leads itself. */
	(void)emulated_reset(NULL);
	kernel.hardware_error = ENOENT;
	assert_int_equal(open_mixed(&opened), 0);
	assert_int_equal(opened.status[CYCLES].error, -ENOENT);
	assert_int_equal(opened.status[SWITCHES].error, 0);
	assert_true(kernel.opens[0].attr.disabled);
	counters_perf.close(opened.counters);
	assert_int_equal(emulated_open_descriptors(), 0);
}

static void test_none_opens(void **state)
{
	struct opened opened;

	(void)state;
	kernel.refused_config = PERF_COUNT_SW_CONTEXT_SWITCHES;
	kernel.refused_error = EACCES;
	kernel.hardware_error = EMFILE;
	assert_int_equal(open_mixed(&opened), -EMFILE);
	/* The storage of the caller is not written on failure. */
	assert_true(opened.counters == (struct counters *)UINTPTR_MAX);
	assert_string_equal(
		opened.complaint.what, "no event of group mixed can be counted");
	assert_non_null(strstr(opened.complaint.why, "file descriptor"));
	assert_non_null(strstr(opened.complaint.advice, "ulimit"));
	assert_int_equal(opened.status[SWITCHES].error, -EACCES);
	assert_int_equal(opened.status[WALKS].error, -EMFILE);
	assert_int_equal(emulated_open_descriptors(), 0);
}

static void test_unknown_event(void **state)
{
	static const struct group unknown = {
		.name = "unknown",
		.events = {{"PMC0", "perf::CYCLE"}, {"PMC1", "rc0"}},
		.events_count = 2,
	};
	struct counter_event_status status[2];
	struct complaint complaint = {.what = ""};
	struct counters *counters;

	(void)state;
	assert_int_equal(
		counters_perf.open(&counters, &unknown, NULL, status, &complaint), 0);
	assert_int_equal(status[0].error, -ENOENT);
	assert_non_null(strstr(status[0].why, "libpfm4"));
	assert_int_equal(status[1].error, 0);
	counters_perf.close(counters);
	kernel.hardware_error = ENOENT;
	assert_int_equal(
		counters_perf.open(&counters, &unknown, NULL, status, &complaint),
		-ENOENT);
	assert_non_null(strstr(complaint.why, "libpfm4"));
	assert_non_null(strstr(complaint.advice, "CYCLES"));
}

static void test_interrupted_open(void **state)
{
	struct opened opened;

	(void)state;
	kernel.interrupted = 5;
	assert_int_equal(open_mixed(&opened), 0);
	assert_int_equal(kernel.opens_count, 4);
	assert_int_equal(kernel.interrupted, 0);
	counters_perf.close(opened.counters);
}

static void test_failed_ioctl(void **state)
{
	struct opened opened;

	(void)state;
	kernel.ioctl_error = ENOTTY;
	kernel.ioctl_fd = FIRST_FD + 1;
	assert_int_equal(open_mixed(&opened), 0);
	/* Without an id its values could not be told from others'. */
	assert_int_equal(opened.status[HITS].error, -ENOTTY);
	assert_int_equal(emulated_open_descriptors(), 3);
	kernel.ioctl_fd = FIRST_FD;
	assert_int_equal(counters_perf.start(opened.counters), -ENOTTY);
	assert_int_equal(counters_perf.stop(opened.counters), -ENOTTY);
	counters_perf.close(opened.counters);
	assert_int_equal(emulated_open_descriptors(), 0);
}

static void test_probe(void **state)
{
	struct complaint complaint = {.what = ""};

	(void)state;
	assert_int_equal(counters_perf.probe(&complaint), 0);
	kernel.hardware_error = ENOENT;
	assert_int_equal(counters_perf.probe(&complaint), 0);
	assert_string_equal(complaint.what, "");
	kernel.hardware_error = ENOSYS;
	kernel.refused_config = PERF_COUNT_SW_PAGE_FAULTS;
	kernel.refused_error = ENOSYS;
	assert_int_equal(counters_perf.probe(&complaint), -ENOSYS);
	assert_non_null(strstr(complaint.why, "perf_event_open is not there"));
	assert_int_equal(emulated_open_descriptors(), 0);
	/* And so auto counts nothing, and says why. */
	assert_ptr_equal(counters_find("auto", &complaint), &counters_none);
	assert_non_null(strstr(complaint.why, "perf_event_open is not there"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_open, emulated_reset),
		cmocka_unit_test_setup(test_decode, emulated_reset),
		cmocka_unit_test_setup(test_bad_reads, emulated_reset),
		cmocka_unit_test_setup(test_failed_member, emulated_reset),
		cmocka_unit_test_setup(test_full_pmu, emulated_reset),
		cmocka_unit_test_setup(test_lacking, emulated_reset),
		cmocka_unit_test_setup(test_other_leader, emulated_reset),
		cmocka_unit_test_setup(test_none_opens, emulated_reset),
		cmocka_unit_test_setup(test_unknown_event, emulated_reset),
		cmocka_unit_test_setup(test_interrupted_open, emulated_reset),
		cmocka_unit_test_setup(test_failed_ioctl, emulated_reset),
		cmocka_unit_test_setup(test_probe, emulated_reset),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
