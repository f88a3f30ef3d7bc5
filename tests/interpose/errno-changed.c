/* SPDX-License-Identifier: MIT */
/* free never changes errno, and nothing does where it succeeds: programs read it after
 * they have cleaned up. */
#include "tests/interpose/check.h"

#include <errno.h>
#include <malloc.h>
#include <pthread.h>

static void *succeed(void *unused)
{
	static const size_t sizes[] = {
		0, 1, 16, 100, 1000, 5000, 40000, 300000, 2 << 20, 5 << 20, 64 << 20};
	void *block;

	(void)unused;
	errno = 12345;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		block = malloc(sizes[i]);
		CHECK(block && errno == 12345);
		block = realloc(block, sizes[i] * 2 + 1);
		CHECK(block && errno == 12345);
		CHECK(malloc_usable_size(block) > sizes[i] * 2 && errno == 12345);
		free(block);
		CHECK(errno == 12345);
		block = calloc(sizes[i], 2);
		CHECK(block && errno == 12345);
		free(block);
		CHECK(errno == 12345);
		CHECK(posix_memalign(&block, 256, sizes[i]) == 0 && errno == 12345);
		free(block);
		CHECK(errno == 12345);
	}
	free(NULL);
	CHECK(errno == 12345);
	(void)malloc_trim(0);
	CHECK(errno == 12345);
	return NULL;
}

int main(void)
{
	volatile size_t too_much = SIZE_MAX / 2 + 100;
	pthread_t thread;
	void *block = &thread;

	(void)succeed(NULL);
	CHECK(pthread_create(&thread, NULL, succeed, NULL) == 0);
	CHECK(pthread_join(thread, NULL) == 0);
	errno = 12345;
	CHECK(posix_memalign(&block, 3, 10) == EINVAL);
	CHECK(posix_memalign(&block, 16, too_much) == ENOMEM);
	CHECK(block == &thread); /* untouched */
	errno = 0;
	CHECK(!malloc(too_much) && errno == ENOMEM);
	say("errno kept\n");
	return 0;
}
