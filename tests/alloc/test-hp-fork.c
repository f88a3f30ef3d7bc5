/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * fork with memory on pages of a pool that has none left: parent and child both write,
 * and both go on, with what was there at the fork. Each test forks a process of its own
 * first, since what a process did once (it forked) changes what it gets later.
 */
#include "alloc/hp/pages.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>
#include <time.h>
/* after the headers that it needs */
#include <cmocka.h>

#include "tests/alloc/pools.h"

enum { SPANS = 4, SPAN_PAGES = 2, WORDS = 2 * 1024 * 1024 / 8, STEP = 512 };

static struct pages_span spans[SPANS];

static uint64_t *words(size_t span)
{
	return spans[span].base;
}

static uint64_t pattern(size_t span, size_t word)
{
	return (span + 1) * 0x9e3779b97f4a7c15u + word;
}

static void fill(uint64_t salt)
{
	for (size_t s = 0; s < SPANS; s++)
		for (size_t w = 0; w < SPAN_PAGES * WORDS; w += STEP)
			words(s)[w] = pattern(s, w) ^ salt;
}

static bool holds(uint64_t salt)
{
	for (size_t s = 0; s < SPANS; s++)
		for (size_t w = 0; w < SPAN_PAGES * WORDS; w += STEP)
			if (words(s)[w] != (pattern(s, w) ^ salt))
				return false;
	return true;
}

/* Spans on pages of the pool, and not one page left in it. */
static void take_everything(void)
{
	const struct pages_config config = {.source = PAGES_HUGETLB_2M};

	pages_configure(&config);
	for (size_t s = 0; s < SPANS; s++) {
		if (pages_map(SPAN_PAGES * 2 * MB, 2 * MB, PAGES_ANY_NODE, &spans[s]) !=
				0 ||
			spans[s].source != PAGES_HUGETLB_2M)
			_exit(10);
	}
	fill(0);
	pools_exhaust();
	if (pthread_atfork(pages_fork_prepare, pages_fork_parent, pages_fork_child) != 0)
		_exit(11);
}

static int status_of(pid_t child)
{
	int status;

	while (waitpid(child, &status, 0) < 0)
		;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 100 + WTERMSIG(status);
}

/* In the process of a test: forks, both write everything and look whether it stayed
 * theirs. */
static int both_write(void)
{
	pid_t child = fork();

	if (child < 0)
		return 20;
	if (child == 0) {
		if (!holds(0))
			_exit(30);
		fill(1);
		_exit(holds(1) ? 0 : 31);
	}
	if (!holds(0))
		return 21;
	fill(2);
	if (status_of(child) != 0)
		return status_of(child);
	return holds(2) ? 0 : 22;
}

static void expect(int (*body)(void))
{
	pid_t child;

	if (pools_available() < (uint64_t)SPANS * SPAN_PAGES) {
		print_message("no pages in the pool, and no right to add some\n");
		skip();
	}
	child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		alarm(60);
		take_everything();
		_exit(body());
	}
	assert_int_equal(status_of(child), 0);
}

static uint64_t pool_bytes(void)
{
	struct pages_stats stats;

	pages_stats(&stats);
	return stats.mapped_bytes[PAGES_HUGETLB_2M];
}

static int one_thread(void)
{
	struct pages_stats stats;
	int result;

	if (pool_bytes() != SPANS * SPAN_PAGES * 2 * MB)
		return 1;
	result = both_write();
	pages_stats(&stats);
	if (result)
		return result;
	/* Everything is ordinary memory now, and the pages are back in the pool. */
	if (pool_bytes() != 0 || stats.fork_copied_bytes != SPANS * SPAN_PAGES * 2 * MB)
		return 2;
	if (pools_available() < (uint64_t)SPANS * SPAN_PAGES)
		return 3;
	for (size_t s = 0; s < SPANS; s++)
		pages_unmap(&spans[s]);
	pages_stats(&stats);
	return stats.mapped_bytes[PAGES_THP] == 0 ? 0 : 4;
}

static void test_one_thread(void **state)
{
	(void)state;
	if (UNDER_TSAN) {
		print_message("the sanitizer has a thread of its own\n");
		skip();
	}
	expect(one_thread);
}

static atomic_bool stop;
static atomic_uint ready;

static void *idle(void *unused)
{
	atomic_fetch_add(&ready, 1);
	while (!atomic_load(&stop))
		sched_yield();
	return unused;
}

/* Writes to the last span all the time: those pages are torn out of the child. */
static void *writer(void *unused)
{
	uint64_t *at = words(SPANS - 1);
	uint64_t count = 0;

	atomic_fetch_add(&ready, 1);
	while (!atomic_load(&stop)) {
		count++;
		for (size_t w = 1; w < SPAN_PAGES * WORDS; w += 512)
			__atomic_store_n(&at[w], count, __ATOMIC_RELAXED);
	}
	return unused;
}

