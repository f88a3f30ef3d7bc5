/* SPDX-License-Identifier: MIT */
/* dlsym, dlopen and dlerror allocate: an interposer that looks for libc's malloc with
 * them calls itself for ever, or hands out what it cannot free. */
#include "tests/interpose/check.h"

#include <dlfcn.h>
#include <pthread.h>

enum { THREADS = 4, ROUNDS = 50 };

/* The first allocations of the process, if the loader made none. */
__attribute__((constructor)) static void look_up_early(void)
{
	CHECK(dlsym(RTLD_DEFAULT, "no_such_symbol") == NULL);
	CHECK(dlerror() != NULL);
	CHECK(dlsym(RTLD_NEXT, "malloc") != NULL);
}

static void *look_up(void *unused)
{
	(void)unused;
	for (int i = 0; i < ROUNDS; i++) {
		void *library = dlopen("libm.so.6", RTLD_NOW | RTLD_LOCAL);

		CHECK(library);
		CHECK(dlsym(library, "cos"));
		CHECK(!dlsym(library, "no_such_symbol"));
		CHECK(strstr(dlerror(), "no_such_symbol"));
		CHECK(!dlopen("/no/such/library.so", RTLD_NOW));
		CHECK(dlerror());
		CHECK(dlclose(library) == 0);
		free(malloc(100));
	}
	return NULL;
}

int main(void)
{
	pthread_t threads[THREADS];

	for (int i = 0; i < THREADS; i++)
		CHECK(pthread_create(&threads[i], NULL, look_up, NULL) == 0);
	for (int i = 0; i < THREADS; i++)
		CHECK(pthread_join(threads[i], NULL) == 0);
	say("dlsym allocated\n");
	return 0;
}
