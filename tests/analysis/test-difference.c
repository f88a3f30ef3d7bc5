/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Differences of two folders, and whether intervals and claims keep what they promise. */
#include "analysis/difference.h"
#include "base/random.h"
#include "core/statistics.h"
#include "tests/analysis/noise.h"
#include "tests/analysis/staircases.h"
#include "tests/analysis/synthetic.h"

#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <jansson.h>

#if defined(__SANITIZE_ADDRESS__)
enum { TRIALS = 500 };
#else
enum { TRIALS = 2000 };
#endif

/* Critical values of the rank-sum test, two-sided 5 % (Mann and Whitney, 1947, and every
 * table since). */
static void ranks_are_the_tables(void **state)
{
	static const struct {
		size_t n, m;
		long rank;
	} table[] = {{3, 3, -1}, {4, 4, 0}, {5, 5, 2}, {6, 6, 5}, {7, 7, 8}, {8, 8, 13},
		{5, 8, 6}, {8, 5, 6}, {10, 10, 23}, {20, 20, 127}};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		assert_int_equal(
			unpaired_rank(table[i].n, table[i].m, 0.95), table[i].rank);
	assert_int_equal(unpaired_needed(0.95), 4);
	assert_int_equal(unpaired_needed(0.99), 5);
	/* The approximation goes on where the exact ranks end. */
	assert_true(labs(unpaired_rank(30, 31, 0.95) - unpaired_rank(30, 30, 0.95)) < 20);
}

/* Draws a sample whose truth is a factor. */
typedef double (*draw_value)(struct random *random, const void *source);

static double draw_lognormal(struct random *random, const void *source)
{
	(void)source;
	return noise(random, 0.08);
}

static double draw_recorded(struct random *random, const void *source)
{
	return exp(residuals_draw(source, random));
}

/* The share of unpaired 95 % intervals that hold the true ratio. */
static double coverage(
	size_t n, double truth, draw_value draw, const void *source, uint64_t seed)
{
	struct random random;
	size_t covered = 0;

	random_init(&random, seed);
	for (int i = 0; i < TRIALS; i++) {
		double a[32], b[32];
		struct estimate ratio;

		for (size_t k = 0; k < n; k++) {
			a[k] = draw(&random, source);
			b[k] = truth * draw(&random, source);
		}
		assert_int_equal(unpaired_ratio(a, n, b, n, 0.95, &ratio), 0);
		covered += ratio.low <= truth && ratio.high >= truth;
	}
	return (double)covered / TRIALS;
}

/* 95 % intervals hold the truth in 93 to 97 %, at every number of rounds from 6 on, for
 * normal noise and for what real sweeps had. */
static void unpaired_intervals_cover_what_they_promise(void **state)
{
	static const size_t counts[] = {6, 7, 8, 10, 15, 25};
	struct residuals *residuals = residuals_load("tests/analysis/data/residuals.tsv");
	const double slack = TRIALS < 1000 ? 0.02 : 0;

	(void)state;
	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
		double synthetic = coverage(counts[i], 1.1, draw_lognormal, NULL, 10 + i);
		double recorded =
			coverage(counts[i], 1, draw_recorded, residuals, 20 + i);

		assert_true(synthetic >= 0.93 - slack && synthetic <= 0.97 + slack);
		assert_true(recorded >= 0.93 - slack && recorded <= 0.97 + slack);
	}
	residuals_release(residuals);
}

/* The sign test's, for pairs, knows whole ranks only: never below 95 %, at 6 rounds 97,
 * at 8 rounds 99. */
static void paired_intervals_cover_what_they_promise(void **state)
{
	static const size_t counts[] = {6, 8, 9, 12, 25};
	struct random random;

	(void)state;
	random_init(&random, 30);
	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
		size_t covered = 0;
		double attained = 0;

		for (int t = 0; t < TRIALS; t++) {
			double sample[32], low, high;

			for (size_t k = 0; k < counts[i]; k++)
				sample[k] =
					log(noise(&random, 0.1) / noise(&random, 0.03));
			statistics_sort(sample, counts[i]);
			attained = statistics_median_interval(
				sample, counts[i], 0.95, &low, &high);
			covered += low <= 0 && high >= 0;
		}
		assert_true(attained >= 0.95);
		assert_true(fabs((double)covered / TRIALS - attained) <
			    (TRIALS < 1000 ? 0.03 : 0.015));
	}
}

