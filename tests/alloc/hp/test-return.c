/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Memory goes back to the system when it is no longer used: by hp_trim, by the decay, and
 * by hp_finalize; and a huge page that is mostly in use stays whole.
 */
#include "tests/alloc/hp/heap.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/random.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
/* after the headers that it needs */
#include <cmocka.h>

enum { MB = 1 << 20, PEAK = 64 * MB, BLOCKS_MAX = PEAK / 256, PATIENCE_MS = 10000 };

static struct hp_stats stats;
static void *blocks[BLOCKS_MAX];

static bool is_hp(void)
{
	return heap_setting()->options.policy == HP_POLICY_HP;
}

/* A line of a file of /proc in bytes. */
static uint64_t field_bytes(const char *file, const char *field)
{
	struct text text;
	const char *at;
	uint64_t bytes = 0;

	text_init(&text);
	assert_int_equal(file_read_all(file, &text), 0);
	at = strstr(text.bytes, field);
	if (at)
		bytes = strtoull(at + strlen(field), NULL, 10) * 1024;
	text_release(&text);
	return bytes;
}

static uint64_t resident(void)
{
	return field_bytes("/proc/self/status", "\nVmRSS:") +
	       field_bytes("/proc/self/status", "\nHugetlbPages:");
}

static bool is_gigantic(void)
{
	return heap_setting()->options.source == HP_SOURCE_HUGETLB_1G;
}

/* What nobody else can use: a page of 1 GiB goes back when all of it is free, and until
 * then serves other blocks with what is free of it. */
static uint64_t held(void)
{
	uint64_t bytes = 0;

	if (!is_gigantic())
		return resident();
	hp_stats(&stats);
	for (unsigned i = 0; i < HP_STATS_NODES; i++)
		bytes += stats.node_bytes[i];
	return bytes;
}

static uint64_t resident_huge(void)
{
	return field_bytes("/proc/self/smaps_rollup", "\nAnonHugePages:");
}

static size_t fill(size_t block_bytes)
{
	size_t count = PEAK / block_bytes;

	for (size_t i = 0; i < count; i++) {
		blocks[i] = hp_malloc(block_bytes);
		assert_non_null(blocks[i]);
		memset(blocks[i], 1, block_bytes);
	}
	return count;
}

/* A peak of blocks of each kind goes back, all but a few huge pages. */
static void test_trim_after_peak(void **state)
{
	const size_t sizes[] = {256, 5000, 70000, 3 * MB};

	(void)state;
	for (size_t s = 0; s < sizeof(sizes) / sizeof(sizes[0]); s++) {
		uint64_t before = resident();
		size_t count = fill(sizes[s]);
		uint64_t full = resident();

		assert_true(full - before >= PEAK / 2);
		for (size_t i = 0; i < count; i++)
			hp_free(blocks[i]);
		(void)hp_trim(0);
		assert_in_range(resident(), 0, before + 8 * MB);
	}
}

/* As long as it takes, but not for ever; a program that waits does a little work too:
 * some pairs each 10 ms. */
static bool falls_below(uint64_t limit, unsigned pairs)
{
	for (unsigned ms = 0; ms < PATIENCE_MS; ms += 10) {
		if (held() <= limit)
			return true;
		clock_sleep_ns(10 * 1000000u);
		for (unsigned i = 0; i < pairs; i++)
			hp_free(hp_malloc(i * 300));
	}
	return false;
}

static void test_decay_after_peak(void **state)
{
	const size_t sizes[] = {256, 5000, 3 * MB};

	(void)state;
	if (heap_setting()->options.decay_ms < 0)
		return;
	for (size_t s = 0; s < sizeof(sizes) / sizeof(sizes[0]); s++) {
		uint64_t before = held();
		size_t count = fill(sizes[s]);

		assert_true(held() >= before + PEAK / 2);
		for (size_t i = 0; i < count; i++)
			hp_free(blocks[i]);
		assert_true(falls_below(before + 8 * MB, s ? 5 : 50));
	}
	hp_stats(&stats);
	assert_true(stats.decayed_bytes > 0);
}

/* Without a decay nothing is given back unasked. */
static void test_no_decay(void **state)
{
	uint64_t given;
	size_t count;

	(void)state;
	if (heap_setting()->options.decay_ms >= 0)
		return;
	count = fill(5000);
	for (size_t i = 0; i < count; i++)
		hp_free(blocks[i]);
	hp_stats(&stats);
	given = stats.decayed_bytes;
	clock_sleep_ns(30 * 1000000u);
	for (unsigned i = 0; i < 1000; i++)
		hp_free(hp_malloc(i * 30));
	hp_stats(&stats);
	assert_int_equal(stats.decayed_bytes, given);
	assert_int_equal(given, 0);
	(void)hp_trim(0);
}

static void test_trim_keeps(void **state)
{
	size_t count = fill(5000);
	uint64_t full = resident();

	(void)state;
	for (size_t i = 0; i < count; i++)
		hp_free(blocks[i]);
	(void)hp_trim(SIZE_MAX);
	if (heap_setting()->options.decay_ms < 0)
		assert_in_range(resident(), full - 8 * MB, full + 8 * MB);
	(void)hp_trim(0);
}

/* Nine in ten are freed at random: half of what could be returned is, from blocks that
 * are as large as a page. Of a page of 1 GiB nothing can be. */
