/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A program whose allocations are known to the call: see tests/cli/test-trace.sh. */
#include <malloc.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { THREADS = 2000 };

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

/* Longer than from one moment of the timeline to the next, each time. */
static void grow_slowly(void)
{
	char *block = malloc(100 << 20);

	for (size_t i = 1; block && i <= 5; i++) {
		(void)usleep(15000);
		block = realloc(block, (100 + i) << 20);
	}
	use(block);
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
	else if (strcmp(what, "grow") == 0)
		grow_slowly();
	else if (strcmp(what, "abort") == 0)
		abort();
	return 0;
}
