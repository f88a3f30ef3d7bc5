/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef TESTS_ALLOC_POOLS_H
#define TESTS_ALLOC_POOLS_H

#include "alloc/pool.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

/* What the tests share that need huge pages of a pool: pages for a while, and none left.
 */

#define MB ((size_t)1024 * 1024)

#if defined(__has_feature)
#define HAS_FEATURE(feature) __has_feature(feature)
#else
#define HAS_FEATURE(feature) 0
#endif
#if defined(__SANITIZE_THREAD__) || HAS_FEATURE(thread_sanitizer)
enum { UNDER_TSAN = true };
#else
enum { UNDER_TSAN = false };
#endif
#if defined(__SANITIZE_ADDRESS__) || HAS_FEATURE(address_sanitizer)
enum { UNDER_ASAN = true };
#else
enum { UNDER_ASAN = false };
#endif

static inline uint64_t pools_available(void)
{
	struct pool pool;
	uint64_t pages = 0;

	if (pool_open(&pool, "", 2 * MB, -1) == 0)
		(void)pool_available(&pool, &pages);
	return pages;
}

/* Takes what is left in the pool, as another program would. Ends with the process. */
static inline void pools_exhaust(void)
{
	while (pools_available() > 0)
		if (mmap(NULL, 2 * MB, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB | (21 << 26) |
				    MAP_POPULATE,
			    -1, 0) == MAP_FAILED)
			break;
}

/*
 * Runs the tests in a child, with `pages` pages of 2 MiB where we may have them, so that
 * the parent puts the pool back whatever becomes of them. The pools are the machine's: of
 * the programs that change them one runs at a time.
 */
static inline int pools_run(uint64_t pages, int (*run)(void))
{
	struct complaint complaint = {0};
	int lock = open("/sys/kernel/mm/hugepages", O_RDONLY | O_CLOEXEC);
	struct pool pool;
	int error = pool_open(&pool, "", 2 * MB, -1);
	int status = -1;
	pid_t child;

	for (int try = 0; try < 5000 && lock >= 0 && flock(lock, LOCK_EX | LOCK_NB) != 0;
		try++)
		(void)usleep(100000);
	/* Without rights or memory the tests that need pages say so and are skipped. */
	if (!error)
		(void)pool_grow(&pool, pages, &complaint);
	child = fork();
	if (child == 0)
		exit(run());
	if (child > 0)
		(void)waitpid(child, &status, 0);
	if (!error && pool_restore(&pool) != 0)
		return EXIT_FAILURE;
	return WIFEXITED(status) ? WEXITSTATUS(status) : EXIT_FAILURE;
}

#endif