/* Twelve claims of two alike sessions: in less than one of a hundred comparisons is any
 * of them called faster or slower. */
static void claims_of_nothing_are_rare(void **state)
{
	enum { CLAIMS = 12, ROUNDS = 8 };
	struct residuals *residuals = residuals_load("tests/analysis/data/residuals.tsv");
	struct random random;
	size_t wrong = 0;

	(void)state;
	random_init(&random, 40);
	for (int t = 0; t < TRIALS / 4; t++) {
		bool claimed = false;

		for (int c = 0; c < CLAIMS; c++) {
			double a[ROUNDS], b[ROUNDS];
			struct estimate ratio;
			enum verdict verdict;

			for (size_t k = 0; k < ROUNDS; k++) {
				a[k] = draw_recorded(&random, residuals);
				b[k] = draw_recorded(&random, residuals);
			}
			assert_int_equal(unpaired_ratio(a, ROUNDS, b, ROUNDS,
						 1 - 0.01 / CLAIMS, &ratio),
				0);
			verdict = verdict_judge(&ratio);
			claimed |= verdict == VERDICT_FASTER || verdict == VERDICT_SLOWER;
		}
		wrong += claimed;
	}
	assert_true((double)wrong <= fmax(0.01 * TRIALS / 4, 3));
	residuals_release(residuals);
}

static const struct circumstances none;

struct fixture {
	struct synthetic runs[2];
	struct staircase staircases[2];
	struct differences differences;
};

static void build(struct fixture *f, int i)
{
	assert_int_equal(
		staircase_build(&f->staircases[i], &f->runs[i].dataset,
			&(struct staircase_options){.machine = &f->runs[i].machine,
				.baseline = f->runs[i].environment.baseline}),
		0);
}

/* Two sweeps; in the second, reads of `backend` take another time past 32 MiB. */
static void set_up(struct fixture *f, unsigned rounds, const char *backend, double factor)
{
	const struct synthetic_options options = {.kernels = {"chase"},
		.backends = {"small", "thp"},
		.per_octave = 1,
		.windows = 1,
		.rounds = rounds};

	for (int i = 0; i < 2; i++)
		synthetic_init(&f->runs[i], &options);
	for (size_t i = 0; i < f->runs[1].dataset.count; i++) {
		struct measurement *m = &f->runs[1].dataset.measurements[i];

		if (strcmp(m->point.backend, backend) == 0 && m->point.bytes > 32 << 20)
			m->cpu_ns = (uint64_t)((double)m->cpu_ns * factor);
	}
	build(f, 0);
	build(f, 1);
	assert_int_equal(differences_of_sweeps(&f->differences, &f->staircases[0],
				 &f->staircases[1], &f->runs[0].machine),
		0);
}

static void tear_down(struct fixture *f)
{
	differences_release(&f->differences);
	for (int i = 0; i < 2; i++) {
		staircase_release(&f->staircases[i]);
		synthetic_release(&f->runs[i]);
	}
}

static void sweeps_are_compared(void **state)
{
	struct fixture f;
	struct text text;
	size_t slower = 0;

	(void)state;
	set_up(&f, 10, "thp", 1.3);
	/* Two series, three caches and memory. */
	assert_int_equal(f.differences.claims, 8);
	assert_int_equal(f.differences.unmatched, 0);
	for (size_t i = 0; i < f.differences.count; i++) {
		const struct difference *row = &f.differences.list[i];
		bool changed = strcmp(row->subject, "chase, thp") == 0 &&
			       strcmp(row->what, "past 32M") == 0;

		if (!row->claim)
			continue;
		assert_int_equal(row->counts[0], 10);
		slower += row->verdict == VERDICT_SLOWER;
		assert_int_equal(row->verdict == VERDICT_SLOWER, changed);
		if (changed)
			assert_true(fabs(row->ratio.median - 1.3) < 0.05);
		else
			assert_true(fabs(row->ratio.median - 1) < 0.05);
	}
	assert_int_equal(slower, 1);
	text_init(&text);
	differences_headline(&f.differences, &text);
	assert_non_null(strstr(text.bytes, "chase, thp, past 32M: the second takes "));
	assert_non_null(strstr(text.bytes, "% more time"));
	text_release(&text);
	tear_down(&f);
}

