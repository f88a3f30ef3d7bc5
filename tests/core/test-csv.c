/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Cells and numbers of a CSV, and files that are larger than the part in memory. */
#include "base/text.h"
#include "core/csv.h"
#include "core/measurement.h"

#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static struct csv csv;

/* The first cell of a text, by the path for whole numbers where that takes it. */
static void expect_whole(const char *text, int error, uint64_t expected)
{
	uint64_t value = 0;

	csv_of(&csv, text, strlen(text));
	if (csv_next_whole(&csv, &value)) {
		assert_int_equal(error, 0);
	} else {
		assert_int_equal(csv_next(&csv), 0);
		assert_int_equal(csv_whole(&csv, &value), error);
	}
	if (!error)
		assert_true(value == expected);
}

static void test_whole_numbers(void **state)
{
	(void)state;
	expect_whole("0,", 0, 0);
	expect_whole(",", 0, 0);
	expect_whole("42", 0, 42);
	expect_whole("42\r\n", 0, 42);
	expect_whole("\"42\",", 0, 42);
	expect_whole("999999999999999999,", 0, 999999999999999999);
	expect_whole("1000000000000000000,", 0, 1000000000000000000);
	expect_whole("18446744073709551615\n", 0, UINT64_MAX);
	expect_whole("18446744073709551616\n", -EINVAL, 0);
	expect_whole("99999999999999999999999,", -EINVAL, 0);
	expect_whole("-1,", -EINVAL, 0);
	expect_whole("+1,", -EINVAL, 0);
	expect_whole(" 1,", -EINVAL, 0);
	expect_whole("1 ,", -EINVAL, 0);
	expect_whole("0x10,", -EINVAL, 0);
	expect_whole("4\r2,", -EINVAL, 0);
	/* Eight characters are read at once where there are so many. */
	expect_whole(",1234567890", 0, 0);
	expect_whole("7,1234567890", 0, 7);
	expect_whole("1234567,89", 0, 1234567);
	expect_whole("12345678,9", 0, 12345678);
	expect_whole("90123456\n7", 0, 90123456);
	expect_whole("1234567890123456,", 0, 1234567890123456);
	expect_whole("12/4567,89", -EINVAL, 0);
	expect_whole("12:4567,89", -EINVAL, 0);
	expect_whole("1\xff\xb0"
		     "4567,89",
		-EINVAL, 0);
}

static void expect_signed(const char *text, int error, int64_t expected)
{
	int64_t value = 0;

	csv_of(&csv, text, strlen(text));
	assert_int_equal(csv_next(&csv), 0);
	assert_int_equal(csv_signed(&csv, &value), error);
	if (!error)
		assert_true(value == expected);
}

static void test_signed_numbers(void **state)
{
	(void)state;
	expect_signed("-1,", 0, -1);
	expect_signed("", 0, 0);
	expect_signed("9223372036854775807", 0, INT64_MAX);
	expect_signed("9223372036854775808", -EINVAL, 0);
	expect_signed("-", -EINVAL, 0);
	expect_signed("--1", -EINVAL, 0);
}

static void expect_double(const char *text, int error)
{
	double value = 0;

	csv_of(&csv, text, strlen(text));
	assert_int_equal(csv_next(&csv), 0);
	assert_int_equal(csv_double(&csv, &value), error);
	/* The C library rounds to nearest: the short way must give the same bits. */
	if (!error)
		assert_true(value == strtod(text, NULL));
}

static void test_doubles(void **state)
{
	(void)state;
	expect_double("2.62288", 0);
	expect_double("0.1", 0);
	expect_double("123456789012345", 0);
	expect_double("1234567890.12345", 0);
	expect_double("9999999999999999", 0);
	expect_double("0.000000000000001", 0);
	expect_double(".5", 0);
	expect_double("5.", 0);
	expect_double("-1.5", 0);
	expect_double("1e-300", 0);
	expect_double("", 0);
	expect_double("1.2.3", -EINVAL);
	expect_double("one", -EINVAL);
	expect_double("1x", -EINVAL);
}

static void expect_cell(const char *expected, bool row_ended)
{
	assert_int_equal(csv_next(&csv), 0);
	assert_int_equal(csv.length, strlen(expected));
	assert_memory_equal(csv.cell, expected, csv.length);
	assert_int_equal(csv.row_ended, row_ended);
}

