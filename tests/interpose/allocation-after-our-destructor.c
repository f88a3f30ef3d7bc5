/* SPDX-License-Identifier: MIT */
/* Destructors that run after the interposer's, exit handlers, and those of threads still
 * allocate and free; threads that exit does not wait for go on meanwhile. */
#include "tests/interpose/check.h"

#include <pthread.h>

extern char *early_text; /* of lib-early.c, which frees it in its destructor */

static char *kept;
static pthread_key_t key;

static void in_thread_end(void *block)
{
	static int rounds;

	free(block);
	exercise(100);
	/* As often as POSIX lets them come again. */
	if (++rounds < 4)
		CHECK(pthread_setspecific(key, malloc(200)) == 0);
}

static void *end_with_destructor(void *unused)
{
	(void)unused;
	CHECK(pthread_setspecific(key, malloc(100)) == 0);
	exercise(100);
	return NULL;
}

static void *never_ends(void *unused)
{
	(void)unused;
	for (;;)
		exercise(100);
	return NULL;
}

static void at_exit(void)
{
	CHECK(is_filled(kept, 100, 3));
	free(kept);
	exercise(1000);
	say("exit handler allocated\n");
}

__attribute__((destructor)) static void last(void)
{
	exercise(1000);
}

int main(void)
{
	pthread_t thread;

	CHECK(early_text);
	CHECK(atexit(at_exit) == 0);
	kept = malloc(100);
	CHECK(kept);
	fill(kept, 100, 3);
	CHECK(pthread_key_create(&key, in_thread_end) == 0);
	CHECK(pthread_create(&thread, NULL, end_with_destructor, NULL) == 0);
	CHECK(pthread_join(thread, NULL) == 0);
	for (int i = 0; i < 2; i++)
		CHECK(pthread_create(&thread, NULL, never_ends, NULL) == 0);
	return 0;
}
