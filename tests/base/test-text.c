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
		cmocka_unit_test(complaints_are_cut_not_overrun),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
