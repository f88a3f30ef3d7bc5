/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/file.h"
#include "cli/report.h"
#include "tests/analysis/synthetic.h"

#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static const struct synthetic_options usual = {
	.kernels = {"chase", "strided"},
	.backends = {"small", "thp"},
	.per_octave = 2,
	.rounds = 6,
	.counters = true,
};

static const char *const outputs[] = {"summary.txt", "staircase.svg", "staircase.png",
	"figure/settings.gp", "costs.json", "explained.csv", "levels.csv", "levels.json"};
enum { OUTPUTS = sizeof(outputs) / sizeof(outputs[0]) };

struct fixture {
	char folder[64];
	char path[PATH_MAX]; /* of the environment, as it was */
};

static int report(const struct fixture *f, struct complaint *complaint)
{
	struct text written;
	int error;

	text_init(&written);
	error = report_write(f->folder, &written, complaint);
	if (error >= 0)
		assert_non_null(strstr(written.bytes, "/summary.txt\n"));
	assert_int_equal(strstr(written.bytes, "/staircase.svg\n") != NULL, error == 0);
	text_release(&written);
	return error;
}

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	char share[PATH_MAX];

	(void)snprintf(f->folder, sizeof(f->folder), "/tmp/escalier-report-XXXXXX");
	(void)snprintf(f->path, sizeof(f->path), "%s", getenv("PATH"));
	*state = f;
	return !mkdtemp(f->folder) || !getcwd(share, sizeof(share)) ||
	       setenv("ESCALIER_SHARE", share, 1) != 0;
}

static int remove_files(const char *folder)
{
	char command[PATH_MAX];

	(void)snprintf(command, sizeof(command), "rm -rf -- '%s'", folder);
	return system(command);
}

static int tear_down(void **state)
{
	struct fixture *f = *state;
	int error = setenv("PATH", f->path, 1) || remove_files(f->folder);

	free(f);
	return error;
}

static void write_run(const struct fixture *f, const struct synthetic_options *options)
{
	struct synthetic run;

	synthetic_init(&run, options);
	synthetic_write(&run, f->folder);
	synthetic_release(&run);
}

static void read_output(const struct fixture *f, const char *name, struct text *text)
{
	char path[PATH_MAX];

	(void)snprintf(path, sizeof(path), "%s/%s", f->folder, name);
	text_init(text);
	if (file_read_all(path, text) != 0)
		fail_msg("%s is missing", path);
}

static bool exists(const struct fixture *f, const char *name)
{
	char path[PATH_MAX];

	(void)snprintf(path, sizeof(path), "%s/%s", f->folder, name);
	return access(path, F_OK) == 0;
}

static void skip_without_gnuplot(void)
{
	if (system("command -v gnuplot >/dev/null") != 0) {
		print_message("gnuplot is not installed\n");
		skip();
	}
}

static void twice_gives_the_same_bytes(void **state)
{
	struct fixture *f = *state;
	struct complaint complaint = {0};
	struct text first[OUTPUTS], second[OUTPUTS];

	skip_without_gnuplot();
	write_run(f, &usual);
	assert_int_equal(report(f, &complaint), 0);
	for (size_t i = 0; i < OUTPUTS; i++)
		read_output(f, outputs[i], &first[i]);
	assert_int_equal(report(f, &complaint), 0);
	for (size_t i = 0; i < OUTPUTS; i++) {
		read_output(f, outputs[i], &second[i]);
		assert_true(first[i].length > 500);
		assert_int_equal(first[i].length, second[i].length);
		assert_memory_equal(first[i].bytes, second[i].bytes, first[i].length);
		/* No trace of where it was drawn. */
		assert_null(memmem(
			first[i].bytes, first[i].length, f->folder, strlen(f->folder)));
		text_release(&first[i]);
		text_release(&second[i]);
	}
}

/* What counters tell of the TLBs has a panel of its own; without them reads of one line a
 * page have one. */
static void translation_has_a_panel(void **state)
{
	struct fixture *f = *state;
	struct complaint complaint = {0};
	struct text settings;

	skip_without_gnuplot();
	for (int counters = 0; counters < 2; counters++) {
		const struct synthetic_options options = {
			.kernels = {"chase", "page-chase"},
			.backends = {"small", "hugetlb-2m"},
			.rounds = 3,
			.windows = 2,
			.counters = counters};

		write_run(f, &options);
		assert_int_equal(report(f, &complaint), 0);
		read_output(f, "figure/settings.gp", &settings);
		assert_non_null(strstr(
			settings.bytes, counters ? "has_pages = 0" : "has_pages = 1"));
		assert_non_null(
			strstr(settings.bytes, counters ? "has_tlb = 1" : "has_tlb = 0"));
		text_release(&settings);
	}
	assert_true(exists(f, "figure/pages-2.tsv"));
}

