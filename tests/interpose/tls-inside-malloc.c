/* SPDX-License-Identifier: MIT */
/* The thread-local variables of a library that dlopen loads are allocated by malloc when
 * a thread first touches them: a malloc whose own were of that kind would call itself. */
#include "tests/interpose/check.h"

#include <dlfcn.h>
#include <pthread.h>

enum { THREADS = 8, ROUNDS = 20 };

static int *(*tls_touch)(int);

static void *touch(void *number)
{
	int *variable = tls_touch((int)(intptr_t)number);

	exercise(200);
	CHECK(*variable == (int)(intptr_t)number);
	return NULL;
}

int main(int argc, char **argv)
{
	CHECK(argc == 2);
	for (int round = 0; round < ROUNDS; round++) {
		void *library = dlopen(argv[1], RTLD_NOW);
		pthread_t threads[THREADS];

		CHECK(library);
		tls_touch = (int *(*)(int))dlsym(library, "tls_touch");
		CHECK(tls_touch);
		for (int i = 0; i < THREADS; i++)
			CHECK(pthread_create(&threads[i], NULL, touch,
				      (void *)(intptr_t)(i + round)) == 0);
		for (int i = 0; i < THREADS; i++)
			CHECK(pthread_join(threads[i], NULL) == 0);
		CHECK(dlclose(library) == 0);
	}
	say("thread-local variables allocated\n");
	return 0;
}
