/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Predictions for programs and machines that do not exist, by arithmetic done by hand. */
#include "analysis/prediction-history.h"
#include "analysis/prediction.h"

#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define MIB ((double)(1 << 20))

/* A small fault costs 1 us, a huge one 100 us: 412 us saved for every 2 MiB. */
static struct prediction_model make_model(bool swept, bool counted)
{
	struct prediction_model model = {.host = "testbed",
		.cpu_model = "Example",
		.pages = {4096, 2 << 20, {1000, 900, 1200}, {1e5, 9e4, 1.2e5}}};

	if (swept) {
		(void)snprintf(model.sweep, sizeof(model.sweep), "results/one");
		model.sizes_count = 2;
		model.sizes[0] = (struct model_size){1 << 20, 20, 20, NAN, NAN, 10, 10};
		model.sizes[1] =
			(struct model_size){1 << 30, 200, 150, NAN, NAN, 100, 40};
	}
	if (!counted)
		for (size_t i = 0; i < model.sizes_count; i++)
			model.sizes[i].small_walk_cycles =
				model.sizes[i].huge_walk_cycles = NAN;
	model.walks = counted;
	if (counted) {
		model.cycles[COST_WALK] = 30;
		model.cycles[COST_WALKER_L3] = 40;
	}
	return model;
}

/* Of faults that stay at the ends of the heap: of one huge page and a half. */
#define ENDS 768

/* A second, of which 0.2 s in the kernel; 100 MiB, all of it malloc's. */
static struct program_facts make_facts(void)
{
	struct program_facts facts = {.rounds = 5,
		.traced = true,
		.wall_ns = 1e9,
		.user_ns = 8e8,
		.system_ns = 2e8,
		.faults = 25600,
		.anonymous_bytes = 100 * MIB,
		.processes = 1,
		.heap_bytes = 100 * MIB,
		.traced_bytes = 100 * MIB,
		.cycles = NAN,
		.walk_cycles = NAN};

	for (int t = 0; t < COST_TERMS; t++)
		facts.events[t] = NAN;
	return facts;
}

/* What is predicted from, and what came of it. */
struct given {
	struct prediction_model model;
	struct program_facts facts;
	struct prediction p;
};

static struct given given(bool swept, bool counted)
{
	return (struct given){.model = make_model(swept, counted), .facts = make_facts()};
}

/* Such that walks have a say: a heap of 1 GiB. */
static struct given given_large(bool counted)
{
	struct given g = given(true, counted);

	g.facts.heap_bytes = g.facts.anonymous_bytes = 1024 * MIB;
	g.facts.faults = 262144;
	return g;
}

static void predict(struct given *g)
{
	prediction_make(&g->p, &g->facts, &g->model);
}

static void close_to(double value, double expected)
{
	if (!(fabs(value - expected) < 1e-6))
		fail_msg("%.9g, not %.9g", value, expected);
}

static void faults_alone(void **state)
{
	struct given g = given(false, false);

	(void)state;
	predict(&g);
	assert_string_equal(g.p.refusal, "");
	close_to(g.p.heap_faults, 25600 - ENDS);
	close_to(g.p.huge_faults, 49);
	close_to(g.p.faults.share, (48.5 * 1e5 - (25600 - ENDS) * 1e3) / 1e9);
	assert_true(
		g.p.faults.low < g.p.faults.share && g.p.faults.share < g.p.faults.high);
	assert_int_equal(g.p.walks_known, WALKS_MISSING);
	assert_non_null(strstr(g.p.walks_why, "no sweep"));
}

static void memory_that_is_not_malloc_s_stays(void **state)
{
	struct given g = given(false, false);

	(void)state;
	g.facts.heap_bytes = 25 * MIB;
	predict(&g);
	close_to(g.p.heap_share, 0.25);
	close_to(g.p.heap_faults, 6400 - ENDS);
	/* Less than a huge page. */
	g.facts.heap_bytes = 1 * MIB;
	predict(&g);
	close_to(g.p.heap_faults, 0);
	close_to(g.p.faults.share, 0);
}

static void memory_used_again_counts_again(void **state)
{
	struct given g = given(false, false);

	(void)state;
	/* Small blocks stay with malloc. */
	g.facts.faults = 60000;
	predict(&g);
	close_to(g.p.heap_faults, 25600 - ENDS);
	/* Large ones may go back each time. */
	g.facts.large_bytes = 1024 * MIB;
	predict(&g);
	close_to(g.p.heap_faults, 25600 + 34400 / 2.0 - ENDS);
	/* Files have their faults too, of 1 to 16 pages. */
	g.facts.file_bytes = 16 * 4096 * 1000.0;
	predict(&g);
	close_to(g.p.heap_faults, 25600 + 30400 / 2.0 - ENDS);
	close_to(g.p.heap_faults_high, 59000 - 256);
	assert_true(g.p.heap_faults_low < 25601);
	g.facts.large_bytes = 8 * MIB;
	predict(&g);
	close_to(g.p.heap_faults, 25600 + 1024 - ENDS);
}