static void test_cells(void **state)
{
	static const char text[] = "a,\"b, \"\"b\"\"\nb\",,\"\"\r\nlast,\"cut";
	char longest[CSV_CELL + 2];

	(void)state;
	csv_of(&csv, text, strlen(text));
	expect_cell("a", false);
	expect_cell("b, \"b\"\nb", false);
	expect_cell("", false);
	expect_cell("", true);
	expect_cell("last", false);
	expect_cell("cut", true);
	assert_true(csv.cut);
	assert_false(csv_more(&csv));
	memset(longest, 'x', sizeof(longest));
	csv_of(&csv, longest, CSV_CELL);
	assert_int_equal(csv_next(&csv), 0);
	csv_of(&csv, longest, CSV_CELL + 1);
	assert_int_equal(csv_next(&csv), -E2BIG);
	longest[0] = '"';
	csv_of(&csv, longest, CSV_CELL + 2);
	assert_int_equal(csv_next(&csv), -E2BIG);
}

/* Cells that a row shares with the one before are not read again: whatever else is
 * different, they have to be those. */
static void test_rows_that_begin_alike(void **state)
{
	static const char text[] = "kernel,bytes,round,window,clean\n"
				   "chase,4096,1,1,1\n"
				   "chase,4096,1,10,0\n"
				   "chase,4096,1,1,1\n"
				   "chase,4096,1,1,1\n"
				   "chase,40960,1,1,1\n"
				   "chase,409,6,1,1\n"
				   "chas,409,6,1,1\n";
	static const uint64_t expected[][4] = {{4096, 1, 1, 1}, {4096, 1, 10, 0},
		{4096, 1, 1, 1}, {4096, 1, 1, 1}, {40960, 1, 1, 1}, {409, 6, 1, 1},
		{409, 6, 1, 1}};
	struct complaint complaint;
	struct dataset dataset;

	(void)state;
	assert_int_equal(dataset_parse_csv(&dataset, text, strlen(text), &complaint), 0);
	assert_int_equal(dataset.count, 7);
	for (size_t i = 0; i < dataset.count; i++) {
		const struct measurement *m = &dataset.measurements[i];

		assert_string_equal(m->point.kernel, i < 6 ? "chase" : "chas");
		assert_int_equal(m->point.bytes, expected[i][0]);
		assert_int_equal(m->round, expected[i][1]);
		assert_int_equal(m->window, expected[i][2]);
		assert_int_equal(m->clean, expected[i][3]);
	}
	dataset_release(&dataset);
}

enum { ROWS = 6000 };

/* Rows of every length up to some hundred bytes, so that the parts of a file end at every
 * place of a row; with separators inside of quotes. */
static void make_row(struct measurement *m, uint64_t i)
{
	*m = (struct measurement){.round = i, .clock_ghz = 2 + (double)i / 8};
	m->point = (struct point){.kernel = i % 3 ? "chase" : "strided, \"old\"",
		.backend = i % 2 ? "small" : "thp",
		.group = "none",
		.bytes = i * i,
		.stride = 64,
		.node = -1};
	memset(m->error, "\"x,\n"[i % 4], i % 200);
}

static int check_row(void *context, const void *record, const struct records *records)
{
	const struct measurement *m = record;
	struct measurement expected;
	uint64_t *next = context;

	make_row(&expected, (*next)++);
	assert_string_equal(m->point.kernel, expected.point.kernel);
	assert_string_equal(m->point.backend, expected.point.backend);
	assert_int_equal(m->point.bytes, expected.point.bytes);
	assert_int_equal(m->point.node, -1);
	assert_int_equal(m->round, expected.round);
	assert_true(m->clock_ghz == expected.clock_ghz);
	assert_string_equal(m->error, expected.error);
	(void)records;
	return 0;
}

static void write_rows(FILE *file)
{
	const struct event_list events = {.count = 0};
	struct measurement m;
	struct text text;

	text_init(&text);
	record_csv_header(&measurement_record, &events, &text);
	for (uint64_t i = 0; i < ROWS; i++) {
		make_row(&m, i);
		record_csv_row(&measurement_record, &m, &events, &text);
	}
	text_append(&text, "chase,sma"); /* cut short */
	assert_int_equal(fwrite(text.bytes, 1, text.length, file), text.length);
	text_release(&text);
	assert_int_equal(fclose(file), 0);
}

/* A file, and what came of a visit to its rows. */
struct visit {
	char path[32];
	FILE *file; /* to be closed by who fills it */
	struct complaint complaint;
	struct records records;
	uint64_t count; /* of the rows that were visited */
};

static void make_file(struct visit *visit)
{
	int fd;

	*visit = (struct visit){.path = "/tmp/test-csv-XXXXXX"};
	fd = mkstemp(visit->path);
	assert_true(fd >= 0);
	visit->file = fdopen(fd, "w");
	assert_non_null(visit->file);
}

static int visit_rows(struct visit *visit,
	int (*see)(void *context, const void *record, const struct records *records))
{
	visit->count = 0;
	return records_visit_csv(&visit->records, &measurement_record, visit->path, see,
		&visit->count, &visit->complaint);
}