static void test_scattered_survivors(void **state)
{
	uint64_t before = held();
	size_t count = fill(8192);
	uint64_t full = held() - before;
	struct random random;
	size_t kept = 0;
	uint64_t limit;

	(void)state;
	random_init(&random, 1);
	for (size_t i = 0; i < count; i++)
		if (random_below(&random, 10) == 0)
			blocks[kept++] = blocks[i];
		else
			hp_free(blocks[i]);
	limit = before + full - (full - kept * 8192) / 2;
	(void)hp_trim(0);
	if (heap_setting()->options.decay_ms >= 0 && !is_gigantic())
		assert_true(falls_below(limit, 50));
	for (size_t i = 0; i < kept; i++)
		hp_free(blocks[i]);
	(void)hp_trim(0);
}

/* A block that grows may have a whole mapping of an earlier one, until it stays as it is:
 * then the rest is given back, and the block is as it was. */
static void test_lent_mapping(void **state)
{
	size_t bytes = 300 << 10;
	char *block = hp_malloc(64 * MB);
	uint64_t full;

	(void)state;
	memset(block, 1, 64 * MB);
	hp_free(block);
	full = resident();
	block = hp_malloc(bytes);
	memset(block, 2, bytes);
	for (size_t next = bytes; next < 8 * MB; next += next / 4) {
		block = hp_realloc(block, next);
		assert_non_null(block);
		assert_in_range(hp_usable_size(block), next, 2 * next);
		memset(block + bytes, 2, next - bytes);
		bytes = next;
	}
	if (heap_setting()->options.decay_ms >= 0)
		assert_true(falls_below(full - 32 * MB, 5));
	block = hp_realloc(block, 20 * MB);
	assert_non_null(block);
	for (size_t i = 0; i < bytes; i++)
		assert_int_equal(block[i], 2);
	memset(block + bytes, 3, 20 * MB - bytes);
	block = hp_realloc(block, 400 << 10);
	assert_int_equal(block[(400 << 10) - 1], 2);
	hp_free(block);
	(void)hp_trim(0);
}

/* Pages that were given back under free blocks are not given back again with the rest of
 * their spans, between others in use. */
static void test_given_back_once(void **state)
{
	uint64_t before;
	size_t count;

	(void)state;
	if (heap_setting()->options.source != HP_SOURCE_SMALL)
		return;
	count = fill(8192);
	for (size_t i = 0; i < count; i++)
		if (i % 8 != 0)
			hp_free(blocks[i]);
	(void)hp_trim(0);
	hp_stats(&stats);
	before = stats.purged_bytes;
	for (size_t i = 0; i < count; i += 8)
		if (i % 128 != 0)
			hp_free(blocks[i]);
	(void)hp_trim(0);
	hp_stats(&stats);
	assert_in_range(stats.purged_bytes - before, 0, count * 8192 / 4);
	for (size_t i = 0; i < count; i += 128)
		hp_free(blocks[i]);
	(void)hp_trim(0);
}

/* One in ten is freed: no huge page is broken for that, by the decay or by a trim. */
static void test_huge_pages_stay_whole(void **state)
{
	struct random random;
	uint64_t huge = resident_huge();
	uint64_t live;
	size_t count;
	size_t kept = 0;

	(void)state;
	if (heap_setting()->options.source != HP_SOURCE_THP)
		return;
	count = fill(8192);
	huge = resident_huge() > huge ? resident_huge() - huge : 0;
	random_init(&random, 2);
	for (size_t i = 0; i < count; i++)
		if (random_below(&random, 10) != 0)
			blocks[kept++] = blocks[i];
		else
			hp_free(blocks[i]);
	(void)hp_trim(0);
	for (unsigned i = 0; i < 5; i++) {
		clock_sleep_ns(5 * 1000000u);
		hp_free(hp_malloc(100));
	}
	/* What lives is on huge pages still, where it was. What was huge before need not
	 * be: what is freed drives older blocks out of a quarantine. */
	live = kept * 8192;
	assert_in_range(resident_huge(), huge < live ? huge : live, UINT64_MAX);
	for (size_t i = 0; i < kept; i++)
		hp_free(blocks[i]);
	(void)hp_trim(0);
}

/* After it nothing is mapped, and everything starts afresh. */
static void test_finalize(void **state)
{
	uint64_t before = resident();

	(void)state;
	for (unsigned round = 0; round < 3; round++) {
		(void)fill(5000);
		hp_finalize();
		assert_in_range(resident(), 0, before + 4 * MB);
		assert_int_equal(hp_init(&heap_setting()->options), 0);
		hp_stats(&stats);
		assert_int_equal(stats.live_blocks, 0);
	}
}

static int group(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_no_decay),
		cmocka_unit_test(test_trim_after_peak),
		cmocka_unit_test(test_decay_after_peak),
		cmocka_unit_test(test_trim_keeps),
		cmocka_unit_test(test_scattered_survivors),
		cmocka_unit_test(test_lent_mapping),
		cmocka_unit_test(test_given_back_once),
		cmocka_unit_test(test_huge_pages_stay_whole),
		cmocka_unit_test(test_finalize),
	};
	const struct CMUnitTest firstfit[] = {
		cmocka_unit_test(test_trim_after_peak),
		cmocka_unit_test(test_finalize),
	};
	const struct CMUnitTest bump[] = {cmocka_unit_test(test_finalize)};

	if (is_hp())
		return cmocka_run_group_tests(tests, NULL, NULL);
	if (heap_setting()->options.policy == HP_POLICY_FIRSTFIT)
		return cmocka_run_group_tests(firstfit, NULL, NULL);
	return cmocka_run_group_tests(bump, NULL, NULL);
}

int main(void)
{
	if (!heap_is_mode("release")) {
		puts("ok - return # SKIP a sanitizer's shadow is resident too");
		return 0;
	}
	return heap_each(HEAP_ALL | HEAP_FEW, group);
}