/* A huge page for each time that a mapped block grows. */
static void growth_stays_on_small_pages(void **state)
{
	const uint64_t mib = 1 << 20;
	struct given g = given(false, false);

	(void)state;
	assert_int_equal(trace_split_bytes(8 * mib, 16 * mib), 2 * mib);
	assert_int_equal(trace_split_bytes(8 * mib, 9 * mib), 1 * mib);
	assert_int_equal(trace_split_bytes(1 * mib, 4 * mib), 3 * mib);
	assert_int_equal(trace_split_bytes(1 * mib, 2 * mib - 1), 0);
	assert_int_equal(trace_split_bytes(9 * mib, 9 * mib), 0);
	assert_int_equal(trace_split_bytes(9 * mib, 4 * mib), 0);
	g.facts.split_bytes = 20 * MIB;
	predict(&g);
	close_to(g.p.heap_faults, 25600 - ENDS - 5120);
	close_to(g.p.heap_faults_high, 25600 - 256 - 2560);
	close_to(prediction_total(&g.p, "libc-thp").share, g.p.faults.share);
	close_to(prediction_faults(&g.p, "hp").share,
		(48.5 * 1e5 - (25600 - ENDS) * 1e3) / 1e9);
	g.facts.split_bytes = 200 * MIB;
	predict(&g);
	close_to(g.p.heap_faults, 0);
	close_to(g.p.huge_faults, 0);
}

/* 60,000 faults cannot have cost more than the 20 ms that it was in the kernel. */
static void no_more_than_the_kernel_s_time(void **state)
{
	struct given g = given(false, false);

	(void)state;
	g.facts.system_ns = 12.8e6;
	predict(&g);
	close_to(g.p.small_ns, 500);
	close_to(g.p.huge_ns, 5e4);
}

/* Memory that is touched here and there may need a huge page for each touch. */
static void sparse_memory_widens_the_interval(void **state)
{
	struct given g = given(false, false);
	struct change whole;

	(void)state;
	predict(&g);
	whole = g.p.faults;
	g.facts.traced_bytes = 200 * MIB;
	predict(&g);
	close_to(g.p.faults.share, whole.share);
	close_to(g.p.faults.high - whole.high, 49 * 1.2e5 / 1e9);
}

static void threads_share_the_time(void **state)
{
	struct given g = given(false, false);
	double one;

	(void)state;
	predict(&g);
	one = g.p.faults.share;
	g.facts.user_ns = 3.8e9;
	predict(&g);
	close_to(g.p.faults.share, one / 4);
}

static void walks_that_are_bounded(void **state)
{
	struct given g = given_large(false);

	(void)state;
	g.facts.system_ns = 4e8;
	g.facts.user_ns = 6e8;
	predict(&g);
	assert_int_equal(g.p.walks_known, WALKS_BOUNDED);
	/* A quarter of a random read, of 60 % of the time. */
	close_to(g.p.walks.low, -0.25 * 0.6);
	close_to(g.p.walks.high, 0);
	assert_true(g.p.walks.share < 0 && g.p.walks.share >= g.p.walks.low);
	close_to(g.p.total.share, g.p.faults.share + g.p.walks.share);
	close_to(g.p.total.low, g.p.faults.low + g.p.walks.low);
	assert_non_null(strstr(g.p.walks_why, "not counted"));

	g.facts.heap_bytes = 2048 * MIB;
	predict(&g);
	assert_int_equal(g.p.walks_known, WALKS_MISSING);
	assert_non_null(strstr(g.p.walks_why, "up to 1G"));
}

static void walks_that_are_counted(void **state)
{
	struct given g = given_large(true);

	(void)state;
	g.facts.cycles = 2e9;
	g.facts.events[COST_WALK] = 4e6;
	/* What the walker fetched costs something in the sweep, so it must be known. */
	predict(&g);
	assert_int_equal(g.p.walks_known, WALKS_BOUNDED);
	g.facts.events[COST_WALKER_L3] = 2e6;
	predict(&g);
	assert_int_equal(g.p.walks_known, WALKS_COUNTED);
	close_to(g.p.walk_share, (4e6 * 30 + 2e6 * 40) / 2e9);
	/* Huge pages leave 40 of 100 cycles of them. */
	close_to(g.p.walks.low, -0.1 * 0.6 * 0.8);
	assert_string_equal(g.p.walks_why, "");
	/* Intel counts the cycles themselves. */
	g.facts.walk_cycles = 3e8;
	predict(&g);
	close_to(g.p.walk_share, 0.15);
}

