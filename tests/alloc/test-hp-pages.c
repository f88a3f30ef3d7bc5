/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Where hp's memory comes from, on the kernel at hand: what was obtained by the kernel's
 * own accounting, steps down when the pool or a limit ends, growing, purging. Each test
 * has a process of its own, since a source is configured once, and since limits stay.
 */
#include "alloc/hp/pages.h"

#include "alloc/backend.h"
#include "base/file.h"

#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
/* after the headers that it needs */
#include <cmocka.h>

#include "tests/alloc/pools.h"

enum { POOL = 16, SKIPPED = 77 };

static struct pages_stats stats(void)
{
	struct pages_stats now;

	pages_stats(&now);
	return now;
}

static void configure(enum pages_source source, const char *hugetlbfs)
{
	const struct pages_config config = {.source = source, .hugetlbfs = hugetlbfs};

	pages_configure(&config);
}

/* Runs the body in a child: what fails there is printed there, and ends it. */
static void apart(void (*body)(void))
{
	int status;
	pid_t child = fork();

	assert_true(child >= 0);
	if (child == 0) {
		alarm(60);
		body();
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	if (WIFEXITED(status) && WEXITSTATUS(status) == SKIPPED)
		skip();
	assert_int_equal(status, 0);
}

#define HOLDS(condition)                                                                 \
	do {                                                                             \
		if (!(condition)) {                                                      \
			print_message("%s:%d: %s\n", __FILE__, __LINE__, #condition);    \
			_exit(1);                                                        \
		}                                                                        \
	} while (0)

#define LACKS(...)                                                                       \
	do {                                                                             \
		print_message(__VA_ARGS__);                                              \
		_exit(SKIPPED);                                                          \
	} while (0)

static void need_pool(uint64_t pages)
{
	if (pools_available() < pages)
		LACKS("no pages in the pool, and no right to add some\n");
}

static struct pages_span map(size_t bytes, size_t alignment)
{
	struct pages_span span;

	errno = 4711;
	HOLDS(pages_map(bytes, alignment, PAGES_ANY_NODE, &span) == 0);
	HOLDS(errno == 4711);
	HOLDS(span.bytes >= bytes);
	HOLDS((uintptr_t)span.base % alignment == 0);
	return span;
}

static bool all_zero(const char *at, size_t bytes)
{
	return bytes == 0 || (at[0] == 0 && memcmp(at, at + 1, bytes - 1) == 0);
}

/* Bytes on huge pages, by smaps. */
static uint64_t huge_bytes(const struct pages_span *span)
{
	struct memory_grant grant = {.base = span->base,
		.bytes = span->bytes,
		.mapping = span->base,
		.mapped_bytes = span->bytes,
		.node = -1};
	struct memory_obtained obtained;

	HOLDS(memory_inspect(&grant, &obtained) == 0);
	return obtained.huge_bytes;
}

static void small(void)
{
	struct pages_span span;

	configure(PAGES_SMALL, NULL);
	span = map(8 * MB + 1, 64 * MB);
	HOLDS(span.source == PAGES_SMALL && span.page_bytes == pages_base_bytes());
	HOLDS(span.bytes == 8 * MB + pages_base_bytes());
	HOLDS(span.zeroed && all_zero(span.base, span.bytes));
	memset(span.base, 1, span.bytes);
	HOLDS(huge_bytes(&span) == 0);
	HOLDS(stats().mapped_bytes[PAGES_SMALL] == span.bytes);
	pages_unmap(&span);
	HOLDS(stats().mapped_bytes[PAGES_SMALL] == 0);
}

static void test_small(void **state)
{
	(void)state;
	apart(small);
}

static void thp(void)
{
	struct complaint complaint = {0};
	struct pages_span span;

	if (memory_find("thp")->probe(&complaint) != 0)
		LACKS("%s\n", complaint.what);
	configure(PAGES_THP, NULL);
	for (size_t alignment = 4096; alignment <= 64 * MB; alignment *= 4) {
		span = map(6 * MB + 5000, alignment);
		HOLDS(span.source == PAGES_THP && span.page_bytes == 2 * MB);
		HOLDS((uintptr_t)span.base % (2 * MB) == 0);
		HOLDS(span.bytes == 6 * MB + 8192);
		HOLDS(all_zero(span.base, span.bytes));
		memset(span.base, 1, span.bytes);
		/* Memory may be too fragmented for some. */
		HOLDS(huge_bytes(&span) > 0);
		pages_unmap(&span);
	}
	/* What is smaller than a huge page does not pay for one. */
	span = map(2 * MB - 1, 4096);
	HOLDS(span.source == PAGES_SMALL && stats().steps[PAGES_UNALIGNED] == 1);
	pages_unmap(&span);
	HOLDS(stats().maps == stats().unmaps);
}

static void test_thp(void **state)
{
	(void)state;
	apart(thp);
}

static void pool(void)
{
	struct pages_span span;
	uint64_t before;

	need_pool(POOL);
	configure(PAGES_HUGETLB_2M, NULL);
	before = pools_available();
	for (size_t alignment = 4096; alignment <= 64 * MB; alignment *= 4) {
		span = map(4 * MB + 1, alignment);
		HOLDS(span.source == PAGES_HUGETLB_2M && span.page_bytes == 2 * MB);
		HOLDS(span.bytes == 6 * MB && pools_available() == before - 3);
		HOLDS(huge_bytes(&span) == span.bytes);
		HOLDS(all_zero(span.base, span.bytes));
		memset(span.base, 1, span.bytes);
		pages_unmap(&span);
		HOLDS(pools_available() == before);
	}
	HOLDS(stats().steps[PAGES_NO_POOL] == 0);
}

static void test_pool(void **state)
{
	(void)state;
	apart(pool);
}

/* auto takes what there is and steps down, visibly; and up again. */
static void exhausted(void)
{
	struct pages_span spans[POOL];
	uint64_t pages;

	need_pool(4);
	pages = pools_available();
	if (pages > POOL)
		LACKS("the pool is too large to be used up by a test\n");
	for (size_t i = 0; i < pages; i++) {
		spans[i] = map(2 * MB, 2 * MB);
		HOLDS(spans[i].source == PAGES_HUGETLB_2M);
	}
	HOLDS(pools_available() == 0);
	for (size_t i = 0; i < 3; i++) {
		struct pages_span span = map(4 * MB, 2 * MB);

		HOLDS(span.source == PAGES_THP || span.source == PAGES_SMALL);
		HOLDS(stats().steps[PAGES_NO_POOL] >= i + 1);
		memset(span.base, 1, span.bytes);
		pages_unmap(&span);
	}
	for (size_t i = 0; i < pages; i++)
		memset(spans[i].base, 1, spans[i].bytes);
	pages_unmap(&spans[0]);
	spans[0] = map(2 * MB, 2 * MB);
	HOLDS(spans[0].source == PAGES_HUGETLB_2M);
}

static void test_exhausted(void **state)
{
	(void)state;
	apart(exhausted);
}

/* 1 GiB pages, or steps down from them; never an error. */
static void gigantic(void)
{
	struct pages_span spans[4];

	configure(PAGES_HUGETLB_1G, NULL);
	for (size_t i = 0; i < 4; i++) {
		spans[i] = map(8 * MB, 8 * MB);
		memset(spans[i].base, 1, spans[i].bytes);
		if (spans[i].source != PAGES_HUGETLB_1G)
			HOLDS(stats().steps[PAGES_NO_POOL] +
					stats().steps[PAGES_REFUSED] >
				0);
	}
	for (size_t i = 0; i < 4; i++)
		pages_unmap(&spans[i]);
	HOLDS(stats().mapped_bytes[PAGES_HUGETLB_1G] == 0);
}

static void test_gigantic(void **state)
{
	(void)state;
	apart(gigantic);
}

static void resizing(enum pages_source source)
{
	struct pages_span span;
	size_t sizes[] = {64 * MB, 3 * MB, 3 * MB + 4096, 200 * MB, 2 * MB};
	unsigned moves = 0;

	configure(source, NULL);
	span = map(4 * MB, 32 * MB);
	memset(span.base, 9, span.bytes);
	for (size_t i = 0; i < 5; i++) {
		size_t old = span.bytes;
		void *before = span.base;
		/* Something in the way of growing in place. */
		struct pages_span wall = map(64 * 1024, 4096);

		errno = 4711;
		HOLDS(pages_resize(&span, sizes[i], 32 * MB, true) == 0);
		HOLDS(errno == 4711);
		moves += before != span.base;
		HOLDS(span.bytes == sizes[i] && (uintptr_t)span.base % (32 * MB) == 0);
		HOLDS(((char *)span.base)[0] == 9 &&
			((char *)span.base)[2 * MB - 1] == 9);
		if (sizes[i] > old)
			HOLDS(all_zero((char *)span.base + old, sizes[i] - old));
		memset(span.base, 9, span.bytes);
		pages_unmap(&wall);
	}
	HOLDS(pages_resize(&span, (size_t)1 << 46, 4096, true) == -ENOMEM);
	HOLDS(pages_resize(&span, (size_t)1 << 46, 4096, false) == -ENOMEM);
	HOLDS(((char *)span.base)[0] == 9 && span.bytes == 2 * MB);
	pages_unmap(&span);
	HOLDS(stats().mapped_bytes[source] == 0 && moves > 0);
	HOLDS(stats().peak_bytes >= 200 * MB);
}

/* A block that began smaller than a huge page and grew is no worse off than one that was
 * asked for at once. */
static void becoming_huge(enum pages_source source, enum pages_source expected)
{
	struct pages_span span;

	configure(source, NULL);
	span = map(MB, 2 * MB);
	HOLDS(span.source == PAGES_SMALL);
	HOLDS(pages_resize(&span, 3 * MB / 2, 2 * MB, true) == 0);
	HOLDS(span.source == PAGES_SMALL);
	HOLDS(pages_resize(&span, 64 * MB, 2 * MB, true) == 0);
	HOLDS(span.source == expected);
	HOLDS(stats().mapped_bytes[expected] == 64 * MB);
	HOLDS(stats().mapped_bytes[PAGES_SMALL] ==
		(expected == PAGES_SMALL ? 64 * MB : 0));
	pages_unmap(&span);
	HOLDS(stats().mapped_bytes[PAGES_SMALL] == 0);
	HOLDS(stats().mapped_bytes[PAGES_THP] == 0);
}

static void become_thp(void)
{
	becoming_huge(PAGES_THP, PAGES_THP);
}

static void become_thp_without_pool(void)
{
	becoming_huge(PAGES_AUTO, PAGES_THP);
}

static void stay_small(void)
{
	becoming_huge(PAGES_SMALL, PAGES_SMALL);
}

static void resize_small(void)
{
	resizing(PAGES_SMALL);
}

static void resize_thp(void)
{
	resizing(PAGES_THP);
}

static void resize_pool(void)
{
	struct pages_span span;

	need_pool(1);
	span = map(2 * MB, 2 * MB);
	HOLDS(span.source == PAGES_HUGETLB_2M);
	HOLDS(pages_resize(&span, 4 * MB, 2 * MB, true) == -ENOTSUP);
	HOLDS(span.bytes == 2 * MB);
}

static void test_growth_finds_huge_pages(void **state)
{
	(void)state;
	apart(become_thp);
	apart(become_thp_without_pool);
	apart(stay_small);
}

static void test_resize(void **state)
{
	(void)state;
	apart(resize_small);
	apart(resize_thp);
	apart(resize_pool);
}

static void purge_ordinary(void)
{
	struct pages_span span;
	char *at;

	configure(PAGES_THP, NULL);
	span = map(8 * MB, 2 * MB);
	at = span.base;
	memset(at, 1, span.bytes);
	/* Only the whole huge page inside goes. */
	HOLDS(pages_purge(&span, at + 100, 4 * MB) == 2 * MB);
	HOLDS(at[2 * MB - 1] == 1 && at[4 * MB] == 1);
	HOLDS(all_zero(at + 2 * MB, 2 * MB));
	HOLDS(pages_purge(&span, at + 100, 2 * MB) == 0);
	HOLDS(stats().purged_bytes == 2 * MB);
	pages_unmap(&span);
}

static void purge_pool(void)
{
	struct pages_span span;
	uint64_t before;
	char *at;

	need_pool(4);
	configure(PAGES_HUGETLB_2M, NULL);
	span = map(8 * MB, 2 * MB);
	at = span.base;
	before = pools_available();
	memset(at, 1, span.bytes);
	HOLDS(pages_purge(&span, at + 2 * MB, 4 * MB) == 4 * MB);
	HOLDS(pools_available() == before + 2);
	HOLDS(stats().mapped_bytes[PAGES_HUGETLB_2M] == 4 * MB);
	HOLDS(stats().mapped_bytes[PAGES_THP] == 4 * MB);
	/* With nothing left in the pool it can be written all the same, and purged again.
	 */
	pools_exhaust();
	HOLDS(all_zero(at + 2 * MB, 4 * MB));
	memset(at + 2 * MB, 2, 4 * MB);
	HOLDS(at[2 * MB - 1] == 1 && at[6 * MB] == 1);
	HOLDS(pages_purge(&span, at + 4 * MB, 4 * MB) == 4 * MB);
	HOLDS(all_zero(at + 4 * MB, 4 * MB) && at[0] == 1 && at[2 * MB] == 2);
	pages_unmap(&span);
	HOLDS(stats().mapped_bytes[PAGES_HUGETLB_2M] == 0);
	HOLDS(stats().mapped_bytes[PAGES_THP] == 0);
}

static void test_purge(void **state)
{
	(void)state;
	apart(purge_ordinary);
	apart(purge_pool);
}

static void memfd(void)
{
	struct pages_span span;

	need_pool(2);
	configure(PAGES_HUGETLB_2M, "memfd");
	span = map(4 * MB, 4 * MB);
	HOLDS(span.source == PAGES_HUGETLB_2M && huge_bytes(&span) == 4 * MB);
	memset(span.base, 1, span.bytes);
	pages_unmap(&span);
}

static void test_memfd(void **state)
{
	(void)state;
	apart(memfd);
}

/* Files of a mount that gives two pages and no more. */
static void mounted(void)
{
	char place[] = "/tmp/hp-mount-XXXXXX";
	struct pages_span spans[2];
	uint64_t before;

	need_pool(4);
	if (unshare(CLONE_NEWNS) != 0 || !mkdtemp(place))
		LACKS("no right to mount\n");
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
		mount("none", place, "hugetlbfs", 0, "pagesize=2M,size=4M") != 0) {
		(void)rmdir(place);
		LACKS("no right to mount\n");
	}
	before = pools_available();
	configure(PAGES_HUGETLB_2M, place);
	spans[0] = map(4 * MB, 2 * MB);
	HOLDS(spans[0].source == PAGES_HUGETLB_2M && pools_available() == before - 2);
	spans[1] = map(2 * MB, 2 * MB);
	HOLDS(spans[1].source == PAGES_THP && stats().steps[PAGES_NO_POOL] == 1);
	memset(spans[0].base, 1, spans[0].bytes);
	pages_unmap(&spans[0]);
	HOLDS(pools_available() == before);
	spans[0] = map(4 * MB, 2 * MB);
	HOLDS(spans[0].source == PAGES_HUGETLB_2M);
	pages_unmap(&spans[0]);
	/* A place that is no such mount. */
	configure(PAGES_HUGETLB_2M, "/tmp");
	spans[0] = map(4 * MB, 2 * MB);
	HOLDS(spans[0].source == PAGES_THP && stats().steps[PAGES_REFUSED] == 1);
	(void)umount(place);
	(void)rmdir(place);
}

static void test_mounted(void **state)
{
	(void)state;
	apart(mounted);
}

static int write_text(const char *folder, const char *name, const char *text)
{
	char path[512];
	FILE *file;
	int error = 0;

	(void)snprintf(path, sizeof(path), "%s/%s", folder, name);
	file = fopen(path, "r+"); /* not to be made where it is not */
	if (!file)
		return -errno;
	if (fputs(text, file) < 0)
		error = -errno;
	if (fclose(file) != 0)
		error = -errno;
	return error;
}

/* A control group of ours that may have two pages, or "" where none can be made. */
static void make_group(char *folder, size_t room)
{
	static const char *const roots[] = {
		"/sys/fs/cgroup", "/sys/fs/cgroup/unified", "/sys/fs/cgroup/hugetlb"};

	for (size_t i = 0; i < 3; i++) {
		(void)write_text(roots[i], "cgroup.subtree_control", "+hugetlb");
		(void)snprintf(folder, room, "%s/hp-test-%d", roots[i], (int)getpid());
		if (mkdir(folder, 0700) != 0)
			continue;
		if (write_text(folder, "hugetlb.2MB.max", "4194304") == 0 ||
			write_text(folder, "hugetlb.2MB.limit_in_bytes", "4194304") == 0)
			return;
		(void)rmdir(folder);
	}
	*folder = '\0';
}

/* The limit of a control group strikes when a page is touched; we touch first. */
static void limited_group(void)
{
	char folder[256];
	int status;
	pid_t child;

	need_pool(4);
	make_group(folder, sizeof(folder));
	if (!*folder)
		LACKS("no control group for huge pages can be made here\n");
	child = fork();
	if (child == 0) {
		struct pages_span spans[2];

		HOLDS(write_text(folder, "cgroup.procs", "0") == 0);
		spans[0] = map(2 * MB, 2 * MB);
		HOLDS(spans[0].source == PAGES_HUGETLB_2M);
		spans[1] = map(4 * MB, 2 * MB);
		HOLDS(spans[1].source == PAGES_THP && stats().steps[PAGES_LIMIT] == 1);
		memset(spans[0].base, 1, spans[0].bytes);
		memset(spans[1].base, 1, spans[1].bytes);
		pages_unmap(&spans[0]);
		pages_unmap(&spans[1]);
		spans[1] = map(4 * MB, 2 * MB);
		HOLDS(spans[1].source == PAGES_HUGETLB_2M);
		_exit(0);
	}
	HOLDS(waitpid(child, &status, 0) == child);
	(void)rmdir(folder);
	HOLDS(status == 0);
}

static void test_limited_group(void **state)
{
	(void)state;
	apart(limited_group);
}

static void address_space(void)
{
	const struct rlimit limit = {.rlim_cur = 64 * MB, .rlim_max = 64 * MB};
	struct pages_span span = {.bytes = 77};

	if (UNDER_ASAN || UNDER_TSAN)
		LACKS("the sanitizer needs the address space\n");
	configure(PAGES_THP, NULL);
	HOLDS(setrlimit(RLIMIT_AS, &limit) == 0);
	errno = 4711;
	HOLDS(pages_map(128 * MB, 2 * MB, PAGES_ANY_NODE, &span) == -ENOMEM);
	HOLDS(errno == 4711 && span.bytes == 77 && stats().failures == 1);
	span = map(8 * MB, 2 * MB);
	HOLDS(pages_resize(&span, 128 * MB, 2 * MB, true) == -ENOMEM);
	memset(span.base, 1, span.bytes);
}

static void test_address_space(void **state)
{
	(void)state;
	apart(address_space);
}

/* A program that locks all its memory, without the right to lock much. */
static void locked_memory(void)
{
	struct pages_span span;
	const struct rlimit limit = {.rlim_cur = 6 * MB, .rlim_max = 6 * MB};

	if (UNDER_ASAN || UNDER_TSAN)
		LACKS("the sanitizer maps too much to lock it\n");
	configure(PAGES_THP, NULL);
	if (setrlimit(RLIMIT_MEMLOCK, &limit) != 0)
		LACKS("less than 6 MiB may be locked\n");
	if (geteuid() == 0 && setuid(65534) != 0)
		LACKS("cannot become another user\n");
	if (mlockall(MCL_FUTURE) != 0)
		LACKS("no right to lock memory\n");
	HOLDS(pages_map(8 * MB, 2 * MB, PAGES_ANY_NODE, &span) == -ENOMEM);
	span = map(2 * MB, 2 * MB);
	memset(span.base, 1, span.bytes);
	/* Locked pages cannot be purged; they stay as they were. */
	HOLDS(pages_purge(&span, span.base, span.bytes) == 0);
	HOLDS(((char *)span.base)[2 * MB - 1] == 1);
	pages_unmap(&span);
}

static void test_locked_memory(void **state)
{
	(void)state;
	apart(locked_memory);
}

static void own_limit(void)
{
	const struct pages_config config = {
		.source = PAGES_SMALL, .limit_bytes = 16 * MB};
	struct pages_span span;
	struct pages_span other;

	pages_configure(&config);
	span = map(12 * MB, 4096);
	HOLDS(pages_map(5 * MB, 4096, PAGES_ANY_NODE, &other) == -ENOMEM);
	HOLDS(pages_resize(&span, 17 * MB, 4096, true) == -ENOMEM);
	HOLDS(pages_resize(&span, 16 * MB, 4096, true) == 0);
	HOLDS(pages_resize(&span, 4 * MB, 4096, true) == 0);
	other = map(12 * MB, 4096);
	pages_unmap(&other);
	pages_unmap(&span);
	HOLDS(stats().mapped_bytes[PAGES_SMALL] == 0 && stats().failures == 1);
}

static void test_own_limit(void **state)
{
	(void)state;
	apart(own_limit);
}

static void nodes(void)
{
	struct pages_span span;

	HOLDS(pages_current_node() >= 0);
	HOLDS(pages_map(4 * MB, 2 * MB, pages_current_node(), &span) == 0);
	memset(span.base, 1, span.bytes);
	/* There is nothing to choose on a machine with one node. */
	HOLDS(span.node == -1 || span.node == pages_current_node());
	HOLDS(stats().node_bytes[span.node < 0 ? 0 : span.node] == span.bytes);
	pages_unmap(&span);
	/* A node that is not there costs nothing but the preference. */
	HOLDS(pages_map(4 * MB, 2 * MB, 1000, &span) == 0);
	HOLDS(span.node == -1);
	memset(span.base, 1, span.bytes);
	pages_unmap(&span);
}

static void test_nodes(void **state)
{
	(void)state;
	apart(nodes);
}

static void metadata(void)
{
	struct pages_span span;

	configure(PAGES_HUGETLB_2M, NULL);
	HOLDS(pages_map_metadata(4 * MB, 4096, &span) == 0);
	HOLDS(span.source == PAGES_SMALL && all_zero(span.base, span.bytes));
	pages_unmap(&span);
}

static void test_metadata(void **state)
{
	(void)state;
	apart(metadata);
}

static void *storm(void *seed)
{
	uint64_t next = (uintptr_t)seed;

	for (size_t i = 0; i < 200; i++) {
		struct pages_span span;

		next = next * 6364136223846793005u + 1442695040888963407u;
		span = map((next >> 60) * 256 * 1024 + 1, 4096);
		memset(span.base, 1, 4096);
		(void)pages_purge(&span, span.base, span.bytes);
		(void)pages_resize(&span, span.bytes + MB, 4096, true);
		pages_unmap(&span);
	}
	return NULL;
}

static void threads(void)
{
	enum { THREADS = 4 };
	pthread_t all[THREADS];

	for (uintptr_t i = 0; i < THREADS; i++)
		HOLDS(pthread_create(&all[i], NULL, storm, (void *)(i + 1)) == 0);
	for (size_t i = 0; i < THREADS; i++)
		HOLDS(pthread_join(all[i], NULL) == 0);
	for (size_t i = 0; i < PAGES_SOURCES; i++)
		HOLDS(stats().mapped_bytes[i] == 0);
	HOLDS(stats().maps == 800 && stats().unmaps == 800);
}

static void test_threads(void **state)
{
	(void)state;
	apart(threads);
}

static int run(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_small),
		cmocka_unit_test(test_thp),
		cmocka_unit_test(test_pool),
		cmocka_unit_test(test_exhausted),
		cmocka_unit_test(test_gigantic),
		cmocka_unit_test(test_growth_finds_huge_pages),
		cmocka_unit_test(test_resize),
		cmocka_unit_test(test_purge),
		cmocka_unit_test(test_memfd),
		cmocka_unit_test(test_mounted),
		cmocka_unit_test(test_limited_group),
		cmocka_unit_test(test_address_space),
		cmocka_unit_test(test_locked_memory),
		cmocka_unit_test(test_own_limit),
		cmocka_unit_test(test_nodes),
		cmocka_unit_test(test_metadata),
		cmocka_unit_test(test_threads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

int main(void)
{
	return pools_run(POOL, run);
}
