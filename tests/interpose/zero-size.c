/* SPDX-License-Identifier: MIT */
/* Blocks of no bytes are blocks: distinct, not NULL, to be freed. realloc to 0 frees. */
#include "tests/interpose/check.h"

#include <malloc.h>

int main(void)
{
	void *a = malloc(0);
	void *b = malloc(0);
	void *c = calloc(0, 5);
	void *d = calloc(5, 0);
	void *e = realloc(NULL, 0);
	void *f = NULL;

	CHECK(a && b && c && d && e);
	CHECK(a != b && a != c && a != d && c != d && d != e);
	CHECK(posix_memalign(&f, 64, 0) == 0);
	free(f);
	free(aligned_alloc(64, 0));
	a = realloc(a, 100);
	CHECK(a);
	fill(a, 100, 1);
	CHECK(!realloc(a, 0));
	CHECK(!reallocarray(malloc(10), 0, 10));
	free(b);
	free(c);
	free(d);
	free(e);
	free(NULL);
	CHECK(malloc_usable_size(NULL) == 0);
	say("nothing is something\n");
	return 0;
}