static void refuses(struct given g, const char *why)
{
	struct text text;

	predict(&g);
	if (!strstr(g.p.refusal, why))
		fail_msg("\"%s\" does not say \"%s\"", g.p.refusal, why);
	text_init(&text);
	assert_int_equal(prediction_print(&g.p, &g.model, NULL, &text), 0);
	assert_non_null(strstr(text.bytes, "no prediction: "));
	assert_non_null(strstr(text.bytes, "try:"));
	assert_string_not_equal(g.p.advice, "");
	text_clear(&text);
	assert_int_equal(prediction_print_json(&g.p, &text), 0);
	assert_non_null(strstr(text.bytes, "\"refusal\": "));
	assert_non_null(strstr(text.bytes, "\"advice\": "));
	text_release(&text);
}

static void where_the_model_does_not_hold(void **state)
{
	struct given g = given(true, true);

	(void)state;
	g.facts.processes = 3;
	refuses(g, "3 processes");
	g = given(true, true);
	g.facts.rounds = 0;
	refuses(g, "no execution");
	g = given(true, true);
	g.facts.anonymous_bytes = NAN;
	refuses(g, "not sampled");
	g.facts.anonymous_bytes = 0;
	refuses(g, "ended before");
	g = given(true, true);
	g.facts.heap_bytes = NAN;
	refuses(g, "does not come from malloc");
	g.facts.traced = false;
	refuses(g, "not traced");
	g = given(true, true);
	strcpy(g.facts.allocator, "libjemalloc.so.2");
	refuses(g, "its malloc is that of libjemalloc.so.2");
	g = given(true, true);
	g.facts.huge_share = 0.9;
	refuses(g, "on huge pages already");
	g = given(true, true);
	g.model.pages.huge.ns = 0;
	refuses(g, "no huge pages");
}

static void says_what_is_missing(void **state)
{
	struct given g = given(false, false);
	struct text text;

	(void)state;
	predict(&g);
	text_init(&text);
	assert_int_equal(prediction_print(&g.p, &g.model, NULL, &text), 0);
	assert_non_null(strstr(text.bytes, "no total: this covers faults only"));
	text_clear(&text);
	assert_int_equal(prediction_print_json(&g.p, &text), 0);
	assert_non_null(strstr(text.bytes, "\"total\": null"));
	text_release(&text);
}

enum { ROWS = 8 };

static void fill_executions(struct execution rows[ROWS])
{
	for (uint64_t i = 0; i < ROWS; i++)
		rows[i] = (struct execution){.allocator = i == 6 ? "hp" : "libc",
			.kind = i % 2 ? EXECUTION_WATCHED : EXECUTION_TIMED,
			.group = "",
			.end = i == 7 ? "signal" : "exit",
			.wall_ns = 100 + i,
			.user_ns = 60 + i,
			.system_ns = 10,
			.minor_faults = 500,
			.peak_anonymous_bytes = i % 2 ? 4096 * (i + 1) : 0,
			.peak_memory_bytes = i % 2 ? 4096 * (i + 3) : 0,
			.peak_processes = i % 2};
}

static struct program_facts take(
	struct records *records, const struct allocation_totals *totals)
{
	static const struct environment environment;
	struct program_facts facts;

	assert_int_equal(
		program_facts_take(&facts, records, totals, NULL, 0, &environment), 0);
	return facts;
}

