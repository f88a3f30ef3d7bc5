/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/environment.h"
#include "core/measurement.h"
#include "core/sink.h"

#include <errno.h>
#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static struct measurement example(void)
{
	return (struct measurement){
		.point = {.kernel = "chase",
			.backend = "odd \"name\", with\nall",
			.group = "none",
			.bytes = 1ull << 40,
			.stride = 64,
			.cpu = 3,
			.node = -1},
		.round = 2,
		.window = 7,
		.page_bytes = 2 << 20,
		.huge_bytes = 1ull << 40,
		.obtained_node = 1,
		.reads = 123456789012,
		.wall_ns = 1000000,
		.cpu_ns = 999000,
		.clock_ghz = 2.5,
		.clean = true,
		.values = {{.count = 0, .enabled_ns = 10, .running_ns = 10},
			{.count = 77, .enabled_ns = 10, .running_ns = 0}, {.count = 0}},
	};
}

static struct event_list example_events(void)
{
	struct event_list events = {.count = 0};

	assert_int_equal(event_list_add(&events, "ran:and,counted-nothing"), 0);
	assert_int_equal(event_list_add(&events, "never-ran"), 1);
	assert_int_equal(event_list_add(&events, "of-another-group"), 2);
	assert_int_equal(event_list_add(&events, "never-ran"), 1);
	return events;
}

static void test_csv_round_trip(void **state)
{
	struct measurement m = example();
	struct event_list events = example_events();
	struct complaint complaint = {0};
	struct dataset dataset;
	struct text csv;

	(void)state;
	text_init(&csv);
	record_csv_header(&measurement_record, &events, &csv);
	record_csv_row(&measurement_record, &m, &events, &csv);
	m.wall_ns = m.cpu_ns = m.page_bytes = 0;
	(void)snprintf(m.error, sizeof(m.error), "pool empty, \"none\"");
	record_csv_row(&measurement_record, &m, &events, &csv);
	assert_int_equal(
		dataset_parse_csv(&dataset, csv.bytes, csv.length, &complaint), 0);
	assert_int_equal(dataset.count, 2);
	assert_int_equal(dataset.events.count, 3);
	m = example();
	assert_string_equal(dataset.measurements[0].point.backend, m.point.backend);
	assert_string_equal(dataset.measurements[0].point.kernel, "chase");
	dataset.measurements[0].point = m.point;
	/* A count without a running time is void and not written. */
	m.values[1].count = 0;
	assert_memory_equal(&dataset.measurements[0], &m, sizeof(m));
	assert_int_equal(dataset.measurements[1].wall_ns, 0);
	assert_string_equal(dataset.measurements[1].error, "pool empty, \"none\"");
	dataset_release(&dataset);
	text_release(&csv);
}

static void test_zero_and_unknown_differ(void **state)
{
	struct measurement m = example();
	struct event_list events = example_events();
	struct text csv;

	(void)state;
	text_init(&csv);
	record_csv_row(&measurement_record, &m, &events, &csv);
	assert_non_null(strstr(csv.bytes, ",0,10,10,,10,0,,,\n"));
	text_release(&csv);
}

static void test_a_cut_line_is_left_out(void **state)
{
	struct measurement m = example();
	struct event_list events = example_events();
	struct complaint complaint = {0};
	struct dataset dataset;
	struct text csv;
	size_t whole;

	(void)state;
	m.point.backend = "small";
	text_init(&csv);
	record_csv_header(&measurement_record, &events, &csv);
	record_csv_row(&measurement_record, &m, &events, &csv);
	whole = csv.length;
	record_csv_row(&measurement_record, &m, &events, &csv);
	for (size_t length = whole; length < csv.length; length++) {
		assert_int_equal(
			dataset_parse_csv(&dataset, csv.bytes, length, &complaint), 0);
		assert_int_equal(dataset.count, 1);
		dataset_release(&dataset);
	}
	text_release(&csv);
}

