/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Targets, filters and PMUs of the perf backend, against an emulated kernel on recorded
 * systems. */
#include "counters/counters.h"
#include "tests/counters/emulated.h"
#include "tests/counters/record.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { EVENTS = 4 };

struct opened {
	char root[32];
	struct group group;
	struct counter_event_status status[EVENTS];
	struct counter_value values[EVENTS];
	struct complaint complaint;
	struct counters *counters;
};

static void begin(struct opened *opened, void (*record)(const char *root))
{
	memset(opened, 0, sizeof(*opened));
	(void)snprintf(opened->root, sizeof(opened->root), "/tmp/test-targets-XXXXXX");
	assert_non_null(mkdtemp(opened->root));
	record(opened->root);
	kernel.root = opened->root;
}

static int try_open(struct opened *opened, const struct counter_target *target,
	const char *const names[EVENTS])
{
	opened->group = (struct group){.name = "any"};
	for (size_t i = 0; i < EVENTS && names[i]; i++) {
		struct event *event = &opened->group.events[opened->group.events_count++];

		(void)snprintf(event->counter, sizeof(event->counter), "PMC%zu", i);
		(void)snprintf(event->name, sizeof(event->name), "%s", names[i]);
	}
	return counters_perf.open(&opened->counters, &opened->group, target,
		opened->status, &opened->complaint);
}

static void open_all(struct opened *opened, const struct counter_target *target,
	const char *const names[EVENTS])
{
	if (try_open(opened, target, names))
		fail_msg("%s: %s", opened->complaint.what, opened->complaint.why);
	for (size_t i = 0; i < opened->group.events_count; i++)
		assert_int_equal(opened->status[i].error, 0);
}

static void end(struct opened *opened)
{
	counters_perf.close(opened->counters);
	assert_int_equal(emulated_open_descriptors(), 0);
	record_remove(opened->root);
}

/* A group read answers with 1000 for its first event, and so on; the test tells only the
 * times. */
static void expect_read(struct opened *opened)
{
	assert_int_equal(counters_perf.read(opened->counters, opened->values), 0);
}

static void test_hybrid(void **state)
{
	static const char *const names[EVENTS] = {
		"perf::CYCLES", "r0f45", "perf::PAGE-FAULTS"};
	static const int both[] = {FIRST_FD, FIRST_FD + 2};
	const struct counter_value *parts;
	struct opened opened;

	(void)state;
	begin(&opened, record_alder_lake);
	open_all(&opened, NULL, names);
	/* CYCLES on core and atom, each leading a group of its PMU; then the raw event on
	 * both; then the software event, which would stand still in either. */
	assert_int_equal(kernel.opens_count, 5);
	assert_true(kernel.opens[0].attr.config == 0x400000000);
	assert_true(kernel.opens[1].attr.config == 0xa00000000);
	assert_int_equal(kernel.opens[0].group_fd, -1);
	assert_int_equal(kernel.opens[1].group_fd, -1);
	assert_int_equal(kernel.opens[2].attr.type, 4);
	assert_int_equal(kernel.opens[2].group_fd, FIRST_FD);
	assert_int_equal(kernel.opens[3].attr.type, 10);
	assert_int_equal(kernel.opens[3].group_fd, FIRST_FD + 1);
	assert_int_equal(kernel.opens[4].attr.type, PERF_TYPE_SOFTWARE);
	assert_int_equal(kernel.opens[4].group_fd, -1);
	assert_int_equal(opened.status[0].parts_count, 2);
	assert_string_equal(opened.status[0].parts[0], "cpu_core");
	assert_string_equal(opened.status[0].parts[1], "cpu_atom");
	assert_int_equal(opened.status[2].parts_count, 1);
	assert_false(opened.status[0].alone);
	assert_true(opened.status[2].alone);
	assert_int_equal(counters_perf.start(opened.counters), 0);
	for (unsigned i = 0; i < 5; i++)
		assert_int_equal(kernel.opens[i].enabled, kernel.opens[i].group_fd == -1);
	/* Each group's read is its own, which this canned reply is not. */
	emulated_reply(900, 300, 2, both);
	assert_int_equal(counters_perf.read(opened.counters, opened.values), -EIO);
	kernel.live = true;
	for (unsigned i = 0; i < 5; i++) {
		kernel.opens[i].page = calloc(1, 4096);
		kernel.opens[i].page->pmc_width = 48;
		kernel.opens[i].page->offset = 1000 + i;
		kernel.opens[i].page->time_enabled = 900;
		/* A third of its time on P cores, the rest on E cores. */
		kernel.opens[i].page->time_running = i == 0 ? 300 : i == 1 ? 600 : 900;
	}
	expect_read(&opened);
	parts = counters_perf.parts(opened.counters, 0);
	assert_int_equal(parts[0].count, 1000);
	assert_int_equal(parts[0].running_ns, 300);
	assert_int_equal(parts[1].count, 1001);
	assert_int_equal(parts[1].running_ns, 600);
	assert_int_equal(opened.values[0].count, 2001);
	assert_int_equal(opened.values[0].enabled_ns, 900);
	assert_int_equal(opened.values[0].running_ns, 900);
	assert_int_equal(opened.values[1].count, 1002 + 1003);
	assert_int_equal(opened.values[2].count, 1004);
	/* A part of the time on neither: it shows. */
	kernel.opens[1].page->time_running = 500;
	expect_read(&opened);
	assert_int_equal(opened.values[0].running_ns, 800);
	end(&opened);
}

