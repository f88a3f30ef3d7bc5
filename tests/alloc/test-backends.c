/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Every backend on the kernel at hand: what it grants is what its name says, by the
 * kernel's own accounting. The tests run in a child, so that the parent puts the pool
 * back whatever becomes of them.
 */
#include "alloc/backend.h"
#include "alloc/host.h"
#include "alloc/hp/populate.h"
#include "alloc/map.h"
#include "tests/alloc/pools.h"

#include <errno.h>
#include <linux/mman.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
/* after the headers that it needs */
#include <cmocka.h>

enum { POOL_PAGES = 8 };

static const size_t sizes[] = {1, 4096, 4097, 2 * MB - 1, 2 * MB, 8 * MB};

static uint64_t available_pages(uint64_t page_bytes)
{
	struct pool pool;
	uint64_t pages = 0;

	if (pool_open(&pool, "", page_bytes, -1) == 0)
		(void)pool_available(&pool, &pages);
	return pages;
}

/* The backend, or a skipped test and why. */
static const struct memory_backend *require(void **state)
{
	const struct memory_backend *backend = memory_find(*state);
	struct complaint complaint = {0};

	assert_non_null(backend);
	if (backend->probe(&complaint) != 0) {
		print_message("%s; %s\n", complaint.what, complaint.why);
		skip();
	}
	if (backend->pool &&
		available_pages(backend->page_bytes) * backend->page_bytes < 8 * MB) {
		print_message("%s: no pages in the pool, and no right to add some\n",
			backend->name);
		skip();
	}
	return backend;
}

static void check_grant(const struct memory_backend *backend,
	const struct memory_grant *grant, size_t bytes)
{
	uint64_t page = memory_page_bytes(backend);
	const unsigned char *at = grant->base;
	unsigned any = 0;

	if (page == 0)
		page = host_base_page();
	assert_int_equal((uintptr_t)grant->base % page, 0);
	assert_int_equal(grant->bytes, bytes);
	assert_int_equal(grant->mapped_bytes, map_round_up(bytes, page));
	assert_true((char *)grant->base >= (char *)grant->mapping);
	memset(grant->base, 0xa5, bytes);
	for (size_t i = 0; i < bytes; i += 4096)
		any |= at[i] ^ 0xa5u;
	assert_int_equal(any, 0);
}

static void test_every_size(void **state)
{
	const struct memory_backend *backend = require(state);

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		struct memory_request request = {
			.bytes = sizes[i], .node = MEMORY_ANY_NODE};
		struct complaint complaint = {0};
		struct memory_obtained obtained;
		struct memory_grant grant;

		assert_int_equal(backend->acquire(&request, &grant, &complaint), 0);
		assert_int_equal(memory_inspect(&grant, &obtained), 0);
		assert_int_equal(
			memory_verify(backend, &grant, &obtained, &complaint), 0);
		if (memory_page_bytes(backend) > host_base_page())
			assert_int_equal(obtained.huge_bytes, sizes[i]);
		assert_true(obtained.node_share >= 0 && obtained.node_share <= 1);
		check_grant(backend, &grant, sizes[i]);
		backend->release(&grant);
		assert_null(grant.mapping);
	}
}

/* Neighbours of the same kind, released in another order: none counts for the other. */
static void test_several_at_once(void **state)
{
	const struct memory_backend *backend = require(state);
	struct memory_request request = {.bytes = 4096, .node = MEMORY_ANY_NODE};
	struct complaint complaint = {0};
	struct memory_grant grants[3];

	for (size_t i = 0; i < 3; i++)
		assert_int_equal(backend->acquire(&request, &grants[i], &complaint), 0);
	backend->release(&grants[1]);
	for (size_t i = 0; i < 3; i += 2) {
		struct memory_obtained obtained;

		assert_int_equal(memory_inspect(&grants[i], &obtained), 0);
		assert_int_equal(
			memory_verify(backend, &grants[i], &obtained, &complaint), 0);
		backend->release(&grants[i]);
	}
}