static int with_thread(void *(*run)(void *))
{
	pthread_t thread;
	int result;

	if (pthread_create(&thread, NULL, run, NULL) != 0)
		return 40;
	while (atomic_load(&ready) == 0)
		sched_yield();
	result = both_write();
	atomic_store(&stop, true);
	(void)pthread_join(thread, NULL);
	return result;
}

static int beside_an_idle_thread(void)
{
	int result = with_thread(idle);

	/* The parent has kept its pages. */
	return result ? result : pool_bytes() == SPANS * SPAN_PAGES * 2 * MB ? 0 : 5;
}

static void test_beside_an_idle_thread(void **state)
{
	(void)state;
	expect(beside_an_idle_thread);
}

static int beside_a_writer(void)
{
	return with_thread(writer);
}

static void test_beside_a_writer(void **state)
{
	(void)state;
	if (UNDER_TSAN) {
		print_message("pages that others write are read on purpose\n");
		skip();
	}
	expect(beside_a_writer);
}

/* Registered before ours, as glibc's own: it writes in the child before ours has run. */
static void write_early(void)
{
	words(0)[3] = 1234;
	words(2)[WORDS + 3] = 5678;
}

static int early_writes(void)
{
	pid_t child;
	pthread_t thread;
	int result;

	if (pthread_create(&thread, NULL, idle, NULL) != 0)
		return 40;
	child = fork();
	if (child == 0) {
		if (words(0)[3] != 1234 || words(2)[WORDS + 3] != 5678)
			_exit(32);
		words(0)[3] = words(2)[WORDS + 3] = 0;
		_exit(holds(0) ? 0 : 30);
	}
	result = status_of(child);
	atomic_store(&stop, true);
	(void)pthread_join(thread, NULL);
	return result ? result : holds(0) ? 0 : 21;
}

static void test_early_writes(void **state)
{
	pid_t child;

	(void)state;
	if (pools_available() < (uint64_t)SPANS * SPAN_PAGES)
		skip();
	child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		if (pthread_atfork(NULL, NULL, write_early) != 0)
			_exit(12);
		take_everything();
		_exit(early_writes());
	}
	assert_int_equal(status_of(child), 0);
}

/* The program's own handler for SIGBUS is there again, and signals are blocked as before.
 */
static volatile sig_atomic_t caught;

static void on_bus(int signal)
{
	caught = signal;
}

static int handlers_come_back(void)
{
	struct sigaction action = {.sa_handler = on_bus};
	sigset_t all;
	sigset_t now;
	int result;

	(void)sigaction(SIGBUS, &action, NULL);
	sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, NULL);
	result = with_thread(idle);
	(void)pthread_sigmask(SIG_SETMASK, NULL, &now);
	if (result)
		return result;
	if (!sigismember(&now, SIGBUS))
		return 6;
	sigemptyset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, NULL);
	(void)raise(SIGBUS);
	return caught == SIGBUS ? 0 : 7;
}

static void test_handlers_come_back(void **state)
{
	(void)state;
	expect(handlers_come_back);
}

/* Children of children, and the parent again and again. */
static int generations(void)
{
	int result = 0;

	for (int i = 0; i < 3 && !result; i++) {
		fill(0);
		result = both_write();
	}
	fill(0);
	for (int depth = 0; depth < 3 && !result; depth++) {
		pid_t child = fork();

		if (child > 0)
			_exit(holds(0) ? status_of(child) : 50 + depth);
		if (child < 0 || !holds(0))
			_exit(60);
		fill(0);
	}
	return result;
}

static void test_generations(void **state)
{
	(void)state;
	expect(generations);
}

/* A child that ends before it has done anything, and a fork that fails, stop nobody. */
static int child_without_us(void)
{
	struct pages_span span;

	pages_fork_prepare();
	pages_fork_parent();
	if (pages_map(2 * MB, 2 * MB, PAGES_ANY_NODE, &span) != 0)
		return 8;
	return span.source == PAGES_THP && holds(0) ? 0 : 9;
}

static void test_child_without_us(void **state)
{
	(void)state;
	expect(child_without_us);
}

static int failed_fork_beside_a_thread(void)
{
	pthread_t thread;
	int result;

	if (pthread_create(&thread, NULL, idle, NULL) != 0)
		return 40;
	result = child_without_us();
	atomic_store(&stop, true);
	(void)pthread_join(thread, NULL);
	return result;
}

static void test_failed_fork_beside_a_thread(void **state)
{
	(void)state;
	expect(failed_fork_beside_a_thread);
}

static int run(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_thread),
		cmocka_unit_test(test_beside_an_idle_thread),
		cmocka_unit_test(test_beside_a_writer),
		cmocka_unit_test(test_early_writes),
		cmocka_unit_test(test_handlers_come_back),
		cmocka_unit_test(test_generations),
		cmocka_unit_test(test_child_without_us),
		cmocka_unit_test(test_failed_fork_beside_a_thread),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

int main(void)
{
	return pools_run(2 * SPANS * SPAN_PAGES, run);
}
