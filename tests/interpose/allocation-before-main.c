/* SPDX-License-Identifier: MIT */
/* Blocks from before any constructor has run, the interposer's own among them, are used
 * and freed later. */
#include "tests/interpose/check.h"

#include <malloc.h>
#include <stdio.h>

extern char *early_text; /* of lib-early.c */

static void *first;
static void *aligned;

/* Before the constructors of all libraries. */
static void allocate_first(void)
{
	first = malloc(300);
	CHECK(first);
	fill(first, 300, 1);
	aligned = memalign(4096, 100);
	CHECK(aligned && (uintptr_t)aligned % 4096 == 0);
	fill(aligned, 100, 2);
	free(malloc(1 << 20));
}

__attribute__((section(".preinit_array"), used)) static void (*const preinit)(
	void) = allocate_first;

int main(void)
{
	CHECK(is_filled(first, 300, 1));
	CHECK(malloc_usable_size(first) >= 300);
	first = realloc(first, 100000);
	CHECK(first && is_filled(first, 300, 1));
	free(first);
	CHECK(is_filled(aligned, 100, 2));
	free(aligned);
	printf("%s\n", early_text);
	early_text = realloc(early_text, 5000);
	CHECK(early_text);
	return 0;
}
