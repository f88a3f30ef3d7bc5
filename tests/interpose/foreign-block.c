/* SPDX-License-Identifier: MIT */
/* Blocks that another allocator gave (libc's own names are not interposed) are freed,
 * resized and measured: their owner must do it. */
#include "tests/interpose/check.h"

#include <malloc.h>
#include <pthread.h>

extern void *__libc_malloc(size_t bytes);
extern void *__libc_calloc(size_t count, size_t bytes);
extern void *__libc_memalign(size_t alignment, size_t bytes);

enum { BLOCKS = 200 };

static void *early;

/* Libraries that are initialised before the interposer can meet them too. */
static void allocate_early(void)
{
	early = __libc_malloc(100);
	CHECK(early);
	free(__libc_malloc(10));
	free(__libc_malloc(10 << 20));
	early = realloc(early, 200);
	CHECK(early);
}

__attribute__((section(".preinit_array"), used)) static void (*const preinit)(
	void) = allocate_early;

static size_t size_of(int i)
{
	return i % 20 == 0 ? (size_t)i << 14 : (size_t)i * 37 + 1;
}

static void *give_and_take(void *unused)
{
	void *foreign[BLOCKS];
	void *ours[BLOCKS];

	(void)unused;
	for (int i = 0; i < BLOCKS; i++) {
		foreign[i] = __libc_malloc(size_of(i));
		ours[i] = malloc(size_of(i));
		CHECK(foreign[i] && ours[i]);
		fill(foreign[i], size_of(i), (unsigned)i);
		fill(ours[i], size_of(i), (unsigned)i);
	}
	for (int i = 0; i < BLOCKS; i++) {
		CHECK(malloc_usable_size(foreign[i]) >= size_of(i));
		if (i % 2) {
			foreign[i] = realloc(foreign[i], size_of(i) * 3);
			ours[i] = realloc(ours[i], size_of(i) * 3);
			CHECK(foreign[i] && ours[i]);
		}
		CHECK(is_filled(foreign[i], size_of(i), (unsigned)i));
		CHECK(is_filled(ours[i], size_of(i), (unsigned)i));
	}
	for (int i = 0; i < BLOCKS; i++) {
		free(foreign[i]);
		free(ours[i]);
	}
	return NULL;
}

int main(void)
{
	pthread_t thread;
	void *block;

	free(early);
	(void)give_and_take(NULL);
	CHECK(pthread_create(&thread, NULL, give_and_take, NULL) == 0);
	CHECK(pthread_join(thread, NULL) == 0);
	block = __libc_calloc(100, 100);
	CHECK(block);
	CHECK(!realloc(block, 0)); /* frees it */
	block = __libc_memalign(1 << 16, 100);
	CHECK(block);
	free(block);
	say("every block went to its owner\n");
	return 0;
}
