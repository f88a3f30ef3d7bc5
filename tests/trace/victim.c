/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A program whose allocations are known to the call: see tests/cli/test-trace.sh. */
#include "interpose/trace/format.h"

#include <errno.h>
#include <malloc.h>
#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { THREADS = 2000, MANY = 1100 };

/* So that the compiler cannot do without it. */
static void *use(void *block)
{
	__asm__ volatile("" : : "r"(block) : "memory");
	return block;
}

static __attribute__((noinline)) void allocate_large_blocks(void)
{
	for (int i = 0; i < 100; i++)
		memset(use(malloc(1 << 20)), 1, 4096);
}

static void call_each_function(void)
{
	void *block = NULL;

	for (int i = 0; i < 1000; i++)
		free(use(malloc(100)));
	for (int i = 0; i < 500; i++)
		free(use(calloc(3, 100)));
	for (int i = 0; i < 200; i++) {
		block = use(malloc(10));
		block = use(realloc(block, 20000));
		free(block);
	}
	for (int i = 0; i < 70; i++) {
		if (posix_memalign(&block, 256, 5000))
			exit(1);
		free(use(block));
		free(use(aligned_alloc(64, 6400)));
		free(use(memalign(32, 3000)));
	}
	free(NULL);
	block = use(realloc(NULL, 7000000));
	if (malloc_usable_size(block) < 7000000)
		exit(1);
	free(block);
	if (malloc((size_t)-1 / 4))
		exit(1);
}

static void *short_thread(void *argument)
{
	for (int i = 0; i < 10; i++)
		free(use(malloc(333)));
	return argument;
}

static atomic_int waiting;

static void *wait_forever(void *argument)
{
	(void)short_thread(NULL);
	waiting++;
	for (;;)
		(void)pause();
	return argument;
}

static void start_threads(void)
{
	for (int i = 0; i < THREADS; i++) {
		pthread_t thread;

		if (pthread_create(&thread, NULL, short_thread, NULL))
			exit(1);
		(void)pthread_join(thread, NULL);
	}
}

static void fork_and_allocate(void)
{
	void *before = use(malloc(5000));
	pid_t child = fork();

	if (child == 0) {
		free(before);
		for (int i = 0; i < 30000; i++)
			free(use(malloc(777)));
		exit(0);
	}
	(void)waitpid(child, NULL, 0);
	free(before);
}

static void work_in_child(void)
{
	for (int i = 0; i < 3000; i++)
		free(use(malloc(777)));
	exit(0);
}

static void *fork_and_end(void *argument)
{
	(void)short_thread(NULL);
	if (fork() == 0)
		work_in_child();
	return argument;
}

/* The threads that fork are gone before their children are far. */
static void fork_in_threads(void)
{
	pthread_t thread;

	for (int i = 0; i < 4; i++)
		if (pthread_create(&thread, NULL, fork_and_end, NULL) ||
			pthread_join(thread, NULL))
			exit(1);
	while (wait(NULL) > 0)
		continue;
}

/* By a child that calls too little to have a trace, of 3 MB more than its parent has. */
static void fork_in_child(void)
{
	if (fork() == 0) {
		use(malloc(3000000));
		if (fork() == 0)
			work_in_child();
		(void)wait(NULL);
		exit(0);
	}
	(void)wait(NULL);
}

/* Until the parent has begun threads, which is none of the child's business. */
static void fork_and_wait(void)
{
	int ends[2];
	char byte = 0;

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends))
		exit(1);
	if (fork() == 0) {
		if (write(ends[1], &byte, 1) != 1 || read(ends[1], &byte, 1) != 1)
			exit(1);
		work_in_child();
	}
	if (read(ends[0], &byte, 1) != 1)
		exit(1);
	for (int i = 0; i < 10; i++) {
		pthread_t thread;

		if (pthread_create(&thread, NULL, wait_forever, NULL))
			exit(1);
	}
	while (waiting < 10)
		(void)sched_yield();
	if (write(ends[0], &byte, 1) != 1)
		exit(1);
	(void)wait(NULL);
}

