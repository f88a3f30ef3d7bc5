/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Every system call behind pages.h fails, at every position and then at all of them. What
 * is handed out can be written all the same; what cannot be is -ENOMEM; nothing stays
 * mapped. Each position has a process of its own.
 */
#include "alloc/hp/pages.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
/* after the headers that it needs */
#include <cmocka.h>

#include "tests/alloc/pools.h"

enum function {
	MMAP,
	MUNMAP,
	MREMAP,
	MADVISE,
	SYSCALL,
	OPEN,
	READ,
	SOCKETPAIR,
	FUNCTIONS
};

/* A process under thread sanitizer takes long to begin: only a few of them. */
enum { POOL = 16, POSITIONS = 64, POSITIONS_TRIED = UNDER_TSAN ? 2 : POSITIONS };

static struct {
	enum function function; /* that fails */
	int at;                 /* its call, from 1; 0: every call */
	int error;
	bool armed;
	int calls;
} order;

static bool fails(enum function function)
{
	if (!order.armed || order.function != function)
		return false;
	order.calls++;
	if (order.at != 0 && order.at != order.calls)
		return false;
	errno = order.error;
	return true;
}

void *__real_mmap(void *at, size_t bytes, int prot, int flags, int fd, off_t offset);
void *__wrap_mmap(void *at, size_t bytes, int prot, int flags, int fd, off_t offset);
int __real_munmap(void *at, size_t bytes);
int __wrap_munmap(void *at, size_t bytes);
void *__real_mremap(void *at, size_t bytes, size_t new_bytes, int flags, ...);
void *__wrap_mremap(void *at, size_t bytes, size_t new_bytes, int flags, ...);
int __real_madvise(void *at, size_t bytes, int advice);
int __wrap_madvise(void *at, size_t bytes, int advice);
long __real_syscall(long number, ...);
long __wrap_syscall(long number, ...);
int __real_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...);
ssize_t __real_read(int fd, void *bytes, size_t size);
ssize_t __wrap_read(int fd, void *bytes, size_t size);
int __real_socketpair(int domain, int type, int protocol, int *ends);
int __wrap_socketpair(int domain, int type, int protocol, int *ends);

void *__wrap_mmap(void *at, size_t bytes, int prot, int flags, int fd, off_t offset)
{
	return fails(MMAP) ? MAP_FAILED : __real_mmap(at, bytes, prot, flags, fd, offset);
}

int __wrap_munmap(void *at, size_t bytes)
{
	return fails(MUNMAP) ? -1 : __real_munmap(at, bytes);
}

void *__wrap_mremap(void *at, size_t bytes, size_t new_bytes, int flags, ...)
{
	va_list list;
	void *to;

	va_start(list, flags);
	to = flags & MREMAP_FIXED ? va_arg(list, void *) : NULL;
	va_end(list);
	if (!fails(MREMAP))
		return __real_mremap(at, bytes, new_bytes, flags, to);
	/* Too late to grow, the kernel has unmapped the target already. */
	if (to && new_bytes > bytes)
		(void)__real_munmap(to, new_bytes);
	errno = order.error;
	return MAP_FAILED;
}

int __wrap_madvise(void *at, size_t bytes, int advice)
{
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
	return fails(OPEN) ? -1 : __real_open(path, flags, 0600);
}

ssize_t __wrap_read(int fd, void *bytes, size_t size)
{
	return fails(READ) ? -1 : __real_read(fd, bytes, size);
}

int __wrap_socketpair(int domain, int type, int protocol, int *ends)
{
	return fails(SOCKETPAIR) ? -1 : __real_socketpair(domain, type, protocol, ends);
}

/* Pages of address space in use, by the kernel. */
static long address_space(void)
{
	char text[64] = "";
	int fd = __real_open("/proc/self/statm", O_RDONLY);

	if (fd < 0 || __real_read(fd, text, sizeof(text) - 1) <= 0)
		_exit(90);
	close(fd);
	return strtol(text, NULL, 10);
}

static void check_fill(const struct pages_span *span, size_t bytes, int code)
{
	const char *at = span->base;

	if (at[0] != 5 || memcmp(at, at + 1, bytes - 1) != 0)
		_exit(code);
}

/* One span's life. Whatever fails, errors are the documented ones. */
static void live(size_t bytes, size_t alignment)
{
	struct pages_span span;
	int error = pages_map(bytes, alignment, 0, &span);
	size_t kept;

	if (error) {
		if (error != -ENOMEM)
			_exit(20);
		return;
	}
	if (span.bytes < bytes || (uintptr_t)span.base % alignment != 0)
		_exit(21);
	memset(span.base, 5, span.bytes);
	kept = span.bytes;
	error = pages_resize(&span, bytes + 2 * MB, alignment, true);
	if (error && error != -ENOMEM && error != -ENOTSUP)
		_exit(22);
	check_fill(&span, kept, 23);
	memset(span.base, 5, span.bytes);
	if (pages_purge(&span, span.base, span.bytes))
		memset(span.base, 5, span.bytes);
	check_fill(&span, span.bytes, 24);
	pages_unmap(&span);
}

