/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The reader of smaps against recorded text: merged, split and partly backed mappings. */
#include "alloc/smaps.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
/* after the headers that it needs */
#include <cmocka.h>

#define KB 1024ull
#define MB (1024ull * KB)
#define BASE 0x7f0000000000ull

/* As the kernel writes them: header, sizes and counts in kB, flags. */
static const char small_8m[] = "7f0000000000-7f0000800000 rw-p 00000000 00:00 0 \n"
			       "Size:               8192 kB\n"
			       "KernelPageSize:        4 kB\n"
			       "MMUPageSize:           4 kB\n"
			       "Rss:                8192 kB\n"
			       "Pss:                8192 kB\n"
			       "Private_Dirty:      8192 kB\n"
			       "Anonymous:          8192 kB\n"
			       "AnonHugePages:         0 kB\n"
			       "Shared_Hugetlb:        0 kB\n"
			       "Private_Hugetlb:       0 kB\n"
			       "THPeligible:           0\n"
			       "VmFlags: rd wr mr mw me ac dc nh \n";
static const char thp_8m[] = "7f0000000000-7f0000800000 rw-p 00000000 00:00 0 \n"
			     "KernelPageSize:        4 kB\n"
			     "Rss:                8192 kB\n"
			     "AnonHugePages:      8192 kB\n"
			     "Private_Hugetlb:       0 kB\n";
static const char thp_half[] = "7f0000000000-7f0000800000 rw-p 00000000 00:00 0 \n"
			       "KernelPageSize:        4 kB\n"
			       "Rss:                8192 kB\n"
			       "AnonHugePages:      4096 kB\n"
			       "Private_Hugetlb:       0 kB\n";
static const char hugetlb_8m[] =
	"7f0000000000-7f0000800000 rw-p 00000000 00:0f 79     /anon_hugepage (deleted)\n"
	"KernelPageSize:     2048 kB\n"
	"MMUPageSize:        2048 kB\n"
	"Rss:                   0 kB\n"
	"AnonHugePages:         0 kB\n"
	"Shared_Hugetlb:        0 kB\n"
	"Private_Hugetlb:    8192 kB\n";
static const char split[] = "7f0000000000-7f0000400000 rw-p 00000000 00:00 0 \n"
			    "KernelPageSize:        4 kB\n"
			    "Rss:                4096 kB\n"
			    "AnonHugePages:      4096 kB\n"
			    "7f0000400000-7f0000800000 rw-p 00000000 00:00 0 \n"
			    "KernelPageSize:        4 kB\n"
			    "Rss:                4096 kB\n"
			    "AnonHugePages:      2048 kB\n"
			    "7f0000800000-7f0000c00000 rw-p 00000000 00:00 0 \n"
			    "KernelPageSize:        4 kB\n"
			    "Rss:                4096 kB\n"
			    "AnonHugePages:      4096 kB\n";
static const char before_and_after[] =
	"55d0c0a00000-55d0c0a21000 rw-p 00000000 00:00 0                [heap]\n"
	"KernelPageSize:        4 kB\n"
	"Rss:                 132 kB\n"
	"AnonHugePages:         0 kB\n"
	"7f0000000000-7f0000800000 rw-p 00000000 00:00 0 \n"
	"KernelPageSize:        4 kB\n"
	"Rss:                8192 kB\n"
	"AnonHugePages:      8192 kB\n"
	"7f0000900000-7f0000a00000 r-xp 00000000 fe:00 247134          /usr/lib/a: b-c\n"
	"KernelPageSize:        4 kB\n"
	"Rss:                1024 kB\n"
	"AnonHugePages:         0 kB\n";

static uint64_t share_of(const struct smaps *smaps, uint64_t page_bytes)
{
	for (size_t i = 0; i < smaps->shares_count; i++)
		if (smaps->shares[i].page_bytes == page_bytes)
			return smaps->shares[i].bytes;
	return 0;
}

static struct smaps read_text(const char *text, uint64_t from, uint64_t bytes)
{
	struct smaps smaps;

	smaps_init(&smaps, BASE + from, BASE + from + bytes, 4 * KB, 2 * MB);
	smaps_feed(&smaps, text, strlen(text));
	smaps_finish(&smaps);
	return smaps;
}

static void expect(
	const char *text, uint64_t from, uint64_t bytes, uint64_t small, uint64_t huge)
{
	struct smaps smaps = read_text(text, from, bytes);

	assert_int_equal(share_of(&smaps, 4 * KB), small);
	assert_int_equal(share_of(&smaps, 2 * MB), huge);
}

static void test_whole_mapping(void **state)
{
	(void)state;
	expect(small_8m, 0, 8 * MB, 8 * MB, 0);
	expect(thp_8m, 0, 8 * MB, 0, 8 * MB);
	expect(hugetlb_8m, 0, 8 * MB, 0, 8 * MB);
	expect(thp_half, 0, 8 * MB, 4 * MB, 4 * MB);
}