/* Twenty blocks of the parent's, then one of a child's, at one call site. */
static void fork_and_share_a_site(void)
{
	int ends[2];
	char byte = 0;
	pid_t child;

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends))
		exit(1);
	child = fork();
	if (child == 0) {
		if (read(ends[1], &byte, 1) != 1)
			exit(1);
		for (int i = 0; i < 3000; i++)
			free(use(malloc(777)));
	}
	for (int i = 0; i < (child == 0 ? 1 : 20); i++)
		use(malloc(5000000));
	if (child == 0)
		exit(0);
	if (write(ends[0], &byte, 1) != 1)
		exit(1);
	(void)wait(NULL);
}

/* As without the library: above glibc's first threshold. */
static void map_a_block(void)
{
	use(malloc(200000));
	if (mallinfo2().hblks != 1)
		exit(1);
}

/* Blocks that stay as they were. */
static void ask_for_too_much(void)
{
	for (int i = 0; i < 100; i++)
		if (realloc(use(malloc(1 << 20)), (size_t)-1 / 4))
			exit(1);
}

/* Longer than from one moment of the timeline to the next, each time. */
static void grow_slowly(void)
{
	void *block = malloc(100 << 20);

	for (size_t i = 1; i <= 5; i++) {
		void *larger;

		(void)usleep(15000);
		larger = realloc(block, (100 + i) << 20);
		if (!larger)
			exit(1);
		block = larger;
	}
	use(block);
}

static struct trace_class expected[TRACE_CLASSES];

static void *expect_malloc(size_t bytes)
{
	struct trace_class *class = &expected[trace_class_of(bytes)];
	void *block = use(malloc(bytes));

	class->calls[TRACE_MALLOC]++;
	class->asked_bytes += bytes;
	class->granted_bytes += malloc_usable_size(block);
	return block;
}

static void expect_free(void *block)
{
	size_t bytes = malloc_usable_size(block);

	expected[trace_class_of(bytes)].calls[TRACE_FREE]++;
	expected[trace_class_of(bytes)].freed_bytes += bytes;
	free(block);
}

/* As the columns of .sizes.csv, without a call of the C library's own. */
static void print_expected(void)
{
	for (unsigned i = 0; i < TRACE_CLASSES; i++) {
		const struct trace_class *class = &expected[i];
		char line[256];
		int length = snprintf(line, sizeof(line),
			"expected %lu,%lu,0,0,0,%lu,%lu,%lu,%lu\n", trace_class_bytes(i),
			class->calls[TRACE_MALLOC], class->calls[TRACE_FREE],
			class->asked_bytes, class->granted_bytes, class->freed_bytes);

		if (!class->asked_bytes && !class->freed_bytes && i > 0)
			continue;
		if (write(STDOUT_FILENO, line, (size_t)length) != length)
			exit(1);
	}
}

/* All small sizes, and some above, while others live, so that chunks are divided and grow
 * together; one size more often than 16 bits count; then as the columns of .sizes.csv
 * what the classes should have got. */
static void call_at_random(void)
{
	enum { LIVE = 512, ROUNDS = 100, SIZES = TRACE_SMALL + 50 };
	static void *blocks[LIVE];
	uint32_t random = 1;

	for (int i = 0; i < LIVE; i++)
		blocks[i] = expect_malloc(16);
	for (int i = 0; i < ROUNDS * SIZES; i++) {
		void **block = &blocks[(random = random * 1664525 + 1013904223) >> 23];

		expect_free(*block);
		*block = expect_malloc((size_t)(i % SIZES));
	}
	for (int i = 0; i < LIVE; i++)
		expect_free(blocks[i]);
	for (int i = 0; i < 70000; i++)
		expect_free(expect_malloc(40));
	print_expected();
}

/* One thread allocates what another frees: 10 MB are alive at the most. */
enum { HANDED = 20000, HANDED_BYTES = 504, HAND_OVERS = 5 };
static void *handed[HANDED];
static pthread_barrier_t hand;

static void *free_what_is_handed(void *argument)
{
	for (int round = 0; round < HAND_OVERS; round++) {
		(void)pthread_barrier_wait(&hand);
		for (int i = 0; i < HANDED; i++)
			free(handed[i]);
		(void)pthread_barrier_wait(&hand);
	}
	/* It is alive when the program ends. */
	for (;;)
		(void)pause();
	return argument;
}

