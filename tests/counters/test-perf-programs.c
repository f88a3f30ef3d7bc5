/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Whole programs, threads and CPUs through the perf backend and the running kernel, by
 * page faults and context switches of known number. Where perf_event is refused the tests
 * are skipped, and say why.
 */
#include "counters/counters.h"
#include "counters/threads.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

enum { PAGES = 512, EVENTS = 3, SLEEPS = 20, SLACK = 64 };
enum { FAULTS, SWITCHES, CLOCK };

static const struct group group = {
	.name = "software",
	.events = {{"PMC0", "perf::PAGE-FAULTS"}, {"PMC1", "perf::CONTEXT-SWITCHES"},
		{"PMC2", "perf::TASK-CLOCK"}},
	.events_count = EVENTS,
};

struct opened {
	struct counter_event_status status[EVENTS];
	struct counter_value values[EVENTS];
	struct counters *counters;
};

static void open_on(struct opened *opened, const struct counter_target *target)
{
	struct complaint complaint = {.what = ""};
	int error = counters_perf.open(
		&opened->counters, &group, target, opened->status, &complaint);

	if (error) {
		print_message("skipped: %s: %s\n", complaint.what, complaint.why);
		assert_true(complaint.why[0] != '\0');
		skip();
	}
	for (size_t i = 0; i < EVENTS; i++)
		if (opened->status[i].error)
			print_message(
				"%s: %s\n", group.events[i].name, opened->status[i].why);
}

static void read_now(struct opened *opened)
{
	assert_int_equal(counters_perf.read(opened->counters, opened->values), 0);
}

static char *map_pages(size_t count)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	char *pages = mmap(NULL, count * page, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (pages == MAP_FAILED)
		abort();
	(void)madvise(pages, count * page, MADV_NOHUGEPAGE);
	return pages;
}

/* A sanitizer would touch pages of its own for each. */
__attribute__((no_sanitize_thread, no_sanitize_address)) static void touch(
	char *pages, size_t count)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);

	for (size_t i = 0; i < count; i++)
		((volatile char *)pages)[i * page] = 1;
}

static void unmap_pages(char *pages, size_t count)
{
	(void)munmap(pages, count * (size_t)sysconf(_SC_PAGESIZE));
}

static void touch_pages(size_t count)
{
	char *pages = map_pages(count);

	touch(pages, count);
	unmap_pages(pages, count);
}

/* A few more faults are the C library's business, and a sanitizer's. */
static void expect_about(const char *what, uint64_t count, uint64_t wanted)
{
	print_message("%s: %" PRIu64 " for %" PRIu64 "\n", what, count, wanted);
	assert_true(count >= wanted);
	assert_true(count < wanted + SLACK);
}

static void *touch_in_thread(void *pages)
{
	touch_pages(*(size_t *)pages);
	return NULL;
}

static void execute_true(void)
{
	pid_t child = fork();
	int how;

	assert_true(child >= 0);
	if (child == 0) {
		(void)execl("/bin/sh", "sh", "-c", "true", NULL);
		_exit(127);
	}
	assert_int_equal(waitpid(child, &how, 0), child);
	assert_int_equal(how, 0);
}

/* Threads and children count where they are to be inherited, and only there; and nothing
 * before the start. */
