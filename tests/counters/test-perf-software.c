/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The perf backend against the running kernel, by what every kernel can count: its own
 * software events. Where perf_event is refused the tests are skipped, and say why.
 */
#include "base/cpus.h"
#include "counters/counters.h"

#include <errno.h>
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

enum { FAULTS, MINOR, MAJOR, SWITCHES, MIGRATIONS, EVENTS, PAGES = 512, SLEEPS = 8 };

struct open_group {
	struct group group;
	struct counter_event_status status[GROUP_EVENTS];
	struct counters *counters;
};

static void open_software(struct open_group *opened)
{
	struct complaint complaint = {.what = ""};
	int error;

	if (group_load(
		    &opened->group, "counters/groups", "generic", "software", &complaint))
		fail_msg("%s", complaint.what);
	assert_int_equal(opened->group.events_count, EVENTS);
	error = counters_perf.open(
		&opened->counters, &opened->group, NULL, opened->status, &complaint);
	if (error) {
		print_message("skipped: %s: %s\n", complaint.what, complaint.why);
		group_release(&opened->group);
		assert_true(complaint.why[0] != '\0');
		skip();
	}
	assert_int_equal(counters_perf.start(opened->counters), 0);
}

static void close_software(struct open_group *opened)
{
	assert_int_equal(counters_perf.stop(opened->counters), 0);
	counters_perf.close(opened->counters);
	group_release(&opened->group);
}

static void read_now(struct open_group *opened, struct counter_value values[EVENTS])
{
	assert_int_equal(counters_perf.read(opened->counters, values), 0);
}

static void touch_pages(void)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	char *pages = mmap(NULL, PAGES * page, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	assert_ptr_not_equal(pages, MAP_FAILED);
	(void)madvise(pages, PAGES * page, MADV_NOHUGEPAGE);
	for (size_t i = 0; i < PAGES; i++)
		pages[i * page] = 1;
	assert_int_equal(munmap(pages, PAGES * page), 0);
}

static void test_page_faults(void **state)
{
	struct counter_value before[EVENTS];
	struct counter_value between[EVENTS];
	struct counter_value after[EVENTS];
	struct open_group opened;

	(void)state;
	open_software(&opened);
	assert_int_equal(opened.status[FAULTS].error, 0);
	read_now(&opened, before);
	read_now(&opened, between);
	touch_pages();
	read_now(&opened, after);
	close_software(&opened);
	print_message("%d pages touched: %" PRIu64 " faults, %" PRIu64 " without\n",
		PAGES, after[FAULTS].count - between[FAULTS].count,
		between[FAULTS].count - before[FAULTS].count);
	/* A fault for each page touched, although the kernel is excluded; few without. */
	assert_true(after[FAULTS].count - between[FAULTS].count >= PAGES);
	assert_true(between[FAULTS].count - before[FAULTS].count < PAGES / 2);
	assert_true(after[MINOR].count + after[MAJOR].count == after[FAULTS].count);
	/* A software event is never waiting for a counter. */
	assert_true(after[FAULTS].enabled_ns > before[FAULTS].enabled_ns);
	assert_int_equal(after[FAULTS].enabled_ns, after[FAULTS].running_ns);
}

static void test_switches(void **state)
{
	/* Longer than the timer needs to be set: one that has run out by then is no
	 * sleep. */
	const struct timespec moment = {.tv_nsec = 1000000};
	struct counter_value before[EVENTS];
	struct counter_value after[EVENTS];
	struct open_group opened;

	(void)state;
	open_software(&opened);
	if (opened.status[SWITCHES].error) {
		print_message("skipped: %s\n", opened.status[SWITCHES].why);
		assert_true(opened.status[SWITCHES].why[0] != '\0');
		close_software(&opened);
		skip();
	}
	read_now(&opened, before);
	for (unsigned i = 0; i < SLEEPS; i++)
		(void)nanosleep(&moment, NULL);
	read_now(&opened, after);
	close_software(&opened);
	assert_true(after[SWITCHES].count - before[SWITCHES].count >= SLEEPS);
}

static void test_migrations(void **state)
{
	struct counter_value before[EVENTS];
	struct counter_value after[EVENTS];
	struct open_group opened;
	struct cpus allowed;
	int first;
	unsigned second;

	(void)state;
	assert_int_equal(cpus_allowed(&allowed), 0);
	first = cpus_first(&allowed);
	for (second = (unsigned)first + 1; second < CPUS_MAX; second++)
		if (cpus_has(&allowed, second))
			break;
	if (second == CPUS_MAX) {
		print_message("skipped: this process may run on one CPU only\n");
		skip();
	}
	assert_int_equal(cpus_pin((unsigned)first), 0);
	open_software(&opened);
	read_now(&opened, before);
	assert_int_equal(cpus_pin(second), 0);
	assert_int_equal(cpus_pin((unsigned)first), 0);
	read_now(&opened, after);
	assert_int_equal(cpus_unpin(&allowed), 0);
	if (opened.status[MIGRATIONS].error) {
		print_message("skipped: %s\n", opened.status[MIGRATIONS].why);
		close_software(&opened);
		skip();
	}
	close_software(&opened);
	assert_int_equal(after[MIGRATIONS].count - before[MIGRATIONS].count, 2);
}

/* Nothing is counted before start and after stop. */
static void test_brackets(void **state)
{
	struct counter_value stopped[EVENTS];
	struct counter_value later[EVENTS];
	struct open_group opened;

	(void)state;
	open_software(&opened);
	assert_int_equal(counters_perf.stop(opened.counters), 0);
	read_now(&opened, stopped);
	touch_pages();
	read_now(&opened, later);
	assert_int_equal(stopped[FAULTS].count, later[FAULTS].count);
	assert_int_equal(stopped[FAULTS].enabled_ns, later[FAULTS].enabled_ns);
	assert_int_equal(counters_perf.start(opened.counters), 0);
	touch_pages();
	read_now(&opened, later);
	assert_true(later[FAULTS].count - stopped[FAULTS].count >= PAGES);
	close_software(&opened);
}

/* With a PMU the group counts cycles; without one it says what is missing. */
static void test_hardware_or_why(void **state)
{
	struct counter_event_status status[GROUP_EVENTS];
	struct complaint complaint = {.what = ""};
	struct counters *counters = NULL;
	struct group group;
	int error;

	(void)state;
	assert_int_equal(
		group_load(&group, "counters/groups", "generic", "cpu", &complaint), 0);
	error = counters_perf.open(&counters, &group, NULL, status, &complaint);
	if (error) {
		print_message(
			"%s: %s; %s\n", complaint.what, complaint.why, complaint.advice);
		assert_true(error < 0);
		assert_null(counters);
		assert_string_equal(
			complaint.what, "no event of group cpu can be counted");
		assert_true(complaint.why[0] != '\0' && complaint.advice[0] != '\0');
		for (size_t i = 0; i < group.events_count; i++)
			assert_true(status[i].error < 0 && status[i].why[0] != '\0');
	} else {
		assert_int_equal(status[0].error, 0);
		counters_perf.close(counters);
	}
	group_release(&group);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_page_faults),
		cmocka_unit_test(test_switches),
		cmocka_unit_test(test_migrations),
		cmocka_unit_test(test_brackets),
		cmocka_unit_test(test_hardware_or_why),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
