/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Every system call of an acquisition and an inspection fails in its turn. Each time
 * there is either an error with words and nothing left behind, or the memory is what was
 * asked for.
 */
#include "alloc/backend.h"
#include "alloc/host.h"
#include "alloc/hp/populate.h"
#include "alloc/map.h"
#include "alloc/pool.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
/* after the headers that it needs */
#include <cmocka.h>

#define MB ((size_t)1024 * 1024)

enum function {
	MMAP,
	MUNMAP,
	MPROTECT,
	MADVISE,
	SYSCALL,
	OPEN,
	READ,
	ALIGNED_ALLOC,
	FUNCTIONS,
	NOTHING = FUNCTIONS
};

static struct {
	enum function function; /* that fails */
	int at;                 /* its call, from 1; 0: every call */
	int error;
	int only_advice; /* for madvise: the advice that fails; -1 any */
	int calls[FUNCTIONS];
	size_t mapped; /* bytes mapped and not unmapped */
	void *heap;    /* the block that aligned_alloc gave */
	int fds;       /* opened and not closed are seen by the number of the next */
} world;

void *__real_mmap(void *at, size_t bytes, int prot, int flags, int fd, off_t offset);
void *__wrap_mmap(void *at, size_t bytes, int prot, int flags, int fd, off_t offset);
int __real_munmap(void *at, size_t bytes);
int __wrap_munmap(void *at, size_t bytes);
int __real_mprotect(void *at, size_t bytes, int prot);
int __wrap_mprotect(void *at, size_t bytes, int prot);
int __real_madvise(void *at, size_t bytes, int advice);
int __wrap_madvise(void *at, size_t bytes, int advice);
long __real_syscall(long number, ...);
long __wrap_syscall(long number, ...);
int __real_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...);
ssize_t __real_read(int fd, void *bytes, size_t size);
ssize_t __wrap_read(int fd, void *bytes, size_t size);
void *__real_aligned_alloc(size_t align, size_t bytes);
void *__wrap_aligned_alloc(size_t align, size_t bytes);
void __real_free(void *block);
void __wrap_free(void *block);

static bool fails(enum function function)
{
	world.calls[function]++;
	if (world.function != function)
		return false;
	if (world.at != 0 && world.at != world.calls[function])
		return false;
	errno = world.error;
	return true;
}

void *__wrap_mmap(void *at, size_t bytes, int prot, int flags, int fd, off_t offset)
{
	void *start = fails(MMAP) ? MAP_FAILED
				  : __real_mmap(at, bytes, prot, flags, fd, offset);

	if (start != MAP_FAILED)
		world.mapped += bytes;
	return start;
}

int __wrap_munmap(void *at, size_t bytes)
{
	int result = fails(MUNMAP) ? -1 : __real_munmap(at, bytes);

	if (result == 0)
		world.mapped -= bytes;
	return result;
}

int __wrap_mprotect(void *at, size_t bytes, int prot)
{
	return fails(MPROTECT) ? -1 : __real_mprotect(at, bytes, prot);
}

int __wrap_madvise(void *at, size_t bytes, int advice)
{
	if (world.only_advice >= 0 && advice != world.only_advice)
		return __real_madvise(at, bytes, advice);
	return fails(MADVISE) ? -1 : __real_madvise(at, bytes, advice);
}