static void test_inherit(void **state)
{
	const struct counter_target alone = {.cpu = -1};
	const struct counter_target all = {.cpu = -1, .inherit = true};
	size_t pages = 4 * PAGES;
	struct opened own;
	struct opened whole;
	pthread_t thread;
	pid_t child;
	int how;

	(void)state;
	open_on(&own, &alone);
	open_on(&whole, &all);
	assert_int_equal(whole.status[FAULTS].scope, COUNTER_SCOPE_PROGRAM);
	assert_int_equal(own.status[FAULTS].scope, COUNTER_SCOPE_THREAD);
	execute_true();
	read_now(&own);
	assert_int_equal(own.values[FAULTS].count, 0);
	read_now(&whole);
	assert_int_equal(whole.values[FAULTS].count, 0);
	assert_int_equal(counters_perf.start(own.counters), 0);
	assert_int_equal(counters_perf.start(whole.counters), 0);
	assert_int_equal(pthread_create(&thread, NULL, touch_in_thread, &pages), 0);
	assert_int_equal(pthread_join(thread, NULL), 0);
	child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		touch_pages(pages);
		_exit(0);
	}
	assert_int_equal(waitpid(child, &how, 0), child);
	assert_int_equal(how, 0);
	read_now(&own);
	read_now(&whole);
	print_message("own %" PRIu64 ", with a thread and a child %" PRIu64 "\n",
		own.values[FAULTS].count, whole.values[FAULTS].count);
	assert_true(own.values[FAULTS].count < 2 * pages);
	assert_true(whole.values[FAULTS].count >= own.values[FAULTS].count + 2 * pages);
	assert_int_equal(
		whole.values[FAULTS].enabled_ns, whole.values[FAULTS].running_ns);
	counters_perf.close(own.counters);
	counters_perf.close(whole.counters);
}

/* A child that waits to be told to go on, touches many pages, and executes a program that
 * touches few. */
static pid_t start_waiting(int *go)
{
	int pipe_fds[2];
	pid_t child;

	assert_int_equal(pipe2(pipe_fds, O_CLOEXEC), 0);
	child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		char byte;

		(void)close(pipe_fds[1]);
		(void)!read(pipe_fds[0], &byte, 1);
		touch_pages(16 * PAGES);
		(void)execl("/bin/sh", "sh", "-c", "true", NULL);
		_exit(127);
	}
	(void)close(pipe_fds[0]);
	*go = pipe_fds[1];
	return child;
}

static void test_on_exec(void **state)
{
	struct counter_target target = {.cpu = -1, .inherit = true, .on_exec = true};
	struct opened opened;
	int go;
	int how;

	(void)state;
	target.thread = start_waiting(&go);
	open_on(&opened, &target);
	assert_int_equal(counters_perf.start(opened.counters), 0);
	read_now(&opened);
	assert_int_equal(opened.values[FAULTS].count, 0);
	assert_int_equal(opened.values[FAULTS].enabled_ns, 0);
	assert_int_equal(close(go), 0);
	assert_int_equal(waitpid(target.thread, &how, 0), target.thread);
	assert_int_equal(how, 0);
	/* The process is gone, its counts are not. What it did before exec is not in
	 * them; the pages of a program's start are. */
	read_now(&opened);
	print_message("%" PRIu64 " faults after exec\n", opened.values[FAULTS].count);
	assert_true(opened.values[FAULTS].count >= 10);
	assert_true(opened.values[FAULTS].count < 8 * PAGES);
	assert_true(opened.values[FAULTS].running_ns > 0);
	assert_int_equal(
		opened.values[FAULTS].enabled_ns, opened.values[FAULTS].running_ns);
	counters_perf.close(opened.counters);
}

/* A thread that touches its pages when told, and ends when told. */
struct worker {
	pthread_t thread;
	pthread_barrier_t barrier;
	size_t pages;
	char *mapping;
	pid_t id;
};

static void *work(void *context)
{
	struct worker *worker = context;

	worker->id = gettid();
	(void)pthread_barrier_wait(&worker->barrier);
	(void)pthread_barrier_wait(&worker->barrier);
	touch(worker->mapping, worker->pages);
	(void)pthread_barrier_wait(&worker->barrier);
	(void)pthread_barrier_wait(&worker->barrier);
	return NULL;
}

static void start_worker(struct worker *worker, size_t pages)
{
	worker->pages = pages;
	worker->mapping = map_pages(pages);
	assert_int_equal(pthread_barrier_init(&worker->barrier, NULL, 2), 0);
	assert_int_equal(pthread_create(&worker->thread, NULL, work, worker), 0);
	(void)pthread_barrier_wait(&worker->barrier);
}