/* The same with a fork in between, through the handlers, beside another thread or alone.
 */
static void live_and_fork(void)
{
	struct pages_span span;
	int status;
	pid_t child;

	if (pages_map(2 * MB, 2 * MB, 0, &span) != 0)
		return;
	memset(span.base, 5, span.bytes);
	child = fork();
	if (child == 0) {
		check_fill(&span, span.bytes, 30);
		memset(span.base, 6, span.bytes);
		_exit(0);
	}
	memset(span.base, 5, span.bytes);
	if (waitpid(child, &status, 0) != child || status != 0)
		_exit(31);
	check_fill(&span, span.bytes, 32);
	pages_unmap(&span);
}

static void *nothing(void *unused)
{
	(void)pause();
	return unused;
}

struct scenario {
	enum pages_source source;
	const char *hugetlbfs;
	bool forks;
	bool threads;
};

static void play(const struct scenario *scenario)
{
	const struct pages_config config = {
		.source = scenario->source, .hugetlbfs = scenario->hugetlbfs};
	pthread_t thread;
	long before;

	alarm(60);
	pages_configure(&config);
	(void)pthread_atfork(pages_fork_prepare, pages_fork_parent, pages_fork_child);
	if (scenario->threads && pthread_create(&thread, NULL, nothing, NULL) != 0)
		_exit(91);
	(void)address_space();
	before = address_space();
	order.armed = true;
	live(2 * MB + 4096, 8 * MB);
	live(100000, 4096);
	if (scenario->forks)
		live_and_fork();
	order.armed = false;
	/* The table of pool pages, of a page or two, is kept; without munmap all may be.
	 */
	if (order.function != MUNMAP && !UNDER_TSAN && address_space() > before + 16)
		_exit(40);
	_exit(order.at > order.calls ? 100 : 0);
}

/* Whether the order had been carried out: the positions end where the calls do. */
static bool position(
	const struct scenario *scenario, enum function function, int at, int error)
{
	int status;
	pid_t child = fork();

	assert_true(child >= 0);
	if (child == 0) {
		order.function = function;
		order.at = at;
		order.error = error;
		play(scenario);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	if (WEXITSTATUS(status) != 100 && WEXITSTATUS(status) != 0)
		print_message("function %d, call %d, error %d\n", function, at, error);
	assert_true(WEXITSTATUS(status) == 100 || WEXITSTATUS(status) == 0);
	return WEXITSTATUS(status) == 0;
}

static void test_failures(void **state)
{
	static const int errors[FUNCTIONS][2] = {
		[MMAP] = {ENOMEM, EINVAL},
		[MUNMAP] = {ENOMEM, ENOMEM},
		[MREMAP] = {ENOMEM, EFAULT},
		[MADVISE] = {EINVAL,
			EFAULT}, /* EINVAL: Linux before 5.14, or without THP */
		[SYSCALL] = {ENOSYS, EPERM},
		[OPEN] = {EMFILE, EOPNOTSUPP},
		[READ] = {EIO, EFAULT},
		[SOCKETPAIR] = {EMFILE, EAFNOSUPPORT},
	};
	const struct scenario *scenario = *state;

	for (int function = 0; function < FUNCTIONS; function++) {
		int at = 0;

		do {
			if (!position(scenario, (enum function)function, at,
				    errors[function][0]))
				break;
		} while (++at < POSITIONS_TRIED);
		assert_true(at < POSITIONS);
		(void)position(scenario, (enum function)function, 0, errors[function][1]);
	}
}

static int run(void)
{
	static struct scenario small = {.source = PAGES_SMALL};
	static struct scenario thp = {.source = PAGES_THP};
	static struct scenario pool = {.source = PAGES_HUGETLB_2M};
	static struct scenario memfd = {.source = PAGES_HUGETLB_2M, .hugetlbfs = "memfd"};
	static struct scenario mount = {.source = PAGES_HUGETLB_2M, .hugetlbfs = "/tmp"};
	static struct scenario forks = {.source = PAGES_AUTO, .forks = true};
	static struct scenario threads = {
		.source = PAGES_AUTO, .forks = true, .threads = true};
#define FOR(scenario)                                                                    \
	{                                                                                \
#scenario, test_failures, NULL, NULL, &(scenario)                        \
	}
	const struct CMUnitTest tests[] = {FOR(small), FOR(thp), FOR(pool), FOR(memfd),
		FOR(mount), FOR(forks), FOR(threads)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

int main(void)
{
	return pools_run(POOL, run);
}