/* The cost of a term, by costs.csv. */
static double cost_of(const struct text *csv, const char *term)
{
	char line[64];
	const char *found;

	(void)snprintf(line, sizeof(line), "\n%s,fitted,,", term);
	found = strstr(csv->bytes, line);
	if (!found)
		fail_msg("no cost of %s:\n%s", term, csv->bytes);
	return found ? strtod(found + strlen(line), NULL) : 0;
}

/* From raw windows of counters to costs: those that the machine was made of. */
static void costs_are_the_machine_s(void **state)
{
	static const struct {
		const char *term;
		double cycles;
	} truth[] = {
		{"base", 4},
		{"fill from L2", 8.2},
		{"fill from L3", 50.2},
		{"fill from DRAM", 390.2},
		{"second-level TLB hit", 2},
		{"page walk and its fills", 85},
	};
	struct synthetic_options options = usual;
	struct fixture *f = *state;
	struct complaint complaint = {0};
	struct text csv;

	options.backends[1] = NULL;
	options.quiet = true;
	options.own_cost = true;
	options.per_octave = 4;
	write_run(f, &options);
	assert_true(report(f, &complaint) >= 0);
	read_output(f, "costs.csv", &csv);
	for (size_t i = 0; i < sizeof(truth) / sizeof(truth[0]); i++) {
		const double cycles = cost_of(&csv, truth[i].term);

		if (!(cycles > 0.97 * truth[i].cycles && cycles < 1.03 * truth[i].cycles))
			fail_msg("%s: %g", truth[i].term, cycles);
	}
	assert_non_null(strstr(csv.bytes, "\nwalker fill from L2,not counted,"));
	text_release(&csv);
}

static void marks_scaled_counts(void **state)
{
	struct synthetic_options options = usual;
	struct fixture *f = *state;
	struct complaint complaint = {0};
	struct text summary, figure;

	skip_without_gnuplot();
	options.multiplexed = true;
	write_run(f, &options);
	assert_int_equal(report(f, &complaint), 0);
	read_output(f, "summary.txt", &summary);
	assert_non_null(strstr(summary.bytes, "counter values rejected"));
	assert_null(strstr(summary.bytes, "SCALED"));
	text_release(&summary);
	options.scaled = true;
	write_run(f, &options);
	assert_int_equal(report(f, &complaint), 0);
	read_output(f, "summary.txt", &summary);
	read_output(f, "figure/settings.gp", &figure);
	assert_non_null(strstr(summary.bytes, "counter values SCALED"));
	assert_null(strstr(summary.bytes, "counter values rejected"));
	assert_non_null(strstr(figure.bytes, "counts are scaled"));
	text_release(&figure);
	text_release(&summary);
}

static void marks_what_the_self_check_leaves_out(void **state)
{
	struct synthetic_options options = usual;
	struct fixture *f = *state;
	struct complaint complaint = {0};
	struct text figure;

	skip_without_gnuplot();
	options.checked = true;
	write_run(f, &options);
	assert_int_equal(report(f, &complaint), 0);
	read_output(f, "figure/settings.gp", &figure);
	assert_null(strstr(figure.bytes, "self-check"));
	text_release(&figure);
	options.dead = "DTLB_WALKS";
	write_run(f, &options);
	assert_int_equal(report(f, &complaint), 0);
	read_output(f, "figure/settings.gp", &figure);
	assert_non_null(strstr(
		figure.bytes, "the self-check leaves out DTLB\\_WALKS (tlb, dead)"));
	text_release(&figure);
}