static const struct counter_thread *thread_of(
	const struct counter_threads *threads, pid_t id)
{
	for (size_t i = 0; i < threads->count; i++)
		if (threads->list[i].thread == id)
			return &threads->list[i];
	fail_msg("thread %d is not counted", (int)id);
	return NULL;
}

static void test_threads(void **state)
{
	const struct counter_filter filter = {.user = true};
	struct worker workers[3];
	struct counter_threads threads;
	struct complaint complaint = {.what = ""};
	int error;

	(void)state;
	start_worker(&workers[0], PAGES);
	start_worker(&workers[1], 3 * PAGES);
	error = counter_threads_open(
		&threads, &counters_perf, &group, getpid(), &filter, &complaint);
	if (!error) {
		/* One more starts later. */
		start_worker(&workers[2], 5 * PAGES);
		assert_int_equal(counter_threads_follow(&threads), 0);
	}
	for (unsigned i = 0; i < (error ? 2 : 3); i++) {
		(void)pthread_barrier_wait(&workers[i].barrier);
		(void)pthread_barrier_wait(&workers[i].barrier);
	}
	if (error) {
		print_message("skipped: %s: %s\n", complaint.what, complaint.why);
	} else {
		assert_int_equal(counter_threads_read(&threads), 0);
		for (unsigned i = 0; i < 3; i++) {
			const struct counter_thread *thread =
				thread_of(&threads, workers[i].id);

			expect_about("a thread's faults", thread->values[FAULTS].count,
				workers[i].pages);
			assert_true(thread->first == (i < 2));
			assert_true((thread->followed_ns == 0) == (i < 2));
			assert_true(thread->name[0] != '\0');
			assert_false(thread->ended);
		}
	}
	for (unsigned i = 0; i < (error ? 2 : 3); i++) {
		(void)pthread_barrier_wait(&workers[i].barrier);
		assert_int_equal(pthread_join(workers[i].thread, NULL), 0);
		(void)pthread_barrier_destroy(&workers[i].barrier);
		unmap_pages(workers[i].mapping, workers[i].pages);
	}
	if (error)
		skip();
	/* What has ended keeps its counts. */
	assert_int_equal(counter_threads_follow(&threads), 0);
	assert_int_equal(counter_threads_read(&threads), 0);
	assert_true(thread_of(&threads, workers[1].id)->ended);
	assert_false(thread_of(&threads, getpid())->ended);
	expect_about("an ended thread's faults",
		thread_of(&threads, workers[1].id)->values[FAULTS].count, 3 * PAGES);
	assert_string_equal(threads.missed.what, "");
	counter_threads_close(&threads);
}

static void test_no_process(void **state)
{
	const struct counter_filter filter = {.user = true};
	const struct counter_target target = {.thread = 0x3ffffff0, .cpu = -1};
	struct counter_event_status status[EVENTS];
	struct counter_threads threads;
	struct counters *counters;
	struct complaint complaint = {.what = ""};

	(void)state;
	assert_int_equal(counter_threads_open(&threads, &counters_perf, &group,
				 target.thread, &filter, &complaint),
		-ESRCH);
	assert_non_null(strstr(complaint.why, "no such process"));
	complaint = (struct complaint){.what = ""};
	if (counters_perf.probe(&complaint)) {
		print_message("skipped: %s: %s\n", complaint.what, complaint.why);
		skip();
	}
	assert_int_equal(
		counters_perf.open(&counters, &group, &target, status, &complaint),
		-ESRCH);
	assert_non_null(strstr(complaint.why, "no such process"));
	assert_non_null(strstr(complaint.advice, "pgrep"));
}

/* One fault for each page, by the kernel on the program's behalf. */
__attribute__((no_sanitize_thread, no_sanitize_address)) static void fault_in_kernel(
	char *pages, size_t count)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	int zero = open("/dev/zero", O_RDONLY | O_CLOEXEC);

	for (size_t i = 0; i < count; i++)
		(void)syscall(SYS_read, zero, pages + i * page, 1);
	(void)close(zero);
}