static void too_few_rounds_claim_nothing(void **state)
{
	static const char *const folders[2] = {"before", "after"};
	struct fixture f;
	struct text text;

	(void)state;
	set_up(&f, 5, "thp", 3);
	for (size_t i = 0; i < f.differences.count; i++)
		assert_int_equal(f.differences.list[i].verdict, VERDICT_NONE);
	text_init(&text);
	differences_headline(&f.differences, &text);
	assert_string_equal(
		text.bytes, "too few rounds for any claim: both need at least 6 (-r 6)");
	/* Of the many single sizes it is said once, and what to type. */
	text_clear(&text);
	assert_int_equal(differences_print(&f.differences, &none, folders, &text), 0);
	assert_non_null(strstr(text.bytes, "too few rounds to judge any of these "));
	assert_non_null(strstr(text.bytes, "sweep both with -r "));
	assert_null(strstr(text.bytes, "too few rounds\n"));
	text_release(&text);
	tear_down(&f);
}

/* Six rounds, as short sweeps have, do for claims that hold together with 95 %. */
static void few_rounds_claim_of_sizes_together(void **state)
{
	struct fixture f;
	struct text text;
	size_t slower = 0;

	(void)state;
	set_up(&f, 6, "thp", 1.5);
	assert_true(f.differences.claims_together == 0.95);
	assert_int_equal(f.differences.resolvable[0], 0);
	assert_int_equal(f.differences.resolvable[1], f.differences.claims);
	for (size_t i = 0; i < f.differences.count; i++)
		slower += f.differences.list[i].verdict == VERDICT_SLOWER;
	assert_int_equal(slower, 1);
	text_init(&text);
	differences_headline(&f.differences, &text);
	assert_non_null(strstr(text.bytes, "chase, thp, past 32M: the second takes "));
	text_release(&text);
	tear_down(&f);
}

/* Where a folder of results is named does not count; what differs is told in all ways. */
static void sessions_that_differ_say_in_what(void **state)
{
	static struct environment environments[2];
	struct machine machines[2] = {
		{.host = "one", .kernel = "6.1"}, {.host = "one", .kernel = "6.2"}};
	struct circumstances *c = calloc(1, sizeof(*c));
	struct text text;
	json_t *json;

	(void)state;
	assert_non_null(c);
	(void)snprintf(environments[0].command, sizeof(environments[0].command),
		"escalier run -o 'here it'\\''s' -a hp -- sort");
	(void)snprintf(environments[1].command, sizeof(environments[1].command),
		"escalier run -a hp --output=there -- sort");
	circumstances_of(c,
		(const struct environment *const[]){&environments[0], &environments[1]},
		(const struct machine *const[]){&machines[0], &machines[1]});
	assert_int_equal(c->count, 1);
	assert_string_equal(c->list[0].what, "kernel");
	(void)snprintf(environments[1].command, sizeof(environments[1].command),
		"escalier run -a hp -- sort -o");
	machines[1].kernel[0] = '\0';
	circumstances_of(c,
		(const struct environment *const[]){&environments[0], &environments[1]},
		(const struct machine *const[]){&machines[0], &machines[1]});
	assert_int_equal(c->count, 1);
	assert_string_equal(c->list[0].values[0], "escalier run -a hp -- sort");
	assert_string_equal(c->list[0].values[1], "escalier run -a hp -- sort -o");
	text_init(&text);
	circumstances_print(c, &text);
	assert_non_null(
		strstr(text.bytes, "  command   escalier run -a hp -- sort\n"
				   "            escalier run -a hp -- sort -o\n"));
	text_clear(&text);
	circumstances_list(c, &text);
	assert_string_equal(text.bytes, "command");
	text_release(&text);
	json = circumstances_to_json(c);
	assert_int_equal(json_array_size(json), 1);
	json_decref(json);
	free(c);
}

static void what_is_in_one_only_is_said(void **state)
{
	struct differences differences;
	struct fixture f;

	(void)state;
	set_up(&f, 6, "none", 1);
	f.staircases[1].series[1].backend = "hugetlb-2m";
	assert_int_equal(differences_of_sweeps(&differences, &f.staircases[0],
				 &f.staircases[1], &f.runs[0].machine),
		0);
	assert_int_equal(differences.unmatched, 1);
	differences_release(&differences);
	f.staircases[1].series[0].backend = "libc";
	assert_int_equal(differences_of_sweeps(&differences, &f.staircases[0],
				 &f.staircases[1], &f.runs[0].machine),
		-ENODATA);
	tear_down(&f);
}