/* What the other backends take and give back in the meantime is not its memory. */
static void test_beside_the_others(void **state)
{
	const struct memory_backend *backend = require(state);
	struct memory_request request = {.bytes = 2 * MB, .node = MEMORY_ANY_NODE};
	struct complaint complaint = {0};
	struct memory_grant grant;
	size_t others = 0;

	assert_int_equal(backend->acquire(&request, &grant, &complaint), 0);
	memset(grant.base, 0xa5, grant.bytes);
	for (size_t i = 0; memory_backends[i]; i++) {
		struct memory_grant other;

		if (memory_backends[i] == backend ||
			memory_backends[i]->acquire(&request, &other, &complaint) != 0)
			continue;
		memset(other.base, 0x5a, other.bytes);
		memory_backends[i]->release(&other);
		others++;
	}
	assert_true(others >= 5); /* all that need no pool */
	for (size_t i = 0; i < grant.bytes; i++)
		assert_int_equal(((unsigned char *)grant.base)[i], 0xa5);
	backend->release(&grant);
}

static void test_on_node_0(void **state)
{
	const struct memory_backend *backend = require(state);
	struct memory_request request = {.bytes = 2 * MB, .node = 0};
	struct complaint complaint = {0};
	struct memory_obtained obtained;
	struct memory_grant grant;

	if (access("/sys/devices/system/node/node1", F_OK) == 0) {
		print_message("more nodes than one: node 0 may be without memory\n");
		skip();
	}
	assert_int_equal(backend->acquire(&request, &grant, &complaint), 0);
	assert_int_equal(grant.node, 0);
	assert_int_equal(memory_inspect(&grant, &obtained), 0);
	assert_int_equal(memory_verify(backend, &grant, &obtained, &complaint), 0);
	assert_true(obtained.node == 0 || obtained.node_share == 0);
	backend->release(&grant);
}

static void test_on_a_node_that_is_not_there(void **state)
{
	const struct memory_backend *backend = require(state);
	const int nodes[] = {1000, 100000};

	for (size_t i = 0; i < 2; i++) {
		struct memory_request request = {.bytes = 4096, .node = nodes[i]};
		struct memory_grant grant = {.bytes = 77};
		struct complaint complaint = {0};
		int error = backend->acquire(&request, &grant, &complaint);

		assert_true(error == -EINVAL || error == -EPERM || error == -ENOSYS);
		assert_non_null(
			strstr(complaint.what, "cannot bind memory to node 1000"));
		assert_int_equal(grant.bytes, 77);
	}
}

static void test_more_than_there_is(void **state)
{
	const struct memory_backend *backend = memory_find(*state);
	size_t memory = (size_t)sysconf(_SC_PHYS_PAGES) * (size_t)sysconf(_SC_PAGESIZE);
	const size_t wanted[] = {2 * memory, SIZE_MAX / 4, SIZE_MAX};
	struct complaint complaint = {0};
	uint64_t before;

	if (backend->probe(&complaint) != 0) {
		print_message("%s\n", complaint.what);
		skip();
	}
	before = backend->pool ? available_pages(backend->page_bytes) : 0;
	for (size_t i = 0; i < 3; i++) {
		struct memory_request request = {
			.bytes = wanted[i], .node = MEMORY_ANY_NODE};
		struct memory_grant grant = {.bytes = 77};

		complaint = (struct complaint){.what = ""};
		assert_int_equal(backend->acquire(&request, &grant, &complaint), -ENOMEM);
		assert_memory_equal(complaint.what, backend->name, strlen(backend->name));
		assert_int_equal(grant.bytes, 77);
		if (backend->pool && i == 0)
			assert_non_null(strstr(complaint.advice, "nr_hugepages"));
	}
	if (backend->pool)
		assert_int_equal(available_pages(backend->page_bytes), before);
}

/* A child has no part in the mapping, so that it can neither take pages nor cause copies.
 */
