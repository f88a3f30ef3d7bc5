/* SPDX-License-Identifier: MIT */
/* The program's own maps, with huge pages or without, are what mmap promises: zeroed, of
 * their own, independent of each other, and gone when they are unmapped. */
#include "tests/interpose/check.h"

#include <errno.h>
#include <pthread.h>
#include <sys/mman.h>

enum { MAPS = 24 };

static int is_zero(const unsigned char *block, size_t bytes)
{
	for (size_t i = 0; i < bytes; i++)
		if (block[i])
			return 0;
	return 1;
}

static unsigned char *map(size_t bytes)
{
	return mmap(
		NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

static void *map_and_unmap(void *unused)
{
	unsigned char *maps[MAPS];
	size_t sizes[MAPS];

	(void)unused;
	for (int round = 0; round < 2; round++) {
		for (int i = 0; i < MAPS; i++) {
			sizes[i] = (size_t)1 << (12 + (i + round) % 12);
			sizes[i] += (size_t)(i % 3) * 4096 + (size_t)(i % 2);
			errno = 77;
			maps[i] = map(sizes[i]);
			CHECK(maps[i] != MAP_FAILED && errno == 77);
			CHECK(is_zero(maps[i], sizes[i]));
			fill(maps[i], sizes[i], (unsigned)i);
		}
		for (int i = 0; i < MAPS; i += 2)
			CHECK(munmap(maps[i], sizes[i]) == 0);
		for (int i = 1; i < MAPS; i += 2) {
			CHECK(is_filled(maps[i], sizes[i], (unsigned)i));
			CHECK(mprotect(maps[i], sizes[i], PROT_READ) == 0);
			maps[i] = mremap(maps[i], sizes[i], sizes[i] * 2, MREMAP_MAYMOVE);
			CHECK(maps[i] != MAP_FAILED);
			CHECK(is_filled(maps[i], sizes[i], (unsigned)i));
			CHECK(munmap(maps[i], sizes[i] * 2) == 0);
		}
	}
	return NULL;
}

int main(void)
{
	unsigned char *whole;
	pthread_t threads[2];

	for (int i = 0; i < 2; i++)
		CHECK(pthread_create(&threads[i], NULL, map_and_unmap, NULL) == 0);
	for (int i = 0; i < 2; i++)
		CHECK(pthread_join(threads[i], NULL) == 0);

	/* Reserved, then taken piece by piece at fixed places. */
	whole = mmap(NULL, 64 << 20, PROT_NONE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	CHECK(whole != MAP_FAILED);
	CHECK(mmap(whole + 4096, 8 << 20, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == whole + 4096);
	CHECK(is_zero(whole + 4096, 8 << 20));
	fill(whole + 4096, 8 << 20, 1);
	CHECK(munmap(whole, 64 << 20) == 0);
	CHECK(msync(whole, 4096, MS_ASYNC) == -1); /* nothing is left there */

	errno = 0;
	CHECK(map((size_t)1 << 60) == MAP_FAILED && errno == ENOMEM);
	CHECK(mmap(NULL, 0, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) ==
			MAP_FAILED &&
		errno == EINVAL);
	CHECK(mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, -1, 0) == MAP_FAILED &&
		errno == EBADF);
	say("maps as asked for\n");
	return 0;
}
