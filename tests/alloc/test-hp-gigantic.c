/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Pages of 1 GiB are had on few machines, so the kernel's are played by ordinary memory
 * of that size, a pool of two of them: they are divided, filled up, given back when
 * empty, and the next source serves when both are in use.
 */
#include "alloc/hp/gigantic.h"
#include "alloc/hp/pages.h"

#include <errno.h>
#include <linux/mman.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
/* after the headers that it needs */
#include <cmocka.h>

#include "tests/alloc/pools.h"

enum { POOL = 2, POPULATE_WRITE = 23 };

static char *gigantic[POOL]; /* mapped now */

void *__real_mmap(void *at, size_t bytes, int prot, int flags, int fd, off_t offset);
void *__wrap_mmap(void *at, size_t bytes, int prot, int flags, int fd, off_t offset);
int __real_munmap(void *at, size_t bytes);
int __wrap_munmap(void *at, size_t bytes);
int __real_madvise(void *at, size_t bytes, int advice);
int __wrap_madvise(void *at, size_t bytes, int advice);

void *__wrap_mmap(void *at, size_t bytes, int prot, int flags, int fd, off_t offset)
{
	size_t i = 0;
	char *start;

	if (!(flags & MAP_HUGETLB) || (flags & (int)MAP_HUGE_1GB) != (int)MAP_HUGE_1GB)
		return __real_mmap(at, bytes, prot, flags, fd, offset);
	while (i < POOL && gigantic[i])
		i++;
	if (i == POOL || bytes != GIGANTIC_BYTES) {
		errno = ENOMEM;
		return MAP_FAILED;
	}
	start = __real_mmap(NULL, 2ul * GIGANTIC_BYTES, prot,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	assert_true(start != MAP_FAILED);
	gigantic[i] = start + (-(uintptr_t)start & (GIGANTIC_BYTES - 1));
	(void)__real_munmap(start, (size_t)(gigantic[i] - start));
	(void)__real_munmap(gigantic[i] + GIGANTIC_BYTES,
		GIGANTIC_BYTES - (size_t)(gigantic[i] - start));
	return gigantic[i];
}

int __wrap_munmap(void *at, size_t bytes)
{
	for (size_t i = 0; i < POOL; i++)
		if (at == gigantic[i] && bytes == GIGANTIC_BYTES)
			gigantic[i] = NULL;
	return __real_munmap(at, bytes);
}

/* They are in memory from the start. */
int __wrap_madvise(void *at, size_t bytes, int advice)
{
	for (size_t i = 0; i < POOL; i++)
		if (at == gigantic[i] && advice == POPULATE_WRITE)
			return 0;
	return __real_madvise(at, bytes, advice);
}

static uint64_t bytes_of(enum pages_source source)
{
	struct pages_stats stats;

	pages_stats(&stats);
	return stats.mapped_bytes[source];
}

static struct pages_span map(size_t bytes, size_t alignment, enum pages_source expected)
{
	struct pages_span span;

	assert_int_equal(pages_map(bytes, alignment, PAGES_ANY_NODE, &span), 0);
	assert_int_equal(span.source, expected);
	assert_true(span.bytes >= bytes);
	assert_int_equal((uintptr_t)span.base % alignment, 0);
	/* The first and the last byte, so as not to need all the memory. */
	((char *)span.base)[0] = 1;
	((char *)span.base)[span.bytes - 1] = 1;
	return span;
}

static void test_divided(void **state)
{
	struct pages_span spans[8];

	(void)state;
	for (size_t i = 0; i < 8; i++)
		spans[i] =
			map(((size_t)i + 1) * 3 * MB, 2 * MB << i % 4, PAGES_HUGETLB_1G);
	/* All in one page, none over another. */
	assert_int_equal(bytes_of(PAGES_HUGETLB_1G), GIGANTIC_BYTES);
	for (size_t i = 0; i < 8; i++)
		for (size_t k = 0; k < i; k++) {
			uintptr_t a = (uintptr_t)spans[i].base;
			uintptr_t b = (uintptr_t)spans[k].base;

			assert_true(a >= b + spans[k].bytes || b >= a + spans[i].bytes);
		}
	/* A part cannot be purged. */
	assert_int_equal(pages_purge(&spans[0], spans[0].base, spans[0].bytes), 0);
	assert_int_equal(pages_resize(&spans[0], 10 * MB, 2 * MB, true), -ENOTSUP);
	for (size_t i = 0; i < 8; i++)
		pages_unmap(&spans[(i * 5) % 8]);
	assert_int_equal(bytes_of(PAGES_HUGETLB_1G), 0);
	assert_null(gigantic[0]);
}

static void test_reused(void **state)
{
	struct pages_span keeper = map(2 * MB, 2 * MB, PAGES_HUGETLB_1G);
	struct pages_span span = map(100 * MB, 2 * MB, PAGES_HUGETLB_1G);
	void *before = span.base;

	(void)state;
	pages_unmap(&span);
	span = map(100 * MB, 2 * MB, PAGES_HUGETLB_1G);
	assert_ptr_equal(span.base, before);
	/* It holds what was there. */
	assert_false(span.zeroed);
	pages_unmap(&span);
	pages_unmap(&keeper);
	assert_int_equal(bytes_of(PAGES_HUGETLB_1G), 0);
}

static void test_used_up(void **state)
{
	struct pages_span spans[5];

	(void)state;
	/* Two fit in each page but for its first parts; the fifth steps down. */
	for (size_t i = 0; i < 4; i++)
		spans[i] = map(500 * MB, 2 * MB, PAGES_HUGETLB_1G);
	assert_int_equal(bytes_of(PAGES_HUGETLB_1G), 2ul * GIGANTIC_BYTES);
	assert_int_equal(pages_map(500 * MB, 2 * MB, PAGES_ANY_NODE, &spans[4]), 0);
	assert_int_not_equal(spans[4].source, PAGES_HUGETLB_1G);
	for (size_t i = 0; i < 5; i++)
		pages_unmap(&spans[i]);
	assert_int_equal(bytes_of(PAGES_HUGETLB_1G), 0);
	assert_int_equal(bytes_of(PAGES_THP), 0);
}

static void test_whole_page(void **state)
{
	struct pages_span span = map(900 * MB, 2 * MB, PAGES_HUGETLB_1G);

	(void)state;
	assert_int_equal(span.bytes, GIGANTIC_BYTES);
	assert_true(span.zeroed);
	pages_unmap(&span);
	assert_null(gigantic[0]);
	assert_int_equal(bytes_of(PAGES_HUGETLB_1G), 0);
}

/* A page is mapped whole, and so it counts: beyond a limit the next source serves. */
static void test_limited(void **state)
{
	struct pages_config config = {
		.source = PAGES_HUGETLB_1G, .limit_bytes = GIGANTIC_BYTES + 8 * MB};
	struct pages_span part, other, refused;
	struct pages_stats stats;

	(void)state;
	pages_configure(&config);
	part = map(900 * MB / 2, 2 * MB, PAGES_HUGETLB_1G);
	pages_stats(&stats);
	assert_true(stats.peak_bytes >= GIGANTIC_BYTES);
	other = map(512 * MB, 2 * MB, PAGES_HUGETLB_1G);
	assert_int_equal(pages_map(100 * MB, 2 * MB, PAGES_ANY_NODE, &refused), -ENOMEM);
	pages_unmap(&other);
	other = map(100 * MB, 2 * MB, PAGES_HUGETLB_1G);
	pages_unmap(&other);
	pages_unmap(&part);
	config.limit_bytes = 512 * MB;
	pages_configure(&config);
	other = map(100 * MB, 2 * MB, PAGES_THP);
	assert_int_equal(pages_map(500 * MB, 2 * MB, PAGES_ANY_NODE, &refused), -ENOMEM);
	pages_unmap(&other);
	config.limit_bytes = 0;
	pages_configure(&config);
	assert_int_equal(bytes_of(PAGES_HUGETLB_1G) + bytes_of(PAGES_THP), 0);
}

int main(void)
{
	const struct pages_config config = {.source = PAGES_HUGETLB_1G};
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_divided),
		cmocka_unit_test(test_reused),
		cmocka_unit_test(test_used_up),
		cmocka_unit_test(test_whole_page),
		cmocka_unit_test(test_limited),
	};

	pages_configure(&config);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