static void test_no_extended_types(void **state)
{
	static const char *const names[EVENTS] = {"perf::CYCLES"};
	struct opened opened;

	(void)state;
	begin(&opened, record_alder_lake);
	kernel.no_extended = true;
	open_all(&opened, NULL, names);
	/* The kernel chose one PMU; nothing is counted twice. */
	assert_int_equal(kernel.opens_count, 1);
	assert_true(kernel.opens[0].attr.config == 0);
	assert_int_equal(opened.status[0].parts_count, 1);
	end(&opened);
}

static void test_one_type_of_core(void **state)
{
	static const char *const names[EVENTS] = {"r0f45", "r76"};
	struct opened opened;

	(void)state;
	begin(&opened, record_alder_lake);
	/* Refused by one PMU, the event is counted on the other, and says so. */
	kernel.counters = 1;
	assert_int_equal(try_open(&opened, NULL, names), 0);
	assert_int_equal(opened.status[0].parts_count, 2);
	assert_int_equal(opened.status[1].error, -ENOSPC);
	assert_int_equal(opened.status[1].parts_count, 0);
	end(&opened);
}

static void test_uncore(void **state)
{
	static const char *const names[EVENTS] = {
		"perf::CYCLES", "amd_l3/event=0x04,umask=0xff/", "amd_l3/event=0x9a/"};
	static const int cpus[] = {0, 8, 16, 24};
	struct counter_read_cost cost;
	struct opened opened;
	char text[COUNTER_FILTER_TEXT];

	(void)state;
	begin(&opened, record_epyc);
	open_all(&opened, NULL, names);
	assert_int_equal(kernel.opens_count, 9);
	for (unsigned i = 0; i < 4; i++) {
		const struct emulated_open *first = &kernel.opens[1 + i];
		const struct emulated_open *second = &kernel.opens[5 + i];

		/* Both events of a unit in one group; nothing is filtered. */
		assert_int_equal(first->thread, -1);
		assert_int_equal(first->cpu, cpus[i]);
		assert_int_equal(first->group_fd, -1);
		assert_int_equal(second->cpu, cpus[i]);
		assert_int_equal(second->group_fd, FIRST_FD + 1 + (int)i);
		assert_false(first->attr.exclude_user || first->attr.exclude_kernel ||
			     first->attr.exclude_hv || first->attr.exclude_guest);
	}
	assert_int_equal(opened.status[0].scope, COUNTER_SCOPE_THREAD);
	assert_int_equal(opened.status[1].scope, COUNTER_SCOPE_SYSTEM);
	assert_string_equal(counter_scope_name(opened.status[1].scope), "system-wide");
	assert_string_equal(counter_filter_describe(&opened.status[1].filter, text),
		"user space, kernel and hypervisor, guests included");
	assert_true(opened.status[1].alone && !opened.status[0].alone);
	kernel.live = true;
	for (unsigned i = 0; i < 9; i++) {
		kernel.opens[i].page = calloc(1, 4096);
		kernel.opens[i].page->pmc_width = 48;
		kernel.opens[i].page->offset = i;
		kernel.opens[i].page->time_enabled = 1000 + i;
		kernel.opens[i].page->time_running = 1000 + i;
	}
	expect_read(&opened);
	assert_int_equal(opened.values[1].count, 1 + 2 + 3 + 4);
	assert_int_equal(opened.values[2].count, 5 + 6 + 7 + 8);
	assert_int_equal(opened.values[1].enabled_ns, opened.values[1].running_ns);
	/* One unit of four that lost its counter makes the sum incomplete. */
	kernel.opens[2].page->time_running -= 10;
	expect_read(&opened);
	assert_int_equal(opened.values[1].enabled_ns - opened.values[1].running_ns, 10);
	/* What others cause cannot be read from this thread's pages. */
	assert_int_equal(
		counters_perf.choose_read_path(opened.counters, &clocks_system, &cost),
		0);
	assert_int_equal(cost.path, COUNTER_READ_SYSCALL);
	assert_non_null(strstr(cost.user_why, "calling thread"));
	end(&opened);
}