static void prints_for_people_and_programs(void **state)
{
	static const char *const folders[2] = {"before", "after"};
	struct fixture f;
	struct text text;
	json_t *root;

	(void)state;
	set_up(&f, 8, "thp", 1.3);
	text_init(&text);
	assert_int_equal(differences_print(&f.differences, &none, folders, &text), 0);
	assert_non_null(strstr(text.bytes, "first   before\nsecond  after\n"));
	assert_null(strstr(text.bytes, "nan"));
	text_clear(&text);
	assert_int_equal(differences_print_csv(&f.differences, &none, &text), 0);
	assert_non_null(strstr(text.bytes, "\n\"chase, small\",\"4K\",ns,0,8,8,"));
	text_clear(&text);
	assert_int_equal(
		differences_print_json(&f.differences, &none, folders, &text), 0);
	root = json_loads(text.bytes, 0, NULL);
	assert_int_equal(
		json_array_size(json_object_get(root, "rows")), f.differences.count);
	json_decref(root);
	text_release(&text);
	tear_down(&f);
}

/* Executions of two allocators; `factor` is what the second one takes. */
static void make_run(
	struct records *records, struct execution *rows, double factor, uint64_t seed)
{
	struct random random;

	random_init(&random, seed);
	*records = (struct records){.type = &execution_record, .rows = rows};
	for (uint64_t round = 0; round < 10; round++)
		for (int a = 0; a < 2; a++)
			rows[records->count++] =
				(struct execution){.allocator = a ? "hp" : "libc",
					.kind = EXECUTION_TIMED,
					.group = "",
					.round = round,
					.end = "exit",
					.wall_ns = (uint64_t)(1e9 * (a ? factor : 1) *
							      noise(&random, 0.004)),
					.minor_faults = factor < 1 && a ? 500 : 1000,
					.voluntary_switches = round > 7};
}

/* The end of the last line that begins so. */
static void last_row_ends(const char *text, const char *begin, const char *end)
{
	const char *line = text;

	for (const char *at = text; (at = strstr(at, begin)); at++)
		line = at;
	assert_true(line != text);
	line += 1 + strcspn(line + 1, "\n");
	assert_memory_equal(line - strlen(end), end, strlen(end));
}

static void runs_are_compared(void **state)
{
	static const struct environment environment;
	struct execution rows[2][20];
	struct records records[2];
	struct comparison *runs = calloc(2, sizeof(*runs));
	struct differences differences;
	struct text text;

	(void)state;
	assert_non_null(runs);
	make_run(&records[0], rows[0], 1, 1);
	make_run(&records[1], rows[1], 0.8, 2);
	for (int i = 0; i < 2; i++)
		assert_int_equal(
			comparison_build(&runs[i], &records[i], &environment, NULL, 0),
			0);
	assert_int_equal(differences_of_runs(&differences, &runs[0], &runs[1]), 0);
	assert_int_equal(differences.claims, 2);
	for (size_t i = 0; i < differences.count; i++) {
		const struct difference *row = &differences.list[i];

		if (row->claim)
			assert_int_equal(row->verdict, strcmp(row->subject, "hp") == 0
							       ? VERDICT_FASTER
							       : VERDICT_SAME);
	}
	text_init(&text);
	assert_int_equal(differences_print(&differences, &none,
				 (const char *const[]){"a", "b"}, &text),
		0);
	/* Fewer faults are not faster; times are in a program's units. */
	assert_null(strstr(text.bytes, "M ns"));
	/* They are 0 in most rounds. */
	assert_null(strstr(text.bytes, "context switches"));
	last_row_ends(text.bytes, "\n  page faults ", " less");
	last_row_ends(text.bytes, "\n  time ", " faster");
	text_release(&text);
	differences_release(&differences);
	for (int i = 0; i < 2; i++)
		comparison_release(&runs[i]);
	free(runs);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ranks_are_the_tables),
		cmocka_unit_test(unpaired_intervals_cover_what_they_promise),
		cmocka_unit_test(paired_intervals_cover_what_they_promise),
		cmocka_unit_test(claims_of_nothing_are_rare),
		cmocka_unit_test(sweeps_are_compared),
		cmocka_unit_test(too_few_rounds_claim_nothing),
		cmocka_unit_test(few_rounds_claim_of_sizes_together),
		cmocka_unit_test(sessions_that_differ_say_in_what),
		cmocka_unit_test(what_is_in_one_only_is_said),
		cmocka_unit_test(prints_for_people_and_programs),
		cmocka_unit_test(runs_are_compared),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
