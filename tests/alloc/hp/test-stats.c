/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What hp says of itself: true of what the test did, consistent, and well formed. */
#include "tests/alloc/hp/heap.h"
#include "tests/alloc/hp/stress.h"

#include <jansson.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
/* after the headers that it needs */
#include <cmocka.h>

enum { BLOCKS = 3000, MB = 1 << 20, TEXT = 256 << 10 };

static struct hp_stats stats;
static void *blocks[BLOCKS];

static bool is_hp(void)
{
	return heap_setting()->options.policy == HP_POLICY_HP;
}

static bool has_canary(void)
{
	return heap_setting()->options.check & HP_CHECK_CANARY;
}

static void read_stats(void)
{
	memset(&stats, 0xa5, sizeof(stats));
	hp_stats(&stats);
}

static uint64_t sum_of_classes(void)
{
	uint64_t sum = 0;

	for (unsigned i = 0; i < stats.class_count; i++)
		sum += stats.classes[i].live * stats.classes[i].block_bytes;
	return sum;
}

static uint64_t sum_of_sources(void)
{
	uint64_t sum = 0;

	for (unsigned i = 0; i < HP_SOURCES; i++)
		sum += stats.source_bytes[i];
	return sum;
}

/* What holds at any time, with no other thread at work. */
static void check_consistent(void)
{
	read_stats();
	assert_in_range(stats.class_count, 0, HP_STATS_CLASSES);
	assert_string_equal(stats.policy,
		is_hp()                                                ? "hp"
		: heap_setting()->options.policy == HP_POLICY_FIRSTFIT ? "hp-firstfit"
								       : "hp-bump");
	assert_in_range(stats.live_bytes, stats.large_bytes, stats.mapped_bytes);
	assert_in_range(stats.large_blocks, 0, stats.live_blocks);
	assert_in_range(stats.mapped_bytes, stats.live_bytes, stats.peak_bytes);
	assert_in_range(stats.unmaps, 0, stats.maps);
	assert_int_equal(stats.source_bytes[HP_SOURCE_AUTO], 0);
	assert_true(sum_of_sources() >= stats.live_bytes);
	if (!is_hp())
		return;
	assert_true(stats.class_count > 0);
	assert_int_equal(sum_of_classes() + stats.large_bytes, stats.live_bytes);
	assert_in_range(stats.live_bytes + stats.cached_bytes, 0, stats.mapped_bytes);
	for (unsigned i = 1; i < stats.class_count; i++)
		assert_true(
			stats.classes[i].block_bytes > stats.classes[i - 1].block_bytes);
}

/* Everything that the test allocates is in the figures, to the byte. */
static void test_live(void **state)
{
	uint64_t bytes;
	uint64_t count;
	uint64_t usable = 0;

	(void)state;
	check_consistent();
	bytes = stats.live_bytes;
	count = stats.live_blocks;
	for (size_t i = 0; i < BLOCKS; i++) {
		blocks[i] = hp_malloc(i % 1000 == 7 ? 3 * MB : i * 7 % 20000);
		assert_non_null(blocks[i]);
		usable += hp_usable_size(blocks[i]);
	}
	check_consistent();
	assert_int_equal(stats.live_blocks - count, BLOCKS);
	/* A canary is in the block, and not usable. */
	if (is_hp() && !has_canary())
		assert_int_equal(stats.live_bytes - bytes, usable);
	else
		assert_true(stats.live_bytes - bytes >= usable);
	for (size_t i = 0; i < BLOCKS; i++)
		hp_free(blocks[i]);
	check_consistent();
	if (heap_setting()->options.policy == HP_POLICY_BUMP)
		return;
	assert_int_equal(stats.live_blocks, count);
	assert_int_equal(stats.live_bytes, bytes);
}

static void *free_all(void *argument)
{
	for (size_t i = 0; i < BLOCKS; i++)
		hp_free(blocks[i]);
	return argument;
}

static void test_remote_frees(void **state)
{
	uint64_t before;
	pthread_t thread;

	(void)state;
	read_stats();
	before = stats.remote_frees;
	for (size_t i = 0; i < BLOCKS; i++)
		blocks[i] = hp_malloc(100);
	assert_int_equal(pthread_create(&thread, NULL, free_all, NULL), 0);
	(void)pthread_join(thread, NULL);
	/* The thread that ended has kept some for the next one. */
	(void)hp_trim(0);
	check_consistent();
	/* With checks all threads share one heap. */
	if (is_hp() && !heap_setting()->options.check)
		assert_int_equal(stats.remote_frees - before, BLOCKS);
}