static void read_rows(struct visit *visit)
{
	assert_int_equal(visit_rows(visit, check_row), 0);
	assert_int_equal(visit->count, ROWS);
	assert_null(visit->records.rows);
	assert_true(visit->records.names_count < 8);
	records_release(&visit->records);
}

static void test_files_come_in_parts(void **state)
{
	struct visit visit;

	(void)state;
	make_file(&visit);
	write_rows(visit.file);
	read_rows(&visit);
	assert_int_equal(unlink(visit.path), 0);
}

/* What is read ahead of it is visited first. */
static void test_damage_at_the_end(void **state)
{
	struct visit visit;
	FILE *file;

	(void)state;
	make_file(&visit);
	write_rows(visit.file);
	file = fopen(visit.path, "a");
	assert_non_null(file);
	assert_int_equal(fputc('\n', file), '\n');
	assert_int_equal(fclose(file), 0);
	assert_int_equal(visit_rows(&visit, check_row), -EINVAL);
	assert_int_equal(visit.count, ROWS);
	assert_non_null(
		strstr(visit.complaint.what, "line 6002 of the CSV cannot be read"));
	assert_int_equal(unlink(visit.path), 0);
}

/* A pipe gives what it has, in parts of its own. */
static void test_pipes(void **state)
{
	char folder[] = "/tmp/test-csv-XXXXXX";
	struct visit visit = {.path = ""};
	pid_t child;

	(void)state;
	assert_non_null(mkdtemp(folder));
	(void)snprintf(visit.path, sizeof(visit.path), "%s/fifo", folder);
	assert_int_equal(mkfifo(visit.path, 0600), 0);
	child = fork();
	if (child == 0) {
		write_rows(fopen(visit.path, "w"));
		_exit(0);
	}
	assert_true(child > 0);
	read_rows(&visit);
	assert_int_equal(waitpid(child, NULL, 0), child);
	assert_int_equal(unlink(visit.path), 0);
	assert_int_equal(rmdir(folder), 0);
}

static int refuse_third(void *context, const void *record, const struct records *records)
{
	uint64_t *count = context;

	(void)record;
	(void)records;
	return ++*count == 3 ? -EPROTO : 0;
}

static void test_visitor_ends_it(void **state)
{
	struct visit visit;

	(void)state;
	make_file(&visit);
	write_rows(visit.file);
	assert_int_equal(visit_rows(&visit, refuse_third), -EPROTO);
	assert_int_equal(visit.count, 3);
	assert_non_null(strstr(visit.complaint.what, visit.path));
	assert_int_equal(unlink(visit.path), 0);
	assert_int_equal(visit_rows(&visit, refuse_third), -ENOENT);
	assert_non_null(strstr(visit.complaint.what, visit.path));
}

/* A row that is read ahead and cannot be is not what the visitor complains of. */
static void test_visitor_ends_it_before_damage(void **state)
{
	struct visit visit;

	(void)state;
	make_file(&visit);
	assert_true(fputs("bytes\n1\n2\n3\n4\n5,6\n", visit.file) >= 0);
	assert_int_equal(fflush(visit.file), 0);
	/* As long as files are that a thread of its own reads. */
	assert_int_equal(ftruncate(fileno(visit.file), 1 << 20), 0);
	assert_int_equal(fclose(visit.file), 0);
	assert_int_equal(visit_rows(&visit, refuse_third), -EPROTO);
	assert_int_equal(visit.count, 3);
	assert_non_null(strstr(visit.complaint.what, "cannot read"));
	assert_string_equal(visit.complaint.why, strerror(EPROTO));
	assert_int_equal(unlink(visit.path), 0);
}

/* Where there can be no second thread the first reads all. */
static void test_no_thread(void **state)
{
	const struct rlimit none = {0, 0};
	struct visit visit;
	int status;
	pid_t child;

	(void)state;
	make_file(&visit);
	assert_int_equal(fchmod(fileno(visit.file), 0644), 0);
	write_rows(visit.file);
	child = fork();
	if (child == 0) {
		/* Of root's processes there may be any number. */
		if (setrlimit(RLIMIT_NPROC, &none) || (getuid() == 0 && setuid(65534)))
			_exit(2);
		read_rows(&visit);
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	assert_int_equal(unlink(visit.path), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_whole_numbers),
		cmocka_unit_test(test_signed_numbers),
		cmocka_unit_test(test_doubles),
		cmocka_unit_test(test_cells),
		cmocka_unit_test(test_rows_that_begin_alike),
		cmocka_unit_test(test_files_come_in_parts),
		cmocka_unit_test(test_damage_at_the_end),
		cmocka_unit_test(test_pipes),
		cmocka_unit_test(test_visitor_ends_it),
		cmocka_unit_test(test_visitor_ends_it_before_damage),
		cmocka_unit_test(test_no_thread),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
