/* SPDX-License-Identifier: MIT */
/* A module opened with RTLD_DEEPBIND (PHP opens its extensions so) binds to libc's malloc
 * and free, in front of the interposer's. Blocks go both ways, and what functions of libc
 * allocate for the module is the interposer's. */
#include "tests/interpose/check.h"

#include <dlfcn.h>
#include <malloc.h>

enum { BLOCKS = 500 };

int main(int argc, char **argv)
{
	void *library;
	void *(*allocate)(size_t);
	void *(*resize)(void *, size_t);
	void (*release)(void *);
	char *(*duplicate)(const char *);
	void *blocks[BLOCKS];

	CHECK(argc == 2);
	library = dlopen(argv[1], RTLD_NOW | RTLD_LOCAL | RTLD_DEEPBIND);
	CHECK(library);
	allocate = (void *(*)(size_t))dlsym(library, "deep_allocate");
	duplicate = (char *(*)(const char *))dlsym(library, "deep_duplicate");
	resize = (void *(*)(void *, size_t))dlsym(library, "deep_resize");
	release = (void (*)(void *))dlsym(library, "deep_free");
	CHECK(allocate && duplicate && resize && release);
	for (int i = 0; i < BLOCKS; i++) {
		blocks[i] = i % 2 ? allocate((size_t)i * 1000)
				  : duplicate("a text from the module");
		CHECK(blocks[i]);
	}
	for (int i = 0; i < BLOCKS; i++) {
		if (i % 2 == 0)
			CHECK(strcmp(blocks[i], "a text from the module") == 0);
		if (i % 3 == 0)
			blocks[i] = realloc(blocks[i], 10000);
		CHECK(malloc_usable_size(blocks[i]) > 0 || i == 1);
		free(blocks[i]);
	}
	release(resize(malloc(100), 200000));
	release(strdup("by libc, on behalf of the program"));
	release(duplicate("by libc, on behalf of the module"));
	exercise(1000);
	CHECK(dlclose(library) == 0);
	say("blocks of both were freed\n");
	return 0;
}
