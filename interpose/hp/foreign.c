/* SPDX-License-Identifier: MIT */

/*
 * Blocks that another allocator gave and that are freed here: libc's own, from whoever
 * reached it past us (under its other names, from another namespace of the loader, by
 * RTLD_DEEPBIND where that is kept). hp knows its own by their addresses.
 */
#include "alloc/hp/hp.h"

#include <dlfcn.h>
#include <stdlib.h>

/* glibc's malloc under a name that nobody stands in for. */
extern void __libc_free(void *block) __attribute__((weak));
extern void *__libc_realloc(void *block, size_t bytes) __attribute__((weak));

/* dlsym allocates; that is served by hp as anything else. */
static void *next(const char *name)
{
	void *function = dlsym(RTLD_NEXT, name);

	if (!function)
		abort(); /* a libc without it */
	return function;
}

static void release(void *block)
{
	if (__libc_free)
		__libc_free(block);
	else
		((void (*)(void *))next("free"))(block);
}

static void *reallocate(void *block, size_t bytes)
{
	if (__libc_realloc)
		return __libc_realloc(block, bytes);
	return ((void *(*)(void *, size_t))next("realloc"))(block, bytes);
}

static size_t usable_size(const void *block)
{
	return ((size_t(*)(const void *))next("malloc_usable_size"))(block);
}

const struct hp_foreign hp_foreign_default = {
	.release = release,
	.reallocate = reallocate,
	.usable_size = usable_size,
};
