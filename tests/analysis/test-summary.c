/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/findings.h"
#include "analysis/summary.h"
#include "base/file.h"
#include "tests/analysis/synthetic.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Appends the summary of a synthetic run, with another tally where one is given. */
static void summarise_with(const struct synthetic_options *options,
	const struct reading_tally *tally, struct text *text)
{
	struct staircase staircase;
	struct findings findings;
	struct synthetic run;

	synthetic_init(&run, options);
	assert_int_equal(
		staircase_build(&staircase, &run.dataset,
			&(struct staircase_options){.groups = run.groups,
				.groups_count = run.groups_count,
				.costs = run.environment.window_costs,
				.costs_count = run.environment.window_costs_count,
				.machine = &run.machine,
				.baseline = run.environment.baseline,
				.verdicts = run.environment.events,
				.verdicts_count = run.environment.events_count,
				.target = run.environment.target}),
		0);
	if (tally)
		staircase.tally = *tally;
	assert_int_equal(
		findings_init(&findings, &run.environment, &run.machine, &staircase), 0);
	assert_int_equal(summary_print(&findings, text), 0);
	findings_release(&findings);
	staircase_release(&staircase);
	synthetic_release(&run);
}

static void summarise(const struct synthetic_options *options, struct text *text)
{
	summarise_with(options, NULL, text);
}

static const struct synthetic_options usual = {
	.kernels = {"chase", "strided"},
	.backends = {"small", "thp", "hugetlb-2m"},
	.failing = "hugetlb-2m",
	.per_octave = 1,
	.rounds = 8,
	.counters = true,
	.own_cost = true,
	.checked = true,
};

/* REFRESH=1 in the environment writes the expected text anew: read its difference. */
static void the_text_is_as_recorded(void **state)
{
	static const char path[] = "tests/analysis/data/summary.txt";
	struct text expected, text;

	(void)state;
	text_init(&text);
	text_init(&expected);
	summarise(&usual, &text);
	if (getenv("REFRESH"))
		assert_int_equal(file_write_all(path, &text), 0);
	assert_int_equal(file_read_all(path, &expected), 0);
	assert_string_equal(text.bytes, expected.bytes);
	text_release(&expected);
	text_release(&text);
}

static size_t width_of(const char *line, size_t length)
{
	size_t width = 0;

	for (size_t i = 0; i < length; i++)
		width += ((unsigned char)line[i] & 0xc0) != 0x80;
	return width;
}

/* Whatever is missing, no line is too long and no number is not one. */
static void check_lines(const struct text *text)
{
	assert_null(strstr(text->bytes, "nan"));
	assert_null(strstr(text->bytes, "inf "));
	for (const char *line = text->bytes; *line;) {
		size_t length = strcspn(line, "\n");

		if (width_of(line, length) > SUMMARY_WIDTH)
			fail_msg("too long: %.*s", (int)length, line);
		assert_true(length == 0 || line[length - 1] != ' ');
		line += length + 1;
	}
}

static void lines_fit_whatever_is_missing(void **state)
{
	struct synthetic_options variants[9];
	struct text text;

	(void)state;
	for (size_t i = 0; i < 9; i++)
		variants[i] = usual;
	variants[1].counters = false;
	variants[2].no_clock = true;
	variants[2].counters = false;
	variants[3].rounds = 1;
	variants[4].multiplexed = true;
	variants[5].all_disturbed = true;
	variants[6].failing = "small";
	variants[7].rounds = 0;
	variants[8].dead = "CYCLES";
	text_init(&text);
	for (size_t i = 0; i < 9; i++) {
		summarise(&variants[i], &text);
		check_lines(&text);
		text_clear(&text);
	}
	text_release(&text);
}

static void only_an_interval_makes_a_verdict(void **state)
{
	struct synthetic_options options = usual;
	struct text text;

	(void)state;
	text_init(&text);
	options.rounds = 5;
	summarise(&options, &text);
	*strstr(text.bytes, "What the columns mean") = '\0';
	assert_null(strstr(text.bytes, "faster"));
	assert_null(strstr(text.bytes, " same"));
	assert_non_null(strstr(text.bytes, "an interval takes at least 6 rounds"));
	text_clear(&text);

	options.rounds = 8;
	options.min_bytes = options.max_bytes = 256 << 20;
	summarise(&options, &text);
	*strstr(text.bytes, "What the columns mean") = '\0';
	assert_non_null(strstr(text.bytes, "faster"));
	text_release(&text);
}

static void says_what_has_no_number_and_why(void **state)
{
	struct text text;

	(void)state;
	text_init(&text);
	summarise(&usual, &text);
	assert_non_null(strstr(text.bytes, "Without a number"));
	assert_non_null(strstr(text.bytes, "hugetlb-2m has no number at any size"));
	assert_non_null(strstr(text.bytes, "(136 rows)"));
	text_release(&text);
}

static void names_what_the_self_check_leaves_out(void **state)
{
	struct synthetic_options options = usual;
	struct text text;

	(void)state;
	text_init(&text);
	summarise(&options, &text);
	assert_non_null(strstr(text.bytes, "of 7 events 7 right · 6 of 6 counters"));
	assert_null(strstr(text.bytes, "leaves out"));
	assert_non_null(strstr(text.bytes, "dTLB walks"));
	text_clear(&text);

	options.dead = "DTLB_WALKS";
	summarise(&options, &text);
	assert_non_null(strstr(text.bytes, "of 7 events 6 right, 1 dead"));
	assert_non_null(strstr(text.bytes, "Events that the self-check leaves out"));
	assert_non_null(strstr(
		text.bytes, "- tlb, DTLB_WALKS: dead: counts nothing over pages-walk\n"));
	assert_non_null(strstr(text.bytes,
		"- without a value for that: \"L1 dTLB misses per read\" (needs "
		"DTLB_WALKS), "
		"\"Page walks per"));
	assert_null(strstr(text.bytes, "dTLB walks"));
	/* What other events tell is told. */
	assert_non_null(strstr(text.bytes, "L1 ... DRAM"));
	check_lines(&text);
	text_release(&text);
}

static void tells_whether_sums_hold(void **state)
{
	struct text text;

	(void)state;
	text_init(&text);
	summarise_with(&usual, &(struct reading_tally){.sums = 40}, &text);
	assert_non_null(strstr(text.bytes, "all 40 sums of counts hold"));
	text_clear(&text);
	summarise_with(&usual,
		&(struct reading_tally){.sums = 40, .sums_broken = 3, .silent = 2},
		&text);
	assert_non_null(strstr(text.bytes, "3 of 40 sums of counts do NOT hold"));
	assert_non_null(strstr(text.bytes, "of 0 in them are rejected"));
	check_lines(&text);
	text_release(&text);
}

static void words_break_between_columns(void **state)
{
	struct text text;

	(void)state;
	text_init(&text);
	text_append(&text, "name  ");
	summary_wrap(&text, 6,
		"a text of µs and ± that is a good deal longer than the hundred columns "
		"which one line of the summary has");
	text_append(&text, "\n");
	check_lines(&text);
	assert_non_null(strstr(text.bytes, "\n      "));
	text_release(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_text_is_as_recorded),
		cmocka_unit_test(lines_fit_whatever_is_missing),
		cmocka_unit_test(only_an_interval_makes_a_verdict),
		cmocka_unit_test(says_what_has_no_number_and_why),
		cmocka_unit_test(names_what_the_self_check_leaves_out),
		cmocka_unit_test(tells_whether_sums_hold),
		cmocka_unit_test(words_break_between_columns),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
