/* SPDX-License-Identifier: MIT */
/* Out of address space, allocation fails with ENOMEM, what is there goes on working, and
 * after something is freed there is memory again. */
#include "tests/interpose/check.h"

#include <errno.h>
#include <pthread.h>
#include <sys/resource.h>

struct block {
	struct block *next;
};

/* Blocks of a size until there are no more. */
static struct block *take_all(size_t bytes, size_t *count)
{
	struct block *list = NULL;
	struct block *block;

	errno = 0;
	for (*count = 0; (block = malloc(bytes)); ++*count) {
		memset(block, 1, bytes < 4096 ? bytes : 4096);
		block->next = list;
		list = block;
	}
	CHECK(errno == ENOMEM);
	return list;
}

static void give_all(struct block *list)
{
	while (list) {
		struct block *next = list->next;

		free(list);
		list = next;
	}
}

static void *exhaust(void *unused)
{
	static const size_t sizes[] = {16 << 20, 1 << 20, 100000, 4096, 100};
	size_t again;

	(void)unused;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		size_t count;
		struct block *list = take_all(sizes[i], &count);
		char *grown = (char *)list;

		CHECK(count >= 2);
		errno = 0;
		CHECK(!calloc(64, 1 << 20) && errno == ENOMEM);
		CHECK(!realloc(grown, 512 << 20) && errno == ENOMEM);
		give_all(list);
		/* What was freed serves again, whatever was lost to order. */
		list = take_all(sizes[i], &again);
		CHECK(again >= count / 2);
		give_all(list);
	}
	return NULL;
}

int main(void)
{
	const struct rlimit limit = {96 << 20, 96 << 20};
	pthread_t thread;

	free(malloc(100));
	CHECK(setrlimit(RLIMIT_AS, &limit) == 0);
	/* The thread first: libc's heap may be too scattered for its stack afterwards. */
	CHECK(pthread_create(&thread, NULL, exhaust, NULL) == 0);
	CHECK(pthread_join(thread, NULL) == 0);
	(void)exhaust(NULL);
	say("refused and went on\n");
	return 0;
}
