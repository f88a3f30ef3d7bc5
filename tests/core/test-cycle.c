/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/cycle.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct built {
	struct cycle cycle;
	void *first;
	struct kernel_scratch scratch;
};

static void build(struct built *built, uint64_t elements, uint64_t stride, uint64_t step,
	uint64_t seed)
{
	struct random random;

	*built = (struct built){.cycle = {.elements = elements,
					.stride = stride,
					.offset_step = step,
					.base = calloc(elements, stride)}};
	random_init(&random, seed);
	assert_non_null(built->cycle.base);
	assert_int_equal(
		cycle_build(&built->cycle, &random, &built->scratch, &built->first), 0);
}

static void discard(struct built *built)
{
	kernel_scratch_release(&built->scratch);
	free(built->cycle.base);
}

static void test_every_element_is_visited_once(void **state)
{
	/* Around the unrolling, around one bucket, and many buckets. */
	static const uint64_t counts[] = {
		1, 2, 3, 31, 32, 33, 1000, 32768, 32769, 100003, 1 << 19};
	static const struct {
		uint64_t stride, step;
	} layouts[] = {{8, 0}, {64, 0}, {192, 0}, {4096, 64}};

	(void)state;
	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
		for (size_t j = 0; j < sizeof(layouts) / sizeof(layouts[0]); j++) {
			struct complaint complaint = {0};
			struct built built;

			if (counts[i] * layouts[j].stride > 64 << 20)
				continue;
			build(&built, counts[i], layouts[j].stride, layouts[j].step,
				i * 10 + j);
			assert_int_equal(
				cycle_verify(&built.cycle, built.first, &complaint), 0);
			discard(&built);
		}
	}
}

static void test_offsets_spread_over_the_page(void **state)
{
	struct built built;
	unsigned seen[64] = {0};

	(void)state;
	build(&built, 640, 4096, 64, 5);
	for (uint64_t i = 0; i < 640; i++)
		for (uint64_t line = 0; line < 64; line++)
			if (*(void **)(void *)(built.cycle.base + i * 4096 + line * 64))
				seen[line]++;
	for (size_t line = 0; line < 64; line++)
		assert_int_equal(seen[line], 10);
	discard(&built);
}

static void test_damage_is_found(void **state)
{
	struct complaint complaint;
	struct built built;
	void **second;

	(void)state;
	build(&built, 100, 64, 0, 1);
	second = *(void **)built.first;

	/* A shorter cycle: the second element leads back to the first. */
	void *kept = *second;
	*second = built.first;
	complaint = (struct complaint){0};
	assert_int_equal(cycle_verify(&built.cycle, built.first, &complaint), -EBADMSG);
	assert_non_null(strstr(complaint.what, "twice"));
	*second = kept;

	/* Out of the buffer, and beside an element. */
	*second = built.cycle.base + 100 * 64;
	assert_int_equal(cycle_verify(&built.cycle, built.first, &complaint), -EBADMSG);
	assert_non_null(strstr(complaint.what, "leaves"));
	*second = (char *)kept + 8;
	assert_int_equal(cycle_verify(&built.cycle, built.first, &complaint), -EBADMSG);
	assert_non_null(strstr(complaint.what, "leaves"));
	*second = kept;
	assert_int_equal(cycle_verify(&built.cycle, built.first, &complaint), 0);
	discard(&built);
}

static void test_same_seed_same_cycle(void **state)
{
	struct built a;
	struct built b;
	struct built c;
	size_t same = 0;

	(void)state;
	build(&a, 70000, 64, 0, 7);
	build(&b, 70000, 64, 0, 7);
	build(&c, 70000, 64, 0, 8);
	assert_memory_equal(
		a.scratch.order, b.scratch.order, 70000 * sizeof(*a.scratch.order));
	for (size_t i = 0; i < 70000; i++)
		same += a.scratch.order[i] == c.scratch.order[i];
	assert_true(same < 100);
	discard(&a);
	discard(&b);
	discard(&c);
}

/* Where each of 8 parts of the input goes, over 8 parts of the output: chi-square with 49
 * degrees of freedom stays below 100 with p < 1e-5 to the contrary; the seed is fixed, so
 * it is one number. */