static void test_not_for_children(void **state)
{
	const struct memory_backend *backend = require(state);
	struct memory_request request = {.bytes = 4096, .node = MEMORY_ANY_NODE};
	struct complaint complaint = {0};
	struct memory_grant grant;
	int status;
	pid_t child;

	assert_int_equal(backend->acquire(&request, &grant, &complaint), 0);
	child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		unsigned char present;
		int gone = mincore(grant.base, 4096, &present) != 0 && errno == ENOMEM;

		_exit(gone ? 0 : 1);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	backend->release(&grant);
}

/* Memory on both sides of a buffer cannot be read: the kernel under test stops there. */
static void test_guarded(void **state)
{
	const struct memory_backend *backend = require(state);
	struct memory_request request = {.bytes = 4096, .node = MEMORY_ANY_NODE};
	struct complaint complaint = {0};
	struct memory_grant grant;
	const char *first;
	int ends[2];

	assert_int_equal(backend->acquire(&request, &grant, &complaint), 0);
	assert_int_equal(pipe(ends), 0);
	first = grant.mapping;
	assert_int_equal(write(ends[1], first, 1), 1);
	assert_int_equal(write(ends[1], first - 1, 1), -1);
	assert_int_equal(errno, EFAULT);
	assert_int_equal(write(ends[1], first + grant.mapped_bytes, 1), -1);
	assert_int_equal(errno, EFAULT);
	close(ends[0]);
	close(ends[1]);
	backend->release(&grant);
}

static void test_thp_forbidden_to_the_process(void **state)
{
	struct complaint complaint = {0};

	(void)require(state);
	assert_int_equal(prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0), 0);
	assert_int_equal(memory_find("thp")->probe(&complaint), -ENOTSUP);
	assert_int_equal(prctl(PR_SET_THP_DISABLE, 0, 0, 0, 0), 0);
	assert_non_null(strstr(complaint.why, "PR_SET_THP_DISABLE"));
}

/* A mapping without reservation, larger than the pool: the page that is not there is an
 * error of the call. Touching it would end this program with SIGBUS. */
static void test_short_pool_at_the_fault(void **state)
{
	const struct memory_backend *backend = require(state);
	uint64_t pages = available_pages(backend->page_bytes);
	size_t bytes = (pages + 1) * backend->page_bytes;
	void *start;

	if (pages > 16 * POOL_PAGES) {
		print_message("the pool is too large to be used up by a test\n");
		skip();
	}
	start = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB | MAP_HUGE_2MB | MAP_NORESERVE,
		-1, 0);
	assert_true(start != MAP_FAILED);
	assert_int_equal(populate(start, bytes), -EFAULT);
	assert_int_equal(munmap(start, bytes), 0);
}

static int run(void)
{
#define FOR(test, backend)                                                               \
	{                                                                                \
#test ": " backend, test, NULL, NULL, (void *)(uintptr_t)(backend)       \
	}
#define FOR_ALL(test)                                                                    \
	FOR(test, "libc"), FOR(test, "small"), FOR(test, "thp"),                         \
		FOR(test, "hugetlb-2m"), FOR(test, "hp"), FOR(test, "hp-firstfit"),      \
		FOR(test, "hp-bump")
	const struct CMUnitTest tests[] = {
		FOR_ALL(test_every_size),
		FOR_ALL(test_several_at_once),
		FOR_ALL(test_beside_the_others),
		FOR_ALL(test_on_node_0),
		FOR_ALL(test_on_a_node_that_is_not_there),
		FOR_ALL(test_more_than_there_is),
		FOR(test_more_than_there_is, "hugetlb-1g"),
		FOR(test_not_for_children, "small"),
		FOR(test_not_for_children, "thp"),
		FOR(test_not_for_children, "hugetlb-2m"),
		FOR(test_guarded, "small"),
		FOR(test_guarded, "thp"),
		FOR(test_thp_forbidden_to_the_process, "thp"),
		FOR(test_short_pool_at_the_fault, "hugetlb-2m"),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

int main(void)
{
	return pools_run(POOL_PAGES, run);
}