static void test_damage_is_refused_with_its_line(void **state)
{
	static const struct {
		const char *csv, *says;
	} cases[] = {
		{"", "line 1"},
		{"bytes,round", "line 1"},
		{"some,thing\n1,2\n", "line 1"},
		{"bytes,never.enabled_ns\n1,2\n", "line 1"},
		{"bytes,,round\n1,,2\n", "line 1"},
		{"bytes,round\n4096,1\n4096,x\n", "line 3"},
		{"bytes,round\n4096\n", "line 2"},
		{"bytes,round\n4096,1,2\n", "line 2"},
		{"bytes,round\n-4096,1\n", "line 2"},
		{"bytes,round\n99999999999999999999999,1\n", "line 2"},
		{"bytes,event\n4096,many\n", "line 2"},
		{"clock_ghz,bytes\n2.5.1,1\n", "line 2"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct complaint complaint = {0};
		struct dataset dataset;

		assert_int_equal(dataset_parse_csv(&dataset, cases[i].csv,
					 strlen(cases[i].csv), &complaint),
			-EINVAL);
		assert_non_null(strstr(complaint.what, cases[i].says));
		assert_true(complaint.why[0] != '\0');
	}
}

static void test_json_is_json(void **state)
{
	struct measurement m = example();
	struct event_list events = example_events();
	struct text text;
	json_t *row;
	const json_t *counted;

	(void)state;
	text_init(&text);
	record_json_row(&measurement_record, &m, &events, &text);
	assert_int_equal(text.bytes[text.length - 1], '\n');
	row = json_loads(text.bytes, 0, NULL);
	assert_non_null(row);
	for (size_t i = 0; i < measurement_record.fields_count; i++)
		assert_non_null(json_object_get(row, measurement_record.fields[i].name));
	assert_string_equal(
		json_string_value(json_object_get(row, "backend")), m.point.backend);
	assert_true(json_is_true(json_object_get(row, "clean")));
	counted = json_object_get(
		json_object_get(row, "events"), "ran:and,counted-nothing");
	assert_int_equal(json_integer_value(json_object_get(counted, "count")), 0);
	counted = json_object_get(json_object_get(row, "events"), "never-ran");
	assert_true(json_is_null(json_object_get(counted, "count")));
	assert_null(json_object_get(json_object_get(row, "events"), "of-another-group"));
	json_decref(row);
	text_release(&text);
}

static void test_fields_are_documented_and_unique(void **state)
{
	struct text text;

	(void)state;
	text_init(&text);
	record_describe(&measurement_record, &text);
	for (size_t i = 0; i < measurement_record.fields_count; i++) {
		char cell[64];

		(void)snprintf(cell, sizeof(cell), "| `%s` |",
			measurement_record.fields[i].name);
		assert_non_null(strstr(text.bytes, cell));
		for (size_t j = 0; j < i; j++)
			assert_string_not_equal(measurement_record.fields[i].name,
				measurement_record.fields[j].name);
	}
	text_release(&text);
}

static void test_clean_means_undisturbed(void **state)
{
	struct measurement m = example();

	(void)state;
	assert_true(measurement_is_clean(&m));
	m.cpu_ns = 994000;
	assert_false(measurement_is_clean(&m));
	m = example();
	m.involuntary_switches = 1;
	assert_false(measurement_is_clean(&m));
	m = example();
	m.error[0] = 'x';
	assert_false(measurement_is_clean(&m));
	m = example();
	m.wall_ns = 0;
	assert_false(measurement_is_clean(&m));
}

static void test_sink_says_what_failed(void **state)
{
	struct event_list events = example_events();
	struct measurement m = example();
	char folder[] = "/tmp/escalier-test-XXXXXX";
	char path[64];
	struct sink sink;

	(void)state;
	assert_non_null(mkdtemp(folder));
	(void)snprintf(path, sizeof(path), "%s/windows.csv", folder);
	assert_int_equal(
		sink_open(&sink, path, &measurement_record, SINK_CSV, &events, NULL), 0);
	sink_write(&sink, &m);
	assert_int_equal(sink_close(&sink), 0);
	assert_int_equal(
		sink_open(&sink, path, &measurement_record, SINK_CSV, &events, NULL),
		-EEXIST);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(rmdir(folder), 0);
	assert_int_equal(
		sink_open(&sink, path, &measurement_record, SINK_CSV, &events, NULL),
		-ENOENT);
}

static void test_environment_round_trip(void **state)
{
	struct environment out = {.seed = 12345678901234,
		.rounds_done = 7,
		.target = 0.02,
		.interrupted = true,
		.groups_count = 1,
		.groups = {"cache"},
		.kernel_costs_count = 1,
		.kernel_costs = {{"chase", 0.25, 0.5}},
		.pools_count = 1,
		.pools = {{2 << 20, 0, 128, 0}},
		.baseline = "small",
		.counters = "perf",
		.counter_filter = "user space and kernel",
		.reading_share = 0.0125,
		.sources_count = 1,
		.sources = {{"cha/event=1/", "cha_0/event=1/", "cha", "system-wide",
			"all", true}},
		.checked = "2026-01-31T11-59-57Z",
		.slots_advertised = 6,
		.slots_proved = 5,
		.events_count = 2,
		.events = {{"cache", "PMC1", "r0f45", EVENT_DEAD, "pages-walk", 0.995,
				   1.005, 0, 16384, "counts nothing over pages-walk",
				   false},
			{"cache", "PMC2", "r0143", EVENT_RIGHT, "chase-l2", 0.9, 1.02,
				1.01, 65536, "", false}},
		.window_costs_count = 1,
		.window_costs = {{.group = "cache",
			.read_path = "user space",
			.read_ns = 90,
			.read_syscall_ns = 900,
			.read_user_ns = 90,
			.read_user_why = "none",
			.inside_ns = 30,
			.inside_spread_ns = 0.5,
			.cpu_ns = 1400,
			.outside_ns = 15000,
			.events = {{"r0f45", 12.5, 0.25}},
			.events_count = 1}}};
	struct environment in;
	struct machine machine;
	struct complaint complaint = {0};
	char path[] = "/tmp/escalier-test-XXXXXX";
	struct text text;
	int fd = mkstemp(path);

	(void)state;
	assert_true(fd >= 0);
	environment_note(&out, "a note with \"quotes\" and %d", 5);
	assert_int_equal(topology_load(&machine, "core:2 pu:1", &complaint), 0);
	text_init(&text);
	assert_int_equal(
		environment_print_json(&out, &machine, ENVIRONMENT_ONE_LINE, &text), 0);
	assert_null(strchr(text.bytes, '\n'));
	assert_int_equal(write(fd, text.bytes, text.length), text.length);
	assert_int_equal(environment_load(&in, path, &complaint), 0);
	assert_memory_equal(&in, &out, sizeof(in));
	assert_int_equal(ftruncate(fd, 10), 0);
	assert_int_equal(environment_load(&in, path, &complaint), -EINVAL);
	assert_int_equal(ftruncate(fd, 0), 0);
	assert_int_equal(pwrite(fd, "{\"seed\":\"x\"}", 12, 0), 12);
	assert_int_equal(environment_load(&in, path, &complaint), -EINVAL);
	assert_non_null(strstr(complaint.why, "seed"));
	assert_int_equal(close(fd), 0);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(environment_load(&in, path, &complaint), -ENOENT);
	text_release(&text);
	topology_release(&machine);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_csv_round_trip),
		cmocka_unit_test(test_zero_and_unknown_differ),
		cmocka_unit_test(test_a_cut_line_is_left_out),
		cmocka_unit_test(test_damage_is_refused_with_its_line),
		cmocka_unit_test(test_json_is_json),
		cmocka_unit_test(test_fields_are_documented_and_unique),
		cmocka_unit_test(test_clean_means_undisturbed),
		cmocka_unit_test(test_sink_says_what_failed),
		cmocka_unit_test(test_environment_round_trip),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