static void facts_are_of_the_reference(void **state)
{
	struct allocation_totals totals = {.peak_bytes = 12345,
		.large_bytes = 99,
		.processes = 1,
		.allocator = "/lib/x86_64-linux-gnu/libc.so.6"};
	struct execution *rows = calloc(ROWS, sizeof(*rows));
	struct records records = {.type = &execution_record, .rows = rows, .count = ROWS};
	struct program_facts facts;

	(void)state;
	assert_non_null(rows);
	fill_executions(rows);
	facts = take(&records, &totals);
	assert_int_equal(facts.rounds, 3);
	close_to(facts.wall_ns, 102);
	close_to(facts.user_ns, 62);
	close_to(facts.anonymous_bytes, 4096 * 4);
	close_to(facts.file_bytes, 4096 * 2);
	close_to(facts.processes, 1);
	close_to(facts.heap_bytes, 12345);
	close_to(facts.large_bytes, 99);
	/* A header of 8 bytes beside 40 that were asked for. */
	totals.peak_bytes = 10000;
	totals.allocations = 30;
	totals.asked_bytes = 1200;
	facts = take(&records, &totals);
	close_to(facts.heap_bytes, 12000);
	close_to(facts.traced_bytes, 10000);
	assert_string_equal(facts.allocator, "");
	totals.peak_bytes = 1 << 30;
	strcpy(totals.allocator, "/usr/lib/libjemalloc.so.2");
	facts = take(&records, &totals);
	close_to(facts.heap_bytes, 4096 * 4);
	assert_string_equal(facts.allocator, "libjemalloc.so.2");
	assert_true(isnan(facts.events[COST_WALK]));
	/* As the kernel saw it, where the last sample came before the peak. */
	for (int i = 0; i < ROWS; i++)
		rows[i].peak_resident_bytes = 4096 * 100;
	facts = take(&records, NULL);
	close_to(facts.anonymous_bytes, 4096 * 98);
	close_to(facts.file_bytes, 4096 * 2);
	/* Without any sample nobody tells private memory from files. */
	for (int i = 0; i < ROWS; i++)
		rows[i].peak_anonymous_bytes = 0;
	close_to(take(&records, NULL).anonymous_bytes, 0);
	records.count = 0;
	assert_int_equal(take(&records, NULL).rounds, 0);
	free(rows);
}

static const char group_text[] = "SHORT Walks\nEVENTSET\nPMC0  CYCLES\nPMC1  WALKS\n\n"
				 "METRICS\nCycles per read PMC0/READS\n"
				 "Page walks per read PMC1/READS\n";

static void events_of_the_program(void **state)
{
	static const struct environment environment;
	struct execution *rows = calloc(2, sizeof(*rows));
	struct records records = {.type = &execution_record, .rows = rows, .count = 2};
	struct complaint complaint = {.what = ""};
	struct program_facts facts;
	struct group group;

	(void)state;
	assert_non_null(rows);
	assert_int_equal(
		group_parse(&group, "walks", group_text, strlen(group_text), &complaint),
		0);
	(void)event_list_add(&records.events, "CYCLES");
	(void)event_list_add(&records.events, "WALKS");
	for (uint64_t i = 0; i < 2; i++) {
		rows[i] = (struct execution){.allocator = "libc",
			.kind = EXECUTION_WATCHED,
			.group = "walks",
			.end = "exit",
			.wall_ns = 100};
		rows[i].values[0] = (struct counter_value){1000, 100, 100};
		rows[i].values[1] = (struct counter_value){20 + 10 * i, 100, 100};
	}
	assert_int_equal(
		program_facts_take(&facts, &records, NULL, &group, 1, &environment), 0);
	close_to(facts.cycles, 1000);
	close_to(facts.events[COST_WALK], 25);
	assert_true(isnan(facts.events[COST_WALKER_L3]));
	group_release(&group);
	free(rows);
}

static void a_model_is_read_as_written(void **state)
{
	const struct prediction_model model = make_model(true, true);
	struct complaint complaint = {.what = ""};
	struct prediction_model again;
	struct text text;

	(void)state;
	text_init(&text);
	assert_int_equal(prediction_model_print_json(&model, &text), 0);
	assert_int_equal(prediction_model_parse(&again, text.bytes, &complaint), 0);
	assert_string_equal(again.host, model.host);
	assert_string_equal(again.sweep, model.sweep);
	assert_int_equal(again.sizes_count, 2);
	close_to(again.sizes[1].huge_walk_cycles, 40);
	close_to(again.cycles[COST_WALKER_L3], 40);
	close_to(again.pages.huge.high, 1.2e5);
	assert_true(again.walks);
	text_release(&text);
	assert_int_equal(prediction_model_parse(&again, "{", &complaint), -EINVAL);
	assert_int_equal(prediction_model_parse(&again, "{}", &complaint), -EINVAL);
	assert_int_equal(prediction_model_parse(&again, "[1]", &complaint), -EINVAL);
	assert_int_equal(
		prediction_model_parse(&again,
			"{\"sizes\": 3, \"cycles\": {}, \"host\": 7}", &complaint),
		-EINVAL);
}

static void between_sizes(void **state)
{
	const struct prediction_model model = make_model(true, true);

	(void)state;
	close_to(prediction_model_at(&model, 32 * MIB).small_ns, 110);
	close_to(prediction_model_at(&model, 1 * MIB).huge_ns, 20);
	assert_true(isnan(prediction_model_at(&model, 1000).small_ns));
	assert_true(isnan(prediction_model_at(&model, 4096 * MIB).small_ns));
}

