/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The whole way of the data, from a synthetic machine and options to the bytes of the raw
 * files, with everything that a real machine would vary put in: clocks that only go on
 * when something is read or run, counters that count what the clocks show, memory whose
 * pages are whatever malloc gives. What comes out is compared with files in
 * tests/core/data; REFRESH=1 in the environment rewrites them.
 */
#include "base/file.h"
#include "core/runner.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static uint64_t
	now_ns; /* each reading of a clock takes 1 us; a window's two enclose what ran */

static uint64_t fake_time(void)
{
	return now_ns += 1000;
}

static double fake_ghz(void)
{
	return 2.5;
}

static uint64_t fake_switches(void)
{
	return 0;
}

static const struct clocks fake_clocks = {
	.wall_ns = fake_time,
	.cpu_ns = fake_time,
	.core_ghz = fake_ghz,
	.involuntary_switches = fake_switches,
};

/* A clock whose windows differ from round to round, so that no interval is ever narrow.
 */
static uint64_t step;

static uint64_t wide_time(void)
{
	step = step * 6364136223846793005ull + 1442695040888963407ull;
	return now_ns += 1000 + (step >> 50);
}

static const struct clocks wide_clocks = {
	.wall_ns = wide_time,
	.cpu_ns = wide_time,
	.core_ghz = fake_ghz,
	.involuntary_switches = fake_switches,
};

/* Counts 1000 of each event between two readings; the third never runs, the fourth half
 * of the time. */
static void fake_count(
	void *context, const struct group *group, struct counter_value *values)
{
	uint64_t *reads = context;

	(*reads)++;
	for (size_t i = 0; i < group->events_count; i++)
		values[i] = (struct counter_value){
			.count = i == 2 ? 0 : *reads * 1000 * (i + 1),
			.enabled_ns = *reads * 500,
			.running_ns = i == 2 ? 0 : *reads * (i == 3 ? 250 : 500),
		};
}

static unsigned acquired, released;

static int ordinary_acquire(const struct memory_request *request,
	struct memory_grant *grant, struct complaint *complaint)
{
	(void)complaint;
	acquired++;
	*grant = (struct memory_grant){.base = aligned_alloc(4096, request->bytes),
		.bytes = request->bytes,
		.mapped_bytes = request->bytes,
		.node = MEMORY_ANY_NODE};
	grant->mapping = grant->base;
	memset(grant->base, 0, request->bytes);
	return grant->base ? 0 : -ENOMEM;
}

static void ordinary_release(struct memory_grant *grant)
{
	released++;
	free(grant->mapping);
}

static int refusing_acquire(const struct memory_request *request,
	struct memory_grant *grant, struct complaint *complaint)
{
	(void)request;
	(void)grant;
	acquired++;
	complaint_what(complaint, "no pages, \"none\" at all");
	complaint_why(complaint, "the pool is empty");
	return -ENOMEM;
}

static const struct memory_backend ordinary = {
	.name = "ordinary", .acquire = ordinary_acquire, .release = ordinary_release};
static const struct memory_backend refusing = {
	.name = "refusing", .acquire = refusing_acquire};

static const struct memory_backend *find_fake(const char *name)
{
	return strcmp(name, "refusing") == 0 ? &refusing : &ordinary;
}

struct fixture {
	struct machine machine;
	struct group group;
	struct event_list events;
	struct plan_options options;
	struct plan plan;
	struct text csv, json;
	uint64_t counter_reads;
	volatile sig_atomic_t stop;
	size_t writes, stop_after, fail_after;
	unsigned flushes;
};

static int take(void *context, const struct measurement *measurement)
{
	struct fixture *f = context;
	struct measurement fixed = *measurement;

	/* What the kernel gave depends on the machine that the test runs on. */
	fixed.page_bytes = fixed.error[0] ? 0 : 4096;
	fixed.huge_bytes = 0;
	fixed.obtained_node = -1;
	fixed.point.cpu = 0;
	if (f->fail_after && f->writes == f->fail_after)
		return -ENOSPC;
	f->writes++;
	if (f->stop_after && f->writes == f->stop_after)
		f->stop = 1;
	record_csv_row(&measurement_record, &fixed, &f->events, &f->csv);
	record_json_row(&measurement_record, &fixed, &f->events, &f->json);
	return 0;
}

static int flush(void *context)
{
	struct fixture *f = context;

	f->flushes++;
	return 0;
}

static const char group_text[] =
	"SHORT Four events\n\nEVENTSET\n"
	"PMC0 first:event\nPMC1 second,event\nPMC2 third\nPMC3 fourth\n\n"
	"METRICS\nCycles per read PMC0/READS\n\nLONG\nNothing more.\n";