static void test_shuffle_is_even(void **state)
{
	enum { COUNT = 1 << 18, PARTS = 8 };
	struct kernel_scratch scratch = {0};
	struct random random;
	double counts[PARTS][PARTS] = {{0}};
	double expected = COUNT / (double)(PARTS * PARTS);
	double chi = 0;

	(void)state;
	random_init(&random, 3);
	assert_int_equal(kernel_scratch_reserve(&scratch, COUNT), 0);
	cycle_shuffle(&scratch, COUNT, &random);
	for (size_t i = 0; i < COUNT; i++)
		counts[i / (COUNT / PARTS)][scratch.order[i] / (COUNT / PARTS)]++;
	for (size_t i = 0; i < PARTS; i++)
		for (size_t j = 0; j < PARTS; j++)
			chi += (counts[i][j] - expected) * (counts[i][j] - expected) /
			       expected;
	assert_true(chi > 10 && chi < 100);
	kernel_scratch_release(&scratch);
}

static void test_what_cannot_be_built_is_refused(void **state)
{
	struct kernel_scratch scratch = {0};
	struct random random = {{1}};
	struct cycle cycle = {.stride = 64};
	void *first;

	(void)state;
	assert_int_equal(cycle_build(&cycle, &random, &scratch, &first), -EINVAL);
	cycle = (struct cycle){.elements = 4, .stride = 12};
	assert_int_equal(cycle_build(&cycle, &random, &scratch, &first), -EINVAL);
	cycle = (struct cycle){.elements = UINT32_MAX, .stride = 64};
	assert_int_equal(cycle_build(&cycle, &random, &scratch, &first), -ERANGE);
	kernel_scratch_release(&scratch);
}

/* Each kernel of the registry: reading n elements goes to the n-th, for whole and odd
 * buffers. */
static void test_kernels_read_as_many_as_they_say(void **state)
{
	static const uint64_t sizes[] = {8192, 4096 * 37, 1 << 20};
	static const uint64_t strides[] = {8, 24, 64, 4096};

	(void)state;
	for (size_t k = 0; kernels[k]; k++) {
		for (size_t i = 0; i < 12; i++) {
			struct kernel_state s = {
				.bytes = sizes[i / 4], .stride = strides[i % 4]};
			struct kernel_scratch scratch = {0};
			struct complaint complaint = {0};
			struct random random;
			void *start;

			s.base = aligned_alloc(4096, s.bytes);
			random_init(&random, i);
			assert_int_equal(kernels[k]->prepare(&s, &random, &scratch), 0);
			assert_true(s.reads >= 1 && s.reads * s.stride <= s.bytes);
			assert_int_equal(kernels[k]->verify(&s, &complaint), 0);
			start = s.cursor;
			kernels[k]->run(&s, s.reads * KERNEL_UNROLL);
			assert_ptr_equal(s.cursor, start);
			for (uint64_t n = 0; n < s.reads; n++) {
				kernels[k]->run(&s, KERNEL_UNROLL);
				/* One pass takes reads / gcd(reads, UNROLL) runs. */
				if (s.cursor == start) {
					assert_int_equal(
						(n + 1) * KERNEL_UNROLL % s.reads, 0);
					break;
				}
				assert_int_not_equal(
					(n + 1) * KERNEL_UNROLL % s.reads, 0);
			}
			assert_ptr_equal(s.cursor, start);
			kernels[k]->idle(&s, KERNEL_UNROLL);
			assert_int_equal(kernels[k]->verify(&s, &complaint), 0);
			kernel_scratch_release(&scratch);
			free(s.base);
		}
		assert_ptr_equal(kernel_find(kernels[k]->name), kernels[k]);
	}
	assert_null(kernel_find("no such kernel"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_element_is_visited_once),
		cmocka_unit_test(test_offsets_spread_over_the_page),
		cmocka_unit_test(test_damage_is_found),
		cmocka_unit_test(test_same_seed_same_cycle),
		cmocka_unit_test(test_shuffle_is_even),
		cmocka_unit_test(test_what_cannot_be_built_is_refused),
		cmocka_unit_test(test_kernels_read_as_many_as_they_say),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