static void draws_whatever_is_there(void **state)
{
	static const struct synthetic_options variants[] = {
		{.kernels = {"chase"},
			.backends = {"small"},
			.rounds = 1,
			.min_bytes = 4096,
			.max_bytes = 4096},
		{.kernels = {"strided"},
			.backends = {"small", "thp"},
			.rounds = 6,
			.per_octave = 1,
			.no_clock = true},
		{.kernels = {"chase", "strided"},
			.backends = {"small", "thp"},
			.failing = "small",
			.rounds = 6,
			.per_octave = 1,
			.counters = true},
		{.kernels = {"chase", "strided"},
			.backends = {"small", "libc", "thp", "hugetlb-2m", "hugetlb-1g",
				"hp"},
			.strides = {64, 128, 256},
			.rounds = 2,
			.nodes = 2,
			.per_octave = 1,
			.counters = true,
			.multiplexed = true},
		{.kernels = {"chase"},
			.backends = {"small", "thp"},
			.rounds = 6,
			.per_octave = 1,
			.no_tlbs = true,
			.machine = "pack:1 core:2 pu:1"},
	};
	struct fixture *f = *state;
	struct complaint complaint = {0};

	skip_without_gnuplot();
	for (size_t i = 0; i < sizeof(variants) / sizeof(variants[0]); i++) {
		struct text drawn;

		write_run(f, &variants[i]);
		if (report(f, &complaint) != 0)
			fail_msg("variant %zu: %s: %s", i, complaint.what, complaint.why);
		read_output(f, "staircase.svg", &drawn);
		assert_non_null(strstr(drawn.bytes, "</svg>"));
		assert_non_null(strstr(drawn.bytes, "buffer size"));
		text_release(&drawn);
	}
}

/* What comes from the run's files is text in the figure, whatever stands in it. */
static void runs_nothing_that_stands_in_the_run(void **state)
{
	static const char hostile[] =
		"no PMU; `touch executed` $(touch executed) 'it''s' \" \\ {/Bold} @ ^ _";
	struct fixture *f = *state;
	struct complaint complaint = {0};
	struct synthetic_options options = usual;
	struct synthetic run;
	struct text drawn;

	skip_without_gnuplot();
	options.counters = false;
	synthetic_init(&run, &options);
	(void)snprintf(run.environment.counters_missing,
		sizeof(run.environment.counters_missing), "%s", hostile);
	synthetic_write(&run, f->folder);
	synthetic_release(&run);
	if (report(f, &complaint) != 0)
		fail_msg("%s: %s", complaint.what, complaint.why);
	assert_false(exists(f, "figure/executed"));
	assert_false(exists(f, "executed"));
	read_output(f, "staircase.svg", &drawn);
	assert_non_null(strstr(drawn.bytes, "`touch executed`"));
	text_release(&drawn);
}

static void without_gnuplot_the_summary_stands(void **state)
{
	struct fixture *f = *state;
	struct complaint complaint = {0};

	write_run(f, &usual);
	assert_int_equal(setenv("PATH", "/nonexistent", 1), 0);
	assert_int_equal(report(f, &complaint), REPORT_NO_FIGURE);
	assert_non_null(strstr(complaint.why, "gnuplot"));
	assert_non_null(strstr(complaint.advice, "apt-get install gnuplot-nox"));
	assert_true(exists(f, "summary.txt"));
	assert_false(exists(f, "staircase.png"));
}

static void a_run_without_numbers_has_a_summary(void **state)
{
	struct fixture *f = *state;
	struct complaint complaint = {0};
	struct synthetic_options options = usual;

	options.backends[1] = NULL;
	options.failing = "small";
	write_run(f, &options);
	assert_int_equal(report(f, &complaint), REPORT_NO_FIGURE);
	assert_non_null(strstr(complaint.why, "no window of the run has a number"));
	assert_true(exists(f, "summary.txt"));
}

/* Each file of a run is needed, and named when it is missing or damaged. */
static void names_the_file_that_is_wrong(void **state)
{
	static const char *const files[] = {
		"windows.csv", "environment.json", "machine.xml", "groups/tlb.txt"};
	struct fixture *f = *state;
	struct text damage;

	text_init(&damage);
	text_append(&damage, "bytes\nno number\n");
	for (size_t i = 0; i < 4; i++) {
		struct complaint complaint = {0};
		char path[PATH_MAX];

		write_run(f, &usual);
		(void)snprintf(path, sizeof(path), "%s/%s", f->folder, files[i]);
		assert_int_equal(file_write_all(path, &damage), 0);
		if (report(f, &complaint) >= 0)
			fail_msg("%s may be damaged", files[i]);
		assert_true(complaint.what[0] != '\0');
		assert_int_equal(unlink(path), 0);
		assert_true(report(f, &complaint) < 0);
		if (!strstr(complaint.what, files[i]))
			fail_msg("\"%s\" does not name %s", complaint.what, files[i]);
	}
	text_release(&damage);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			translation_has_a_panel, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			twice_gives_the_same_bytes, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			costs_are_the_machine_s, set_up, tear_down),
		cmocka_unit_test_setup_teardown(marks_scaled_counts, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			marks_what_the_self_check_leaves_out, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			draws_whatever_is_there, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			runs_nothing_that_stands_in_the_run, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			without_gnuplot_the_summary_stands, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			a_run_without_numbers_has_a_summary, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			names_the_file_that_is_wrong, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