static void set_up(struct fixture *f, const char *backend)
{
	static const uint64_t sizes[] = {4096, 16384};
	struct complaint complaint = {0};

	*f = (struct fixture){.options = {
				      .kernels = {"chase", "strided"},
				      .kernels_count = 2,
				      .backends = {"ordinary", backend},
				      .backends_count = backend ? 2 : 1,
				      .groups = {"four"},
				      .groups_count = 1,
				      .sizes = sizes,
				      .sizes_count = 2,
				      .rounds_min = 2,
				      .rounds_max = 2,
				      .windows = 2,
				      .window_ns = 1000,
				      .target = 0.02,
				      .budget_ns = UINT64_MAX,
				      .seed = 1,
			      }};
	struct cpus allowed;
	struct place place = {0, -1};

	now_ns = step = 0;
	acquired = released = 0;
	text_init(&f->csv);
	text_init(&f->json);
	assert_int_equal(
		topology_load(&f->machine,
			"pack:1 l3:1(size=8MiB) l2:1(size=512KiB) l1d:1(size=32KiB) "
			"core:1 pu:1",
			&complaint),
		0);
	/* The run pins itself, so the plan needs a CPU that is there. */
	assert_int_equal(cpus_allowed(&allowed), 0);
	place.cpu = (unsigned)cpus_first(&allowed);
	f->machine.cpus = allowed;
	f->options.places = &place;
	f->options.places_count = 1;
	assert_int_equal(group_parse(&f->group, "four", group_text,
				 sizeof(group_text) - 1, &complaint),
		0);
	for (size_t i = 0; i < f->group.events_count; i++)
		assert_true(event_list_add(&f->events, f->group.events[i].name) >= 0);
	assert_int_equal(plan_build(&f->plan, &f->machine, &f->options, &complaint), 0);
	for (size_t i = 0; i < f->plan.count; i++)
		f->plan.points[i].cpu = place.cpu;
	f->options.places = NULL;
	f->options.places_count = 0;
	record_csv_header(&measurement_record, &f->events, &f->csv);
	counters_fake_install(
		&(struct counter_fake){.read = fake_count, .context = &f->counter_reads});
}

static void tear_down(struct fixture *f)
{
	assert_int_equal(f->csv.error, 0);
	counters_fake_install(&(struct counter_fake){.read = NULL});
	plan_release(&f->plan);
	group_release(&f->group);
	topology_release(&f->machine);
	text_release(&f->csv);
	text_release(&f->json);
}

static int run(struct fixture *f, const struct clocks *clocks,
	struct runner_outcome *outcome, struct complaint *complaint)
{
	const struct runner_setup setup = {
		.machine = &f->machine,
		.plan = &f->plan,
		.options = &f->options,
		.clocks = clocks,
		.counters = &counters_fake,
		.groups = &f->group,
		.groups_count = 1,
		.events = &f->events,
		.find_memory = find_fake,
		.verify = true,
		.stop = &f->stop,
		.write = take,
		.flush = flush,
		.context = f,
	};

	return runner_run(&setup, outcome, complaint);
}

static void compare(const struct text *text, const char *path)
{
	struct text expected;

	if (getenv("REFRESH")) {
		assert_int_equal(file_write_all(path, text), 0);
		return;
	}
	text_init(&expected);
	assert_int_equal(file_read_all(path, &expected), 0);
	assert_string_equal(text->bytes, expected.bytes);
	text_release(&expected);
}

static void test_raw_files_are_golden(void **state)
{
	struct fixture f;
	struct runner_outcome outcome;
	struct complaint complaint = {0};

	(void)state;
	set_up(&f, "refusing");
	assert_int_equal(run(&f, &fake_clocks, &outcome, &complaint), 0);
	assert_int_equal(outcome.rounds_done, 2);
	/* 2 sizes x 2 kernels x 2 windows x 2 rounds; and once 2 sizes x 2 kernels
	 * refused. */
	assert_int_equal(outcome.windows, 16);
	assert_int_equal(outcome.errors, 4);
	assert_int_equal(f.writes, 20);
	assert_int_equal(acquired, 4 + 2);
	assert_int_equal(released, 4);
	compare(&f.csv, "tests/core/data/pipeline.csv");
	compare(&f.json, "tests/core/data/pipeline.jsonl");
	tear_down(&f);
}

static void test_what_was_written_reads_back(void **state)
{
	struct fixture f;
	struct runner_outcome outcome;
	struct complaint complaint = {0};
	struct dataset dataset;
	struct text again;

	(void)state;
	set_up(&f, "refusing");
	assert_int_equal(run(&f, &fake_clocks, &outcome, &complaint), 0);
	assert_int_equal(
		dataset_parse_csv(&dataset, f.csv.bytes, f.csv.length, &complaint), 0);
	assert_int_equal(dataset.count, f.writes);
	text_init(&again);
	record_csv_header(&measurement_record, &dataset.events, &again);
	for (size_t i = 0; i < dataset.count; i++)
		record_csv_row(&measurement_record, &dataset.measurements[i],
			&dataset.events, &again);
	assert_string_equal(again.bytes, f.csv.bytes);
	text_release(&again);
	dataset_release(&dataset);
	tear_down(&f);
}