static void gains_grow_with_size(void **state)
{
	struct prediction_model model = make_model(true, false);

	(void)state;
	model.sizes_count = 3;
	model.sizes[2] =
		(struct model_size){(uint64_t)4 << 30, 200, 170, 100, 40, NAN, NAN};
	/* 25 % and 15 %: noise, both are 20. */
	close_to(prediction_model_gain(&model, false, 2048 * MIB), 0.2);
	close_to(prediction_model_gain(&model, false, 1 * MIB), 0);
	assert_true(isnan(prediction_model_gain(&model, false, 8192 * MIB)));
	/* One size alone tells nothing of others. */
	assert_true(isnan(prediction_model_gain(&model, true, 4096 * MIB)));
	model.sizes[1].small_page_ns = 50;
	model.sizes[1].huge_page_ns = 40;
	close_to(prediction_model_gain(&model, true, 4096 * MIB), 0.6);
}

static const struct prediction_pair pairs[] = {
	{.started = "a",
		.host = "h",
		.program = "sort, \"x\"",
		.allocator = "hp",
		.walks = "bounded",
		.rounds = 9,
		.predicted = -10,
		.low = -15,
		.high = -2,
		.measured = -8,
		.measured_low = -9,
		.measured_high = -7,
		.predicted_faults = -5,
		.measured_system = -4},
	{.started = "b",
		.host = "h",
		.program = "p",
		.allocator = "hp",
		.walks = "counted",
		.predicted = -4,
		.low = -5,
		.high = 0,
		.measured = 4,
		.measured_low = 1,
		.measured_high = 7},
	{.started = "c",
		.host = "h",
		.program = "p",
		.allocator = "libc-thp",
		.walks = "bounded",
		.predicted = 0,
		.low = -1,
		.high = 1,
		.measured = -4.5,
		.measured_low = -9.5,
		.measured_high = 0.5},
};

static void history_scores(void **state)
{
	const struct event_list none = {.count = 0};
	struct complaint complaint = {.what = ""};
	struct prediction_score score;
	struct records records;
	struct text text;

	(void)state;
	text_init(&text);
	record_csv_header(&prediction_record, &none, &text);
	for (size_t i = 0; i < 3; i++)
		record_csv_row(&prediction_record, &pairs[i], &none, &text);
	assert_int_equal(records_parse_csv(&records, &prediction_record, text.bytes,
				 text.length, &complaint),
		0);
	assert_int_equal(records.count, 3);
	assert_string_equal(
		((struct prediction_pair *)records.rows)->program, "sort, \"x\"");
	assert_int_equal(prediction_score_make(&score, &records, NULL), 0);
	assert_int_equal(score.pairs, 3);
	close_to(score.error, 4.5);
	close_to(score.faults_error, 0);
	close_to(score.measured_half, 3);
	assert_int_equal(score.large, 2);
	assert_int_equal(score.sign_right, 1);
	assert_int_equal(score.inside, 2);
	assert_int_equal(prediction_score_make(&score, &records, "libc-thp"), 0);
	assert_int_equal(score.pairs, 1);
	assert_int_equal(score.large, 0);
	text_clear(&text);
	assert_int_equal(prediction_history_print(&records, &text), 0);
	assert_non_null(strstr(text.bytes,
		"hp *            2             5.0           0.5             2.0          "
		"1 of 2      1 of 2\n"));
	assert_non_null(strstr(text.bytes, "\nall             3  "));
	assert_non_null(strstr(text.bytes,
		"     -4.0  -5.0 to +0.0         +4.0    +1.0 to +7.0       8.0  hp  "));
	text_release(&text);
	records_release(&records);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(faults_alone),
		cmocka_unit_test(memory_that_is_not_malloc_s_stays),
		cmocka_unit_test(memory_used_again_counts_again),
		cmocka_unit_test(growth_stays_on_small_pages),
		cmocka_unit_test(no_more_than_the_kernel_s_time),
		cmocka_unit_test(sparse_memory_widens_the_interval),
		cmocka_unit_test(threads_share_the_time),
		cmocka_unit_test(walks_that_are_bounded),
		cmocka_unit_test(walks_that_are_counted),
		cmocka_unit_test(where_the_model_does_not_hold),
		cmocka_unit_test(says_what_is_missing),
		cmocka_unit_test(facts_are_of_the_reference),
		cmocka_unit_test(events_of_the_program),
		cmocka_unit_test(a_model_is_read_as_written),
		cmocka_unit_test(between_sizes),
		cmocka_unit_test(gains_grow_with_size),
		cmocka_unit_test(history_scores),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