long __wrap_syscall(long number, ...)
{
	long a[6];
	va_list list;

	va_start(list, number);
	for (size_t i = 0; i < 6; i++)
		a[i] = va_arg(list, long);
	va_end(list);
	return fails(SYSCALL)
		       ? -1
		       : __real_syscall(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}

int __wrap_open(const char *path, int flags, ...)
{
	return fails(OPEN) ? -1 : __real_open(path, flags);
}

ssize_t __wrap_read(int fd, void *bytes, size_t size)
{
	return fails(READ) ? -1 : __real_read(fd, bytes, size);
}

void *__wrap_aligned_alloc(size_t align, size_t bytes)
{
	assert_null(world.heap);
	world.heap = fails(ALIGNED_ALLOC) ? NULL : __real_aligned_alloc(align, bytes);
	return world.heap;
}

void __wrap_free(void *block)
{
	if (block && block == world.heap)
		world.heap = NULL;
	__real_free(block);
}

static void world_begin(enum function function, int at, int error)
{
	memset(&world, 0, sizeof(world));
	world.function = function;
	world.at = at;
	world.error = error;
	world.only_advice = -1;
	world.fds = dup(0);
	close(world.fds);
}

/* Nothing mapped, allocated or open is left. */
static void world_end(void)
{
	int next;

	world.function = NOTHING;
	next = dup(0);
	close(next);
	assert_int_equal(next, world.fds);
	assert_int_equal(world.mapped, 0);
	assert_null(world.heap);
}

static const struct memory_backend *require(const char *name)
{
	const struct memory_backend *backend = memory_find(name);
	struct complaint complaint = {0};
	struct pool pool;
	uint64_t pages = 0;

	world_begin(NOTHING, 0, 0);
	if (backend->probe(&complaint) != 0) {
		print_message("%s\n", complaint.what);
		skip();
	}
	if (!backend->pool)
		return backend;
	assert_int_equal(pool_open(&pool, "", backend->page_bytes, -1), 0);
	assert_int_equal(pool_available(&pool, &pages), 0);
	if (pages < 2) {
		print_message(
			"%s: no pages in the pool, and no right to add some\n", name);
		skip();
	}
	return backend;
}

/* Acquires and inspects 2 MiB + 1 on node 0; whether the failing call was met. */
static bool walk(
	const struct memory_backend *backend, enum function function, int at, int error)
{
	struct memory_request request = {.bytes = 2 * MB + 1, .node = 0};
	struct memory_grant grant = {.bytes = 77};
	struct complaint complaint = {0};
	struct memory_obtained obtained;
	bool met;
	int result;

	world_begin(function, at, error);
	result = backend->acquire(&request, &grant, &complaint);
	met = world.function != NOTHING && world.calls[function] >= at;
	if (result != 0) {
		assert_true(met);
		assert_int_equal(result, -error);
		assert_memory_equal(complaint.what, backend->name, strlen(backend->name));
		assert_int_equal(grant.bytes, 77);
		world_end();
		return true;
	}
	result = memory_inspect(&grant, &obtained);
	met = world.calls[function] >= at;
	if (result != 0) {
		assert_true(met);
		assert_int_equal(result, -error);
	} else {
		assert_int_equal(
			memory_verify(backend, &grant, &obtained, &complaint), 0);
	}
	world.function = NOTHING;
	backend->release(&grant);
	world_end();
	return met;
}

static void test_each_call_fails_in_turn(void **state)
{
	const struct memory_backend *backend = require(*state);

	for (int function = 0; function < FUNCTIONS; function++) {
		int at = 1;

		while (walk(backend, (enum function)function, at, ENOMEM))
			at++;
		assert_true(at < 100);
	}
}

/* What each must fail on, lest the walk above pass by calling nothing. */
static void test_these_are_fatal(void **state)
{
	const struct {
		const char *backend;
		enum function function;
		int at;
	} fatal[] = {
		{"libc", ALIGNED_ALLOC, 1},
		{"libc", SYSCALL, 1}, /* mbind */
		{"libc", MADVISE, 1}, /* populate */
		{"small", MMAP, 1},
		{"small", MPROTECT, 1},
		{"small", MADVISE, 1}, /* no huge pages */
		{"small", MADVISE, 2}, /* not for children */
		{"small", MADVISE, 3}, /* populate */
		{"small", SYSCALL, 1},
		{"thp", MMAP, 1},
		{"thp", MUNMAP, 1}, /* what is above the aligned pages */
		{"thp", MADVISE, 1},
		{"thp", MADVISE, 3},
		{"hugetlb-2m", MMAP, 1},
		{"hugetlb-2m", MADVISE, 1},
		{"hugetlb-2m", MADVISE, 2},
		{"hugetlb-2m", SYSCALL, 1},
	};

	for (size_t i = 0; i < sizeof(fatal) / sizeof(fatal[0]); i++) {
		struct memory_request request = {.bytes = 3 * MB, .node = 0};
		struct complaint complaint = {0};
		struct memory_grant grant;
		const struct memory_backend *backend;

		if (strcmp(fatal[i].backend, *state) != 0)
			continue;
		backend = require(fatal[i].backend);
		world_begin(fatal[i].function, fatal[i].at, ENOMEM);
		assert_int_equal(backend->acquire(&request, &grant, &complaint), -ENOMEM);
		assert_memory_equal(complaint.what, *state, strlen(*state));
		world_end();
	}
}

/* A hugetlb page that another took, or that a control group refuses, where the
 * reservation had been granted: the words say what the pool holds. */
static void test_fault_refused(void **state)
{
	const struct memory_backend *backend = require(*state);
	struct memory_request request = {.bytes = 2 * MB, .node = MEMORY_ANY_NODE};
	struct complaint complaint = {0};
	struct memory_grant grant;

	world_begin(MADVISE, 2, EFAULT);
	assert_int_equal(backend->acquire(&request, &grant, &complaint), -ENOMEM);
	assert_non_null(strstr(complaint.what, "did not give all pages of 2M"));
	assert_non_null(strstr(complaint.why, "control group"));
	world_end();
}

/* Kernels before 5.14 do not know MADV_POPULATE_WRITE. */
static void test_older_kernel(void **state)
{
	const struct memory_backend *backend = require(*state);
	struct memory_request request = {.bytes = 2 * MB + 1, .node = MEMORY_ANY_NODE};
	struct complaint complaint = {0};
	struct memory_obtained obtained;
	struct memory_grant grant;

	world_begin(MADVISE, 0, EINVAL);
	world.only_advice = 23;
	assert_int_equal(backend->acquire(&request, &grant, &complaint), 0);
	assert_int_equal(world.calls[MADVISE], 1);
	assert_int_equal(memory_inspect(&grant, &obtained), 0);
	assert_int_equal(memory_verify(backend, &grant, &obtained, &complaint), 0);
	backend->release(&grant);
	world_end();
}

/* There too a page that cannot be had is an error of the call; read-only memory stands
 * in. */
static void test_older_kernel_refuses(void **state)
{
	void *start;

	(void)state;
	world_begin(MADVISE, 0, EINVAL);
	start = mmap(NULL, 8192, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	assert_true(start != MAP_FAILED);
	assert_int_equal(populate(start, 8192), -EFAULT);
	assert_int_equal(munmap(start, 8192), 0);
	world_end();
}

static int refuse(int error, int node, struct complaint *complaint)
{
	struct memory_request request = {.bytes = 4096, .node = node};
	struct memory_grant grant;
	int result;

	world_begin(SYSCALL, 1, error);
	result = memory_find("small")->acquire(&request, &grant, complaint);
	if (result == 0)
		memory_find("small")->release(&grant);
	world_end();
	return result;
}

static void test_no_numa_in_the_kernel(void **state)
{
	struct complaint complaint = {0};
	bool single = access("/sys/devices/system/node/node1", F_OK) != 0;

	(void)state;
	assert_int_equal(refuse(ENOSYS, 1, &complaint), -ENOSYS);
	assert_non_null(strstr(complaint.what, "cannot bind memory to node 1"));
	assert_non_null(strstr(complaint.why, "no NUMA"));
	assert_int_equal(refuse(EPERM, 1, &complaint), -EPERM);
	assert_int_equal(refuse(EIO, 0, &complaint), -EIO);
	assert_non_null(strstr(complaint.why, "another node"));
	/* On one node there is nothing to bind. */
	assert_int_equal(refuse(ENOSYS, 0, &complaint), single ? 0 : -ENOSYS);
}

static void test_nodes_not_told(void **state)
{
	const int untold[] = {ENOSYS, EPERM};
	struct memory_request request = {.bytes = 4096, .node = MEMORY_ANY_NODE};
	struct memory_obtained obtained;
	struct complaint complaint = {0};
	struct memory_grant grant;

	(void)state;
	world_begin(NOTHING, 0, 0);
	assert_int_equal(memory_find("small")->acquire(&request, &grant, &complaint), 0);
	for (size_t i = 0; i < 2; i++) {
		world.function = SYSCALL;
		world.error = untold[i];
		assert_int_equal(memory_inspect(&grant, &obtained), 0);
		assert_int_equal(obtained.node, -1);
		assert_true(obtained.node_share == 0);
		assert_int_equal(obtained.page_bytes, host_base_page());
	}
	world.error = EINVAL;
	assert_int_equal(memory_inspect(&grant, &obtained), -EINVAL);
	world.function = NOTHING;
	memory_find("small")->release(&grant);
	world_end();
}

static int run(void)
{
#define FOR(test, backend)                                                               \
	{                                                                                \
#test ": " backend, test, NULL, NULL, (void *)(uintptr_t)(backend)       \
	}
#define FOR_ALL(test)                                                                    \
	FOR(test, "libc"), FOR(test, "small"), FOR(test, "thp"), FOR(test, "hugetlb-2m")
	const struct CMUnitTest tests[] = {
		FOR_ALL(test_each_call_fails_in_turn),
		FOR_ALL(test_these_are_fatal),
		FOR(test_fault_refused, "hugetlb-2m"),
		FOR_ALL(test_older_kernel),
		cmocka_unit_test(test_older_kernel_refuses),
		cmocka_unit_test(test_no_numa_in_the_kernel),
		cmocka_unit_test(test_nodes_not_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

int main(void)
{
	struct complaint complaint = {0};
	struct pool pool;
	int status = -1;
	pid_t child;

	/* As in test-backends: the parent puts the pool back whatever becomes of the
	 * tests. */
	world_begin(NOTHING, 0, 0);
	if (pool_open(&pool, "", 2 * MB, -1) == 0)
		(void)pool_grow(&pool, 4, &complaint);
	child = fork();
	if (child == 0)
		exit(run());
	if (child > 0)
		(void)waitpid(child, &status, 0);
	if (pool_restore(&pool) != 0)
		return EXIT_FAILURE;
	return WIFEXITED(status) ? WEXITSTATUS(status) : EXIT_FAILURE;
}