static void test_a_counter_that_never_ran_is_empty(void **state)
{
	struct fixture f;
	struct runner_outcome outcome;
	struct complaint complaint = {0};
	struct dataset dataset;

	(void)state;
	set_up(&f, NULL);
	assert_int_equal(run(&f, &fake_clocks, &outcome, &complaint), 0);
	assert_int_equal(
		dataset_parse_csv(&dataset, f.csv.bytes, f.csv.length, &complaint), 0);
	for (size_t i = 0; i < dataset.count; i++) {
		const struct counter_value *values = dataset.measurements[i].values;

		assert_int_equal(values[0].count, 1000);
		assert_int_equal(values[1].count, 2000);
		assert_int_equal(values[2].running_ns, 0);
		assert_int_equal(values[3].running_ns, 250);
		assert_int_equal(values[3].enabled_ns, 500);
	}
	dataset_release(&dataset);
	tear_down(&f);
}

static void test_stopping_at_any_window_keeps_what_was_measured(void **state)
{
	(void)state;
	for (size_t after = 1; after <= 16; after++) {
		struct fixture f;
		struct runner_outcome outcome;
		struct complaint complaint = {0};
		struct cpus before;
		struct cpus then;

		set_up(&f, NULL);
		f.stop_after = after;
		assert_int_equal(cpus_allowed(&before), 0);
		assert_int_equal(run(&f, &fake_clocks, &outcome, &complaint), 0);
		assert_int_equal(cpus_allowed(&then), 0);
		assert_true(cpus_equal(&before, &then));
		assert_true(outcome.interrupted);
		/* A layout's windows are written together. */
		assert_true(f.writes >= after && f.writes <= after + 1);
		assert_int_equal(acquired, released);
		tear_down(&f);
	}
}

static void test_a_failing_write_ends_the_run(void **state)
{
	(void)state;
	for (size_t after = 1; after < 16; after += 3) {
		struct fixture f;
		struct runner_outcome outcome;
		struct complaint complaint = {0};

		set_up(&f, NULL);
		f.fail_after = after;
		assert_int_equal(run(&f, &fake_clocks, &outcome, &complaint), -ENOSPC);
		assert_string_equal(complaint.what, "cannot write the measurements");
		assert_int_equal(f.writes, after);
		assert_int_equal(acquired, released);
		tear_down(&f);
	}
}

static void test_rounds_end_on_width(void **state)
{
	struct fixture f;
	struct runner_outcome outcome;
	struct complaint complaint = {0};

	(void)state;
	set_up(&f, NULL);
	f.options.rounds_min = 6;
	f.options.rounds_max = 12;
	assert_int_equal(run(&f, &fake_clocks, &outcome, &complaint), 0);
	assert_int_equal(outcome.rounds_done, 6);
	assert_int_equal(outcome.unresolved, 0);
	tear_down(&f);

	set_up(&f, NULL);
	f.options.rounds_min = 6;
	f.options.rounds_max = 9;
	f.options.target = 1e-9;
	assert_int_equal(run(&f, &wide_clocks, &outcome, &complaint), 0);
	assert_int_equal(outcome.rounds_done, 9);
	assert_int_equal(outcome.unresolved, 2);
	tear_down(&f);
}

static void test_no_round_begins_after_the_budget(void **state)
{
	struct fixture f;
	struct runner_outcome outcome;
	struct complaint complaint = {0};

	(void)state;
	set_up(&f, NULL);
	f.options.rounds_min = 6;
	f.options.rounds_max = 100;
	f.options.target = 1e-9;
	f.options.budget_ns = 1;
	assert_int_equal(run(&f, &wide_clocks, &outcome, &complaint), 0);
	assert_int_equal(outcome.rounds_done, 6);
	tear_down(&f);
}

static void test_backends_stand_side_by_side_in_each_round(void **state)
{
	struct fixture f;
	struct runner_outcome outcome;
	struct complaint complaint = {0};
	struct dataset dataset;

	(void)state;
	set_up(&f, "other");
	assert_int_equal(run(&f, &fake_clocks, &outcome, &complaint), 0);
	assert_int_equal(
		dataset_parse_csv(&dataset, f.csv.bytes, f.csv.length, &complaint), 0);
	assert_int_equal(dataset.count, 32);
	for (size_t i = 0; i < dataset.count; i++) {
		const struct measurement *m = &dataset.measurements[i];

		assert_int_equal(m->round, i / 16);
		assert_int_equal(m->point.bytes, i / 8 % 2 ? 16384 : 4096);
		assert_string_equal(m->point.backend, i / 4 % 2 ? "other" : "ordinary");
		assert_string_equal(m->point.kernel, i / 2 % 2 ? "strided" : "chase");
		assert_int_equal(m->window, i % 2);
	}
	dataset_release(&dataset);
	tear_down(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_raw_files_are_golden),
		cmocka_unit_test(test_what_was_written_reads_back),
		cmocka_unit_test(test_a_counter_that_never_ran_is_empty),
		cmocka_unit_test(test_stopping_at_any_window_keeps_what_was_measured),
		cmocka_unit_test(test_a_failing_write_ends_the_run),
		cmocka_unit_test(test_rounds_end_on_width),
		cmocka_unit_test(test_no_round_begins_after_the_budget),
		cmocka_unit_test(test_backends_stand_side_by_side_in_each_round),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
