/* SPDX-License-Identifier: MIT */
/* Threads come and go by thousands: what the allocator keeps for each must be used again,
 * also when blocks outlive their thread and are freed by another. */
#include "tests/interpose/check.h"

#include <pthread.h>
#include <stdio.h>

enum { THREADS = 5000, AT_ONCE = 8 };

static void *live_shortly(void *inherited)
{
	void *blocks[20];

	free(inherited);
	for (int i = 0; i < 20; i++) {
		blocks[i] = malloc((size_t)i * 150 + 1);
		CHECK(blocks[i]);
		memset(blocks[i], 1, (size_t)i * 150 + 1);
	}
	for (int i = 1; i < 20; i++)
		free(blocks[i]);
	return blocks[0];
}

static long resident_kib(void)
{
	FILE *file = fopen("/proc/self/statm", "re");
	long size;
	long pages;

	CHECK(file && fscanf(file, "%ld %ld", &size, &pages) == 2);
	(void)fclose(file);
	return pages * (sysconf(_SC_PAGESIZE) / 1024);
}

static void churn(int count)
{
	void *left[AT_ONCE] = {NULL};
	pthread_t threads[AT_ONCE];

	for (int i = 0; i < count; i += AT_ONCE) {
		for (int j = 0; j < AT_ONCE; j++)
			CHECK(pthread_create(&threads[j], NULL, live_shortly, left[j]) ==
				0);
		for (int j = 0; j < AT_ONCE; j++)
			CHECK(pthread_join(threads[j], &left[j]) == 0);
	}
	for (int j = 0; j < AT_ONCE; j++)
		free(left[j]);
}

int main(void)
{
	long before;

	churn(500);
	before = resident_kib();
	churn(THREADS);
	CHECK(resident_kib() - before < 4096);
	say("no growth\n");
	return 0;
}
