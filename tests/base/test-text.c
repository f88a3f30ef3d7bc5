/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/error.h"
#include "base/text.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void a_text_is_terminated_at_every_moment(void **state)
{
	struct text text;

	(void)state;
	text_init(&text);
	assert_string_equal(text.bytes, "");
	text_clear(&text);
	text_release(&text);
	assert_string_equal(text.bytes, "");
	text_append(&text, "");
	assert_string_equal(text.bytes, "");
	text_append(&text, "one");
	text_format(&text, " %d %s", 2, "three");
	assert_string_equal(text.bytes, "one 2 three");
	assert_int_equal(text.length, 11);
	text_clear(&text);
	assert_string_equal(text.bytes, "");
	text_append_bytes(&text, "a\0b", 3);
	assert_int_equal(text.length, 3);
	assert_memory_equal(text.bytes, "a\0b", 4);
	text_release(&text);
	assert_int_equal(text.length, 0);
}

/* Past the first capacity, by single bytes and by one format longer than it. */
static void a_text_grows(void **state)
{
	struct text text;

	(void)state;
	text_init(&text);
	for (unsigned i = 0; i < 5000; i++)
		text_append_bytes(&text, &"0123456789"[i % 10], 1);
	text_format(&text, "%2000d", 7);
	assert_int_equal(text.error, 0);
	assert_int_equal(text.length, 7000);
	assert_int_equal(strlen(text.bytes), 7000);
	for (unsigned i = 0; i < 5000; i++)
		assert_int_equal(text.bytes[i], '0' + i % 10);
	assert_int_equal(text.bytes[6999], '7');
	text_release(&text);
}

static void after_an_error_nothing_is_added(void **state)
{
	struct text text;

	(void)state;
	text_init(&text);
	text_append(&text, "kept");
	text.error = -ENOMEM;
	text_append(&text, " not");
	text_format(&text, " %s", "not");
	text_pad_to(&text, 40);
	assert_string_equal(text.bytes, "kept");
	text_release(&text);
	assert_int_equal(text.error, 0);
}

static void columns_are_padded_by_character(void **state)
{
	struct text text;

	(void)state;
	text_init(&text);
	text_append(&text, "first line\nab");
	text_pad_to(&text, 4);
	text_append(&text, "c\n\xc2\xb1\xc3\xa9");
	text_pad_to(&text, 4);
	text_append(&text, "d\nlonger");
	text_pad_to(&text, 4);
	text_append(&text, "e\n");
	text_pad_to(&text, 2);
	text_append(&text, "f");
	assert_string_equal(
		text.bytes, "first line\nab  c\n\xc2\xb1\xc3\xa9  d\nlonger e\n  f");
	text_release(&text);
}

static void names_of_anybody_are_made_visible(void **state)
{
	static const char *const plain[] = {"", "a\\b 'c'", "\xc3\xa9", "\xe2\x82\xac",
		"\xf0\x9f\x98\x80", "\xef\xbf\xbd"};
	static const struct {
		const char *name, *shown, *valid;
	} others[] = {
		{"a\nb\tc", "a\\nb\\tc", "a\nb\tc"},
		{"\x1b[31m\x7f", "\\x1b[31m\\x7f", "\x1b[31m\x7f"},
		{"\xc2\x85", "\\xc2\\x85", "\xc2\x85"}, /* a control of Latin 1 */
		{"x\xff", "x\\xff", "x\xef\xbf\xbd"},
		{"\xc3", "\\xc3", "\xef\xbf\xbd"},                      /* cut */
		{"\xc0\xaf", "\\xc0\\xaf", "\xef\xbf\xbd\xef\xbf\xbd"}, /* too long */
		{"\xed\xa0\x80", "\\xed\\xa0\\x80",
			"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"}, /* half a pair */
	};
	struct text text;

	(void)state;
	text_init(&text);
	for (size_t i = 0; i < sizeof(plain) / sizeof(plain[0]); i++) {
		assert_true(text_is_visible(plain[i]));
		text_clear(&text);
		text_append_visible(&text, plain[i]);
		assert_string_equal(text.bytes, plain[i]);
	}
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		assert_false(text_is_visible(others[i].name));
		text_clear(&text);
		text_append_visible(&text, others[i].name);
		assert_string_equal(text.bytes, others[i].shown);
		text_clear(&text);
		text_append_valid(&text, others[i].name);
		assert_string_equal(text.bytes, others[i].valid);
	}
	text_release(&text);
}

static void what_is_cut_ends_with_a_whole_character(void **state)
{
	static const char whole[] = "a\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80";
	static const size_t kept[] = {0, 1, 1, 3, 3, 3, 6, 6, 6, 6, 10};

	(void)state;
	for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++) {
		char cut[sizeof(whole)] = "";

		memcpy(cut, whole, i);
		text_end_whole(cut);
		assert_int_equal(strlen(cut), kept[i]);
	}
}

static void complaints_hold_no_control_characters(void **state)
{
	struct complaint complaint = {.what = ""};

	(void)state;
	complaint_what(&complaint, "cannot read %s", "a\nb\x1b[1m");
	assert_string_equal(complaint.what, "cannot read a\\nb\\x1b[1m");
	/* What ends as a character begins is cut only where it does not fit. */
	complaint_what(&complaint, "cannot read %s", "caf\xe9");
	assert_string_equal(complaint.what, "cannot read caf\\xe9");
	complaint_why(&complaint, "%0254d\xc3\xa9", 1);
	assert_int_equal(strlen(complaint.why), 254);
}

static void complaints_are_cut_not_overrun(void **state)
{
	struct complaint complaint = {.what = ""};
	char line[16];

	(void)state;
	complaint_what(&complaint, "%s", "it broke");
	assert_string_equal(complaint_line(&complaint, line, sizeof(line)), "it broke");
	complaint_why(&complaint, "reason %d", 12345678);
	assert_string_equal(
		complaint_line(&complaint, line, sizeof(line)), "it broke: reaso");
	complaint_advise(&complaint, "%0300d", 1);
	assert_int_equal(strlen(complaint.advice), sizeof(complaint.advice) - 1);
	assert_string_equal(complaint.why, "reason 12345678");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_text_is_terminated_at_every_moment),
		cmocka_unit_test(a_text_grows),
		cmocka_unit_test(after_an_error_nothing_is_added),
		cmocka_unit_test(columns_are_padded_by_character),
		cmocka_unit_test(names_of_anybody_are_made_visible),
		cmocka_unit_test(what_is_cut_ends_with_a_whole_character),
		cmocka_unit_test(complaints_hold_no_control_characters),
		cmocka_unit_test(complaints_are_cut_not_overrun),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