/* A sum over some of the units is no sum. */
static void test_missing_unit(void **state)
{
	static const char *const names[EVENTS] = {"cha/event=0x35/", "perf::CYCLES"};
	struct opened opened;

	(void)state;
	begin(&opened, record_sapphire_rapids);
	kernel.refused_config = 0x35;
	kernel.refused_error = EACCES;
	assert_int_equal(try_open(&opened, NULL, names), 0);
	assert_int_equal(opened.status[0].error, -EACCES);
	assert_int_equal(emulated_open_descriptors(), 1);
	end(&opened);
	(void)emulated_reset(NULL);
	begin(&opened, record_sapphire_rapids);
	open_all(&opened, NULL, names);
	assert_int_equal(kernel.opens_count, 25); /* 12 CHAs on 2 sockets, and cycles */
	end(&opened);
}

static void test_filters(void **state)
{
	static const char *const names[EVENTS] = {
		"perf::CYCLES", "perf::CYCLES:k", "perf::CONTEXT-SWITCHES", "r76:uG"};
	const struct counter_target target = {
		.cpu = -1, .filter = {.user = true, .kernel = true}};
	char text[COUNTER_FILTER_TEXT];
	struct opened opened;

	(void)state;
	begin(&opened, record_epyc);
	open_all(&opened, &target, names);
	/* In the order of opening: 0, 1, 3 and the software event. */
	for (unsigned i = 0; i < 4; i++) {
		const struct perf_event_attr *attr = &kernel.opens[i].attr;

		assert_int_equal(attr->exclude_user, i == 1);
		assert_int_equal(attr->exclude_kernel, i == 2);
		assert_true(attr->exclude_hv);
		assert_int_equal(attr->exclude_guest, i != 2);
		assert_int_equal(attr->exclude_host, i == 2);
	}
	assert_string_equal(counter_filter_describe(&opened.status[0].filter, text),
		"user space and kernel");
	assert_string_equal(
		counter_filter_describe(&opened.status[1].filter, text), "kernel");
	assert_string_equal(counter_filter_describe(&opened.status[3].filter, text),
		"user space of guests");
	counters_perf.close(opened.counters);
	/* The default is user space, and a switch counts nevertheless. */
	open_all(&opened, NULL, names);
	assert_string_equal(
		counter_filter_describe(&opened.status[0].filter, text), "user space");
	assert_string_equal(counter_filter_describe(&opened.status[2].filter, text),
		"user space and kernel");
	end(&opened);
}

static void test_program(void **state)
{
	static const char *const names[EVENTS] = {"perf::CYCLES", "r76"};
	const struct counter_target target = {
		.thread = 4711, .cpu = -1, .inherit = true, .on_exec = true};
	struct opened opened;

	(void)state;
	begin(&opened, record_epyc);
	open_all(&opened, &target, names);
	for (unsigned i = 0; i < 2; i++) {
		assert_int_equal(kernel.opens[i].thread, 4711);
		assert_int_equal(kernel.opens[i].cpu, -1);
		assert_true(kernel.opens[i].attr.inherit);
		/* The leader begins at exec and takes the rest along. */
		assert_int_equal(kernel.opens[i].attr.disabled, i == 0);
		assert_int_equal(kernel.opens[i].attr.enable_on_exec, i == 0);
		assert_true(kernel.opens[i].attr.read_format & PERF_FORMAT_GROUP);
	}
	assert_int_equal(opened.status[1].scope, COUNTER_SCOPE_PROGRAM);
	assert_false(opened.status[1].alone);
	assert_int_equal(counters_perf.start(opened.counters), 0);
	assert_int_equal(kernel.enabled, 0);
	end(&opened);
}

