/* SPDX-License-Identifier: MIT */
/* A child is forked while other threads hold the allocator's locks, which nobody will
 * give back in the child. */
#include "tests/interpose/check.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <sys/wait.h>

enum { THREADS = 3, FORKS = 40 };

static atomic_bool stop;

static void *churn(void *unused)
{
	(void)unused;
	while (!stop) {
		exercise(300);
		free(malloc(3 << 20));
		(void)sched_yield(); /* the forking thread has its turn too */
	}
	return NULL;
}

static void *child_thread(void *block)
{
	exercise(100);
	free(block);
	return NULL;
}

/* A child may go on allocating, with threads of its own. */
static void be_child(char *inherited)
{
	pthread_t thread;

	CHECK(is_filled(inherited, 10000, 9));
	exercise(300);
	CHECK(pthread_create(&thread, NULL, child_thread, inherited) == 0);
	CHECK(pthread_join(thread, NULL) == 0);
	free(malloc(3 << 20));
	_exit(0);
}

int main(void)
{
	pthread_t threads[THREADS];
	char *inherited = malloc(10000);

	CHECK(inherited);
	fill(inherited, 10000, 9);
	alarm(60);
	for (int i = 0; i < THREADS; i++)
		CHECK(pthread_create(&threads[i], NULL, churn, NULL) == 0);
	for (int i = 0; i < FORKS; i++) {
		int status;
		pid_t child = fork();

		CHECK(child >= 0);
		if (child == 0)
			be_child(inherited);
		CHECK(waitpid(child, &status, 0) == child);
		CHECK(status == 0);
	}
	stop = 1;
	for (int i = 0; i < THREADS; i++)
		CHECK(pthread_join(threads[i], NULL) == 0);
	CHECK(is_filled(inherited, 10000, 9));
	free(inherited);
	say("all children ended\n");
	return 0;
}