static void test_middle_of_a_mapping(void **state)
{
	(void)state;
	expect(small_8m, 3 * MB, 64 * KB, 64 * KB, 0);
	expect(thp_8m, 3 * MB, 64 * KB, 0, 64 * KB);
	expect(hugetlb_8m, 2 * MB, 1, 0, 1);
}

/* Half of the mapping is huge: a quarter of it may hold none of that, three quarters
 * must. */
static void test_what_cannot_be_told_is_not_counted(void **state)
{
	(void)state;
	expect(thp_half, 0, 2 * MB, 0, 0);
	expect(thp_half, 1 * MB, 6 * MB, 2 * MB, 2 * MB);
}

static void test_split_mapping(void **state)
{
	(void)state;
	expect(split, 0, 8 * MB, 2 * MB, 6 * MB);
	expect(split, 0, 12 * MB, 2 * MB, 10 * MB);
	expect(split, 2 * MB, 2 * MB, 0, 2 * MB);
	/* One half of the second and the third: the second may hold its small pages
	 * there. */
	expect(split, 6 * MB, 4 * MB, 0, 2 * MB);
}

static void test_neighbours_do_not_count(void **state)
{
	(void)state;
	expect(before_and_after, 0, 8 * MB, 0, 8 * MB);
	expect(before_and_after, 8 * MB, 1 * MB, 0, 0);
	expect(before_and_after, 0, 10 * MB, 1 * MB, 8 * MB);
	expect("", 0, 8 * MB, 0, 0);
}

static void test_stops_above_the_range(void **state)
{
	struct smaps smaps;

	(void)state;
	smaps_init(&smaps, BASE, BASE + 8 * MB, 4 * KB, 2 * MB);
	smaps_feed(&smaps, thp_8m, strlen(thp_8m));
	assert_false(smaps.done);
	smaps_feed(&smaps, "7f0000800000-7f0000900000 rw-p 0 00:00 0\n", 41);
	assert_true(smaps.done);
	assert_int_equal(share_of(&smaps, 2 * MB), 8 * MB);
	smaps_feed(&smaps, thp_8m, strlen(thp_8m));
	smaps_finish(&smaps);
	assert_int_equal(share_of(&smaps, 2 * MB), 8 * MB);
}

static void test_pieces_of_any_length(void **state)
{
	(void)state;
	for (size_t piece = 1; piece < 90; piece++) {
		struct smaps smaps;
		size_t whole = strlen(before_and_after);

		smaps_init(&smaps, BASE, BASE + 10 * MB, 4 * KB, 2 * MB);
		for (size_t at = 0; at < whole; at += piece)
			smaps_feed(&smaps, before_and_after + at,
				whole - at < piece ? whole - at : piece);
		smaps_finish(&smaps);
		assert_int_equal(share_of(&smaps, 2 * MB), 8 * MB);
		assert_int_equal(share_of(&smaps, 4 * KB), 1 * MB);
	}
}

static void test_long_file_names_are_cut(void **state)
{
	char text[4096];
	int length =
		snprintf(text, sizeof(text), "7f0000000000-7f0000800000 rw-p 0 0:0 0 /");

	(void)state;
	memset(text + length, 'n', 3000);
	strcpy(text + length + 3000, "\nKernelPageSize: 4 kB\nRss: 8192 kB\n");
	expect(text, 0, 8 * MB, 8 * MB, 0);
}

static void test_larger_base_and_pool_pages(void **state)
{
	struct smaps smaps;
	const char *text =
		"7f0000000000-7f0000800000 rw-p 0 0:0 0 \n"
		"KernelPageSize: 64 kB\nRss: 8192 kB\nAnonHugePages: 0 kB\n"
		"7f0040000000-7f0080000000 rw-p 0 0:0 0 /anon_hugepage\n"
		"KernelPageSize: 1048576 kB\nRss: 0 kB\nShared_Hugetlb: 1048576 kB\n";

	(void)state;
	smaps_init(&smaps, BASE, BASE + 2048 * MB, 64 * KB, 512 * MB);
	smaps_feed(&smaps, text, strlen(text));
	smaps_finish(&smaps);
	assert_int_equal(share_of(&smaps, 64 * KB), 8 * MB);
	assert_int_equal(share_of(&smaps, 1024 * MB), 1024 * MB);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_whole_mapping),
		cmocka_unit_test(test_middle_of_a_mapping),
		cmocka_unit_test(test_what_cannot_be_told_is_not_counted),
		cmocka_unit_test(test_split_mapping),
		cmocka_unit_test(test_neighbours_do_not_count),
		cmocka_unit_test(test_stops_above_the_range),
		cmocka_unit_test(test_pieces_of_any_length),
		cmocka_unit_test(test_long_file_names_are_cut),
		cmocka_unit_test(test_larger_base_and_pool_pages),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
