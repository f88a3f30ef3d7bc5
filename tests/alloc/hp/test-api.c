/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The malloc family in every corner, and random sequences of calls against a model, for
 * each policy on each source of pages. What peers test and is tested here: corners.c.
 */
#include "tests/alloc/hp/corners.h"
#include "tests/alloc/hp/heap.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
/* after the headers that it needs */
#include <cmocka.h>

static struct model model;

static bool is_bump(void)
{
	return heap_setting()->options.policy == HP_POLICY_BUMP;
}

static void test_corners(void **state)
{
	(void)state;
	for (size_t i = 0; corners[i].name; i++) {
		const char *wrong;

		/* A cursor moves on, whatever shrinks. */
		if (is_bump() && strcmp(corners[i].name, "realloc to much less") == 0)
			continue;
		wrong = corners[i].check(&model_hp);
		if (wrong)
			fail_msg("%s: %s: %s", heap_setting()->name, corners[i].name,
				wrong);
	}
}

static void run_model(uint64_t seed, unsigned long steps, unsigned size_bits)
{
	model_init(&model, &model_hp);
	model.live_max = (size_t)64 << 20;
	if (!model_run(&model, seed, heap_scaled(steps), size_bits) ||
		!model_release(&model))
		fail_msg("%s: seed %llu: %s", heap_setting()->name,
			(unsigned long long)seed, model.wrong);
}

/* What is never used again must fit into the machine. */
static unsigned long steps(unsigned long count)
{
	return is_bump() ? count / 10 : count;
}

static void test_random_small(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 4; seed++)
		run_model(seed, steps(20000), 10);
}

static void test_random_medium(void **state)
{
	(void)state;
	for (uint64_t seed = 11; seed <= 14; seed++)
		run_model(seed, steps(6000), 17);
}

static void test_random_large(void **state)
{
	(void)state;
	for (uint64_t seed = 21; seed <= 23; seed++)
		run_model(seed, steps(500), 23);
}

/* memalign rounds an alignment up, and refuses what no power of two can be. */
static void test_memalign(void **state)
{
	(void)state;
	for (size_t alignment = 0; alignment < 5000; alignment += 1 + alignment / 7) {
		size_t rounded = 16;
		void *block = hp_memalign(alignment, 33);

		while (rounded < alignment)
			rounded *= 2;
		assert_non_null(block);
		assert_int_equal((uintptr_t)block % rounded, 0);
		hp_free(block);
	}
	errno = 0;
	assert_null(hp_memalign(SIZE_MAX / 2 + 2, 1));
	assert_int_equal(errno, EINVAL);
}

static void test_aligned_alloc_refuses(void **state)
{
	const size_t bad[] = {0, 3, 24, 100, SIZE_MAX};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		errno = 0;
		assert_null(hp_aligned_alloc(bad[i], 64));
		assert_int_equal(errno, EINVAL);
	}
}

static void test_posix_memalign_keeps_errno(void **state)
{
	void *out = NULL;

	(void)state;
	errno = 77;
	assert_int_equal(hp_posix_memalign(&out, 3, 1), EINVAL);
	assert_int_equal(errno, 77);
	assert_int_equal(hp_posix_memalign(&out, 64, (size_t)PTRDIFF_MAX), ENOMEM);
	assert_int_equal(errno, 77);
	assert_null(out);
}

static void test_owns(void **state)
{
	static int outside;
	int on_stack;
	char *block = hp_malloc(100);
	char *large = hp_malloc((size_t)9 << 20);

	(void)state;
	assert_true(hp_owns(block));
	assert_true(hp_owns(block + 99));
	assert_true(hp_owns(large));
	assert_true(hp_owns(large + ((size_t)9 << 20) - 1));
	assert_false(hp_owns(NULL));
	assert_false(hp_owns(&outside));
	assert_false(hp_owns(&on_stack));
	assert_false(hp_owns((void *)test_owns));
	assert_false(hp_owns((void *)(uintptr_t)-1));
	assert_false(hp_owns((void *)(uintptr_t)1));
	assert_false(hp_owns((void *)((uintptr_t)1 << 47)));
	assert_false(hp_owns((void *)((uintptr_t)1 << 63)));
	hp_free(large);
	hp_free(block);
}

static int group(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_corners),
		cmocka_unit_test(test_random_small),
		cmocka_unit_test(test_random_medium),
		cmocka_unit_test(test_random_large),
		cmocka_unit_test(test_memalign),
		cmocka_unit_test(test_aligned_alloc_refuses),
		cmocka_unit_test(test_posix_memalign_keeps_errno),
		cmocka_unit_test(test_owns),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

int main(void)
{
	return heap_each(HEAP_ALL | HEAP_FEW, group);
}