static void hand_over(void)
{
	pthread_t other;

	if (pthread_barrier_init(&hand, NULL, 2) ||
		pthread_create(&other, NULL, free_what_is_handed, NULL))
		exit(1);
	for (int round = 0; round < HAND_OVERS; round++) {
		for (int i = 0; i < HANDED; i++)
			handed[i] = use(malloc(HANDED_BYTES));
		(void)pthread_barrier_wait(&hand);
		(void)pthread_barrier_wait(&hand);
	}
}

static void *wait_with_many(void *argument)
{
	(void)pthread_barrier_wait(&hand);
	(void)short_thread(NULL);
	(void)pthread_barrier_wait(&hand);
	return argument;
}

/* More than there are slots in a trace. */
static void run_many_threads(void)
{
	static pthread_t threads[MANY];

	if (pthread_barrier_init(&hand, NULL, MANY))
		exit(1);
	for (int i = 0; i < MANY; i++)
		if (pthread_create(&threads[i], NULL, wait_with_many, NULL))
			exit(1);
	for (int i = 0; i < MANY; i++)
		(void)pthread_join(threads[i], NULL);
}

static pthread_key_t late;

/* Of a thread that has ended but for its destructors; in the second round the library's
 * own has run. */
static void allocate_late(void *value)
{
	static __thread int rounds;

	if (++rounds < 3) {
		(void)pthread_setspecific(late, value);
		return;
	}
	free(use(realloc(use(calloc(1, 7000)), 30000)));
	free(use(aligned_alloc(64, 13000)));
}

static void *end_late(void *argument)
{
	(void)short_thread(NULL);
	(void)pthread_setspecific(late, &late);
	return argument;
}

static void run_late_destructors(void)
{
	if (pthread_key_create(&late, allocate_late))
		exit(1);
	for (int i = 0; i < 100; i++) {
		pthread_t thread;

		if (pthread_create(&thread, NULL, end_late, NULL))
			exit(1);
		(void)pthread_join(thread, NULL);
	}
}

/* malloc and free are no cancellation points, and free leaves errno alone. */
static atomic_bool cancelled, came_through;

static void *go_on_when_cancelled(void *argument)
{
	static void *blocks[1000];
	bool unharmed;

	while (!cancelled)
		continue;
	for (int i = 0; i < 1000; i++)
		blocks[i] = use(malloc(1000));
	errno = 0;
	for (int i = 0; i < 1000; i++)
		free(blocks[i]);
	unharmed = errno == 0;
	came_through = unharmed;
	pthread_testcancel();
	return argument;
}

static void cancel_within_calls(void)
{
	const struct rlimit none = {0, 0};
	pthread_t thread;

	if (setrlimit(RLIMIT_NOFILE, &none) ||
		pthread_create(&thread, NULL, go_on_when_cancelled, NULL))
		exit(1);
	(void)pthread_cancel(thread);
	cancelled = true;
	(void)pthread_join(thread, NULL);
	if (!came_through)
		exit(1);
}

/* 100,000 bytes, less than what a thread keeps to itself. */
static void abort_with_blocks(void)
{
	for (int i = 0; i < 100; i++)
		use(malloc(1000));
	abort();
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";

	if (strcmp(what, "each") == 0)
		call_each_function();
	else if (strcmp(what, "large") == 0)
		allocate_large_blocks();
	else if (strcmp(what, "threads") == 0)
		start_threads();
	else if (strcmp(what, "fork") == 0)
		fork_and_allocate();
	else if (strcmp(what, "fork-in-threads") == 0)
		fork_in_threads();
	else if (strcmp(what, "fork-in-child") == 0)
		fork_in_child();
	else if (strcmp(what, "fork-and-wait") == 0)
		fork_and_wait();
	else if (strcmp(what, "fork-and-share") == 0)
		fork_and_share_a_site();
	else if (strcmp(what, "map") == 0)
		map_a_block();
	else if (strcmp(what, "refuse") == 0)
		ask_for_too_much();
	else if (strcmp(what, "grow") == 0)
		grow_slowly();
	else if (strcmp(what, "random") == 0)
		call_at_random();
	else if (strcmp(what, "hand") == 0)
		hand_over();
	else if (strcmp(what, "many") == 0)
		run_many_threads();
	else if (strcmp(what, "late") == 0)
		run_late_destructors();
	else if (strcmp(what, "cancel") == 0)
		cancel_within_calls();
	else if (strcmp(what, "abort") == 0)
		abort_with_blocks();
	return 0;
}