/* Kernels before 4.13 refuse group reads of what is inherited. */
static void test_old_inherit(void **state)
{
	static const char *const names[EVENTS] = {"perf::CYCLES", "r76"};
	const struct counter_target target = {.thread = 4711, .cpu = -1, .inherit = true};
	struct opened opened;

	(void)state;
	begin(&opened, record_epyc);
	kernel.no_group_reads = true;
	open_all(&opened, &target, names);
	assert_int_equal(kernel.opens[1].group_fd, FIRST_FD);
	assert_false(kernel.opens[1].attr.read_format & PERF_FORMAT_GROUP);
	assert_true(opened.status[0].alone && opened.status[1].alone);
	expect_read(&opened);
	assert_int_equal(opened.values[0].count, 100);
	assert_int_equal(opened.values[1].count, 200);
	assert_int_equal(opened.values[1].running_ns, 50);
	end(&opened);
}

static void test_whole_system(void **state)
{
	static const char *const names[EVENTS] = {"perf::CYCLES", "perf::PAGE-FAULTS"};
	const struct counter_target all = {.thread = -1, .cpu = -1};
	const struct counter_target one = {.thread = -1, .cpu = 5};
	struct opened opened;

	(void)state;
	begin(&opened, record_epyc);
	open_all(&opened, &all, names);
	assert_int_equal(kernel.opens_count, 64);
	assert_int_equal(kernel.opens[31].cpu, 31);
	assert_int_equal(kernel.opens[32].group_fd, FIRST_FD);
	assert_int_equal(opened.status[1].scope, COUNTER_SCOPE_SYSTEM);
	end(&opened);
	(void)emulated_reset(NULL);
	/* CPU 5 is an E core: the event of P cores is not there. */
	begin(&opened, record_alder_lake);
	open_all(&opened, &one, names);
	assert_int_equal(kernel.opens_count, 2);
	assert_true(kernel.opens[0].attr.config >> 32 == 10);
	assert_int_equal(kernel.opens[0].cpu, 5);
	assert_int_equal(kernel.opens[0].thread, -1);
	assert_int_equal(opened.status[0].parts_count, 1);
	assert_string_equal(opened.status[0].parts[0], "cpu_atom");
	end(&opened);
}

static void test_arm_user_bit(void **state)
{
	static const char *const names[EVENTS] = {"r76", "arm_cmn/hnf_cache_miss/"};
	const struct counter_target program = {.thread = 1, .cpu = -1, .inherit = true};
	struct opened opened;

	(void)state;
	begin(&opened, record_neoverse);
	open_all(&opened, NULL, names);
	assert_int_equal(kernel.opens[0].attr.config1, 2);
	assert_int_equal(kernel.opens[1].attr.config1, 0);
	assert_int_equal(kernel.opens[1].thread, -1);
	counters_perf.close(opened.counters);
	/* Only events of the calling thread may ask for it. */
	open_all(&opened, &program, names);
	assert_int_equal(kernel.opens[2].attr.config1, 0);
	end(&opened);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_hybrid, emulated_reset),
		cmocka_unit_test_setup(test_no_extended_types, emulated_reset),
		cmocka_unit_test_setup(test_one_type_of_core, emulated_reset),
		cmocka_unit_test_setup(test_uncore, emulated_reset),
		cmocka_unit_test_setup(test_missing_unit, emulated_reset),
		cmocka_unit_test_setup(test_filters, emulated_reset),
		cmocka_unit_test_setup(test_program, emulated_reset),
		cmocka_unit_test_setup(test_old_inherit, emulated_reset),
		cmocka_unit_test_setup(test_whole_system, emulated_reset),
		cmocka_unit_test_setup(test_arm_user_bit, emulated_reset),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
