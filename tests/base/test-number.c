/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/number.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

struct parsed {
	const char *text;
	int error;
	uint64_t value;
};

/* A refused text leaves the output as it was. */
static void check_parsed(
	const struct parsed *cases, size_t count, int (*parse)(const char *, uint64_t *))
{
	for (size_t i = 0; i < count; i++) {
		uint64_t value = 4711;
		int error = parse(cases[i].text, &value);

		if (error != cases[i].error || value != (error ? 4711 : cases[i].value))
			fail_msg("\"%s\": returned %d with %llu", cases[i].text, error,
				(unsigned long long)value);
	}
}

static void bytes_are_parsed(void **state)
{
	static const struct parsed cases[] = {
		{"4096", 0, 4096},
		{"0", 0, 0},
		{"7b", 0, 7},
		{"64K", 0, 64 << 10},
		{"64kB", 0, 64 << 10},
		{"64KiB", 0, 64 << 10},
		{"1.5M", 0, 3 << 19},
		{".5k", 0, 512},
		{"2GiB", 0, 2ull << 30},
		{"1g", 0, 1ull << 30},
		{"3T", 0, 3ull << 40},
		{"", -EINVAL, 0},
		{"K", -EINVAL, 0},
		{"-1", -EINVAL, 0},
		{"+1", -EINVAL, 0},
		{" 1", -EINVAL, 0},
		{"1 ", -EINVAL, 0},
		{"1 K", -EINVAL, 0},
		{"1KK", -EINVAL, 0},
		{"1x", -EINVAL, 0},
		{"0x10", -EINVAL, 0},
		{"nan", -EINVAL, 0},
		{"inf", -EINVAL, 0},
		{".", -EINVAL, 0},
		{"9000000T", -ERANGE, 0},
		{"1e999", -ERANGE, 0},
	};

	(void)state;
	check_parsed(cases, COUNT(cases), number_parse_bytes);
}

static void durations_are_parsed(void **state)
{
	static const struct parsed cases[] = {
		{"90", 0, 90000000000},
		{"90s", 0, 90000000000},
		{"3m", 0, 180000000000},
		{"3min", 0, 180000000000},
		{"1.5m", 0, 90000000000},
		{"1h", 0, 3600000000000},
		{"250ms", 0, 250000000},
		{"20us", 0, 20000},
		{"7ns", 0, 7},
		{"", -EINVAL, 0},
		{"s", -EINVAL, 0},
		{"-3m", -EINVAL, 0},
		{"3d", -EINVAL, 0},
		{"3m5s", -EINVAL, 0},
		{"9999999h", -ERANGE, 0},
	};

	(void)state;
	check_parsed(cases, COUNT(cases), number_parse_duration);
}

static void unsigned_numbers_are_parsed(void **state)
{
	static const struct parsed cases[] = {
		{"0", 0, 0},
		{"007", 0, 7},
		{"18446744073709551615", 0, UINT64_MAX},
		{"18446744073709551616", -ERANGE, 0},
		{"99999999999999999999", -ERANGE, 0},
		{"", -EINVAL, 0},
		{"-1", -EINVAL, 0},
		{"1.0", -EINVAL, 0},
		{"1K", -EINVAL, 0},
	};

	(void)state;
	check_parsed(cases, COUNT(cases), number_parse_unsigned);
}

static void shares_are_parsed(void **state)
{
	static const struct {
		const char *text;
		int error;
		double value;
	} cases[] = {
		{"2%", 0, 0.02},
		{"0.02", 0, 0.02},
		{"100%", 0, 1},
		{"1", 0, 1},
		{"0", -ERANGE, 0},
		{"0%", -ERANGE, 0},
		{"101%", -ERANGE, 0},
		{"2", -ERANGE, 0},
		{"", -EINVAL, 0},
		{"%", -EINVAL, 0},
		{"2%%", -EINVAL, 0},
		{"-2%", -EINVAL, 0},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		double share = -1;

		assert_int_equal(
			number_parse_share(cases[i].text, &share), cases[i].error);
		assert_float_equal(share, cases[i].error ? -1 : cases[i].value, 1e-12);
	}
}