static void count_faults(const struct counter_filter *filter, uint64_t counts[2])
{
	const struct counter_target target = {.cpu = -1, .filter = *filter};
	struct opened opened;

	open_on(&opened, &target);
	assert_int_equal(counters_perf.start(opened.counters), 0);
	for (unsigned in_kernel = 0; in_kernel < 2; in_kernel++) {
		char *pages = map_pages(PAGES);
		uint64_t before;

		read_now(&opened);
		before = opened.values[FAULTS].count;
		if (in_kernel)
			fault_in_kernel(pages, PAGES);
		else
			touch(pages, PAGES);
		read_now(&opened);
		counts[in_kernel] = opened.values[FAULTS].count - before;
		unmap_pages(pages, PAGES);
	}
	counters_perf.close(opened.counters);
}

static void test_filters(void **state)
{
	static const char *const letters[] = {"u", "k", "uk"};

	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		const bool user = i != 1;
		const bool in_kernel = i != 0;
		struct counter_filter filter;
		uint64_t counts[2];

		assert_int_equal(counter_filter_parse(letters[i], &filter), 0);
		count_faults(&filter, counts);
		print_message("%s: %" PRIu64 " faults of the program, %" PRIu64
			      " in the kernel\n",
			letters[i], counts[0], counts[1]);
		assert_true(user ? counts[0] >= PAGES : counts[0] < SLACK);
		assert_true(in_kernel ? counts[1] >= PAGES : counts[1] < SLACK);
	}
	assert_int_equal(counter_filter_parse("", &(struct counter_filter){0}), -EINVAL);
	assert_int_equal(
		counter_filter_parse("ux", &(struct counter_filter){0}), -EINVAL);
}

/* All that runs on every CPU has at least what this process does. */
static void test_system(void **state)
{
	const struct counter_target all = {
		.thread = -1, .cpu = -1, .filter = {.user = true, .kernel = true}};
	const struct timespec moment = {.tv_nsec = 1000000};
	struct opened opened;

	(void)state;
	open_on(&opened, &all);
	assert_int_equal(opened.status[SWITCHES].scope, COUNTER_SCOPE_SYSTEM);
	assert_int_equal(counters_perf.start(opened.counters), 0);
	for (unsigned i = 0; i < SLEEPS; i++)
		(void)nanosleep(&moment, NULL);
	touch_pages(PAGES);
	assert_int_equal(counters_perf.stop(opened.counters), 0);
	read_now(&opened);
	print_message("system-wide: %" PRIu64 " faults, %" PRIu64 " switches\n",
		opened.values[FAULTS].count, opened.values[SWITCHES].count);
	assert_true(opened.values[FAULTS].count >= PAGES);
	assert_true(opened.values[SWITCHES].count >= SLEEPS);
	counters_perf.close(opened.counters);
}

/* Software events have no instruction that reads them. */
static void test_read_cost(void **state)
{
	struct counter_read_cost cost;
	struct opened opened;

	(void)state;
	open_on(&opened, NULL);
	assert_int_equal(counters_perf.start(opened.counters), 0);
	assert_int_equal(
		counters_perf.choose_read_path(opened.counters, &clocks_system, &cost),
		0);
	print_message(
		"read(): %.0f ns; in user space: %s\n", cost.syscall_ns, cost.user_why);
	assert_int_equal(cost.path, COUNTER_READ_SYSCALL);
	assert_true(cost.syscall_ns > 0 && cost.user_why[0] != '\0');
	read_now(&opened);
	counters_perf.close(opened.counters);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_inherit),
		cmocka_unit_test(test_on_exec),
		cmocka_unit_test(test_threads),
		cmocka_unit_test(test_no_process),
		cmocka_unit_test(test_filters),
		cmocka_unit_test(test_system),
		cmocka_unit_test(test_read_cost),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