/* The pages that serve are those of the setting, or the step down is counted. */
static void test_sources(void **state)
{
	enum hp_source source = heap_setting()->options.source;
	char *block = hp_malloc(8 * MB);
	uint64_t steps;

	(void)state;
	assert_non_null(block);
	memset(block, 1, 8 * MB);
	check_consistent();
	steps = stats.steps_no_pool + stats.steps_limit + stats.steps_refused +
		stats.steps_forked + stats.steps_unaligned;
	if (source != HP_SOURCE_AUTO)
		assert_true(stats.source_bytes[source] > 0 || steps > 0);
	if (source == HP_SOURCE_SMALL) {
		assert_int_equal(stats.source_bytes[HP_SOURCE_THP], 0);
		assert_int_equal(stats.huge_pages, 0);
	}
	if (source == HP_SOURCE_HUGETLB_2M)
		assert_true(stats.source_bytes[source] >= 8 * MB);
	if (is_hp() && source == HP_SOURCE_HUGETLB_2M)
		assert_true(stats.huge_pages >= 4);
	hp_free(block);
}

struct crowd {
	_Atomic bool done;
	_Atomic(const char *) wrong;
};

static void *make_traffic(void *argument)
{
	struct crowd *crowd = argument;

	atomic_store(&crowd->wrong, stress_models(&model_hp, 3, heap_scaled(1500), 14));
	atomic_store(&crowd->done, true);
	return NULL;
}

/* While threads run each figure lies between what was possible, and counters only grow.
 */
static void test_while_threads_run(void **state)
{
	struct crowd crowd = {false, NULL};
	uint64_t remote = 0;
	uint64_t maps = 0;
	pthread_t thread;

	(void)state;
	assert_int_equal(pthread_create(&thread, NULL, make_traffic, &crowd), 0);
	while (!atomic_load(&crowd.done)) {
		read_stats();
		/* 3 models of at most 32 MiB, and what the policy adds. */
		assert_in_range(stats.live_bytes, 0, (uint64_t)1 << 32);
		assert_in_range(stats.live_blocks, 0, 1 << 20);
		assert_in_range(stats.mapped_bytes, 0, (uint64_t)1 << 36);
		assert_true(stats.peak_bytes >= stats.live_bytes / 2);
		assert_true(stats.remote_frees >= remote);
		assert_true(stats.maps >= maps);
		for (unsigned i = 0; i < stats.class_count; i++) {
			assert_in_range(stats.classes[i].live, 0, 1 << 24);
			assert_in_range(stats.classes[i].cached, 0, 1 << 24);
		}
		remote = stats.remote_frees;
		maps = stats.maps;
	}
	(void)pthread_join(thread, NULL);
	heap_expect_none(atomic_load(&crowd.wrong));
	check_consistent();
}

static char *printed(enum hp_stats_format format)
{
	static char text[TEXT];
	int fd = memfd_create("stats", MFD_CLOEXEC);
	ssize_t length;

	assert_true(fd >= 0);
	assert_int_equal(hp_stats_print(fd, format), 0);
	length = pread(fd, text, TEXT - 1, 0);
	(void)close(fd);
	assert_in_range(length, 100, TEXT - 2);
	text[length] = '\0';
	return text;
}

static void test_json(void **state)
{
	void *block = hp_malloc(1000);
	json_error_t error;
	json_t *root;

	(void)state;
	assert_non_null(block);
	root = json_loads(printed(HP_STATS_JSON), 0, &error);
	if (!root)
		fail_msg("%s: line %d: %s", heap_setting()->name, error.line, error.text);
	assert_true(json_is_object(root));
	read_stats();
	assert_int_equal(json_integer_value(json_object_get(root, "live_bytes")),
		stats.live_bytes);
	assert_string_equal(
		json_string_value(json_object_get(root, "policy")), stats.policy);
	json_decref(root);
	hp_free(block);
}

static void test_text(void **state)
{
	(void)state;
	assert_non_null(strstr(printed(HP_STATS_TEXT),
		is_hp()                                                ? "hp"
		: heap_setting()->options.policy == HP_POLICY_FIRSTFIT ? "hp-firstfit"
								       : "hp-bump"));
}

static void test_print_fails(void **state)
{
	(void)state;
	assert_true(hp_stats_print(-1, HP_STATS_TEXT) < 0);
	assert_true(hp_stats_print(-1, HP_STATS_JSON) < 0);
}

static int group(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_live),
		cmocka_unit_test(test_remote_frees),
		cmocka_unit_test(test_sources),
		cmocka_unit_test(test_while_threads_run),
		cmocka_unit_test(test_json),
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_print_fails),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

int main(void)
{
	return heap_each(HEAP_ALL, group);
}