static void ranges_are_parsed(void **state)
{
	static const struct {
		const char *text;
		int error;
		uint64_t low, high;
	} cases[] = {
		{"6", 0, 6, 6},
		{"6:25", 0, 6, 25},
		{"6:6", 0, 6, 6},
		{"25:6", -EINVAL, 0, 0},
		{"", -EINVAL, 0, 0},
		{":", -EINVAL, 0, 0},
		{"6:", -EINVAL, 0, 0},
		{":25", -EINVAL, 0, 0},
		{"6:7:8", -EINVAL, 0, 0},
		{"6-25", -EINVAL, 0, 0},
		{"1:18446744073709551616", -ERANGE, 0, 0},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		uint64_t low = 91;
		uint64_t high = 92;
		int error = number_parse_range(cases[i].text, &low, &high);

		assert_int_equal(error, cases[i].error);
		assert_int_equal(low, error ? 91 : cases[i].low);
		assert_int_equal(high, error ? 92 : cases[i].high);
	}
}

struct formatted {
	uint64_t value;
	const char *text;
};

static void check_formatted(const struct formatted *cases, size_t count,
	char *(*format)(char[NUMBER_TEXT], uint64_t))
{
	char text[NUMBER_TEXT];

	for (size_t i = 0; i < count; i++) {
		assert_ptr_equal(format(text, cases[i].value), text);
		assert_string_equal(text, cases[i].text);
	}
}

static void bytes_are_written_short(void **state)
{
	static const struct formatted cases[] = {
		{0, "0"},
		{384, "384"},
		{1023, "1023"},
		{1024, "1K"},
		{1536, "1.5K"},
		{48 << 10, "48K"},
		{(999 << 10) + 511, "999K"},
		{(999 << 10) + 512, "0.98M"},
		{1000 << 10, "0.98M"},
		{1 << 20, "1M"},
		{3 << 19, "1.5M"},
		{(1 << 20) + (1 << 18), "1.25M"},
		{100 << 20, "100M"},
		{2ull << 30, "2G"},
		{UINT64_MAX, "16E"},
	};

	(void)state;
	check_formatted(cases, COUNT(cases), number_format_bytes);
}

static void durations_are_written_in_fit_units(void **state)
{
	static const struct formatted cases[] = {
		{0, "0 ns"},
		{999, "999 ns"},
		{1000, "1 us"},
		{1200000, "1.2 ms"},
		{1500000000, "1.5 s"},
		{9949999999, "9.9 s"},
		{9950000000, "10 s"},
		{41000000000, "41 s"},
		{119400000000, "119 s"},
		{119500000000, "2 m 00 s"},
		{185000000000, "3 m 05 s"},
		{239500000000, "4 m 00 s"},
		{3600000000000, "60 m 00 s"},
	};

	(void)state;
	check_formatted(cases, COUNT(cases), number_format_duration);
}

/* The next unit begins where three digits no longer do. */
static void durations_do_not_grow_exponents(void **state)
{
	static const struct formatted cases[] = {
		{999499, "999 us"},
		{999500, "1 ms"},
		{999999, "1 ms"},
		{999499999, "999 ms"},
		{999600000, "1.0 s"},
	};

	(void)state;
	check_formatted(cases, COUNT(cases), number_format_duration);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bytes_are_parsed),
		cmocka_unit_test(durations_are_parsed),
		cmocka_unit_test(unsigned_numbers_are_parsed),
		cmocka_unit_test(shares_are_parsed),
		cmocka_unit_test(ranges_are_parsed),
		cmocka_unit_test(bytes_are_written_short),
		cmocka_unit_test(durations_are_written_in_fit_units),
		cmocka_unit_test(durations_do_not_grow_exponents),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
