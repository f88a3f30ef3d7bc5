/* SPDX-License-Identifier: MIT */

/*
 * The malloc family of a whole program, served by hp. Loaded by LD_PRELOAD, or linked
 * before libc.
 *
 * Each function is hp's, under libc's name: what is inlined or jumped to here is the fast
 * path itself. Nothing has to be found by dlsym first, so it does not matter that dlsym,
 * the loader and libc allocate before any constructor has run and after all destructors.
 *
 * C++'s operators arrive by way of malloc and free. They are not defined here: a program
 * may replace any of them, and relies on the others of its C++ library calling those that
 * it replaced.
 */
#include "alloc/hp/hp.h"
#include "interpose/hp/interpose.h"

#include <errno.h>
#include <malloc.h>
#include <stdint.h>
#include <stdlib.h>

/* C23's, and one of old: not in every libc's headers. */
extern void free_sized(void *block, size_t bytes);
extern void free_aligned_sized(void *block, size_t alignment, size_t bytes);
extern void cfree(void *block);

EXPORT void *malloc(size_t bytes)
{
	return hp_malloc(bytes);
}

EXPORT void free(void *block)
{
	hp_free(block);
}

EXPORT void *calloc(size_t count, size_t bytes)
{
	return hp_calloc(count, bytes);
}

EXPORT void *realloc(void *block, size_t bytes)
{
	return hp_realloc(block, bytes);
}

EXPORT void *memalign(size_t alignment, size_t bytes)
{
	return hp_memalign(alignment, bytes);
}

EXPORT void *aligned_alloc(size_t alignment, size_t bytes)
{
	return hp_aligned_alloc(alignment, bytes);
}

EXPORT int posix_memalign(void **block, size_t alignment, size_t bytes)
{
	return hp_posix_memalign(block, alignment, bytes);
}

EXPORT void *valloc(size_t bytes)
{
	return hp_memalign(page_bytes(), bytes);
}

/* At least a page, and whole ones. */
EXPORT void *pvalloc(size_t bytes)
{
	size_t page = page_bytes();

	if (bytes > PTRDIFF_MAX - page) {
		errno = ENOMEM;
		return NULL;
	}
	return hp_memalign(page, (bytes + page - 1) & ~(page - 1));
}

EXPORT size_t malloc_usable_size(void *block)
{
	return hp_usable_size(block);
}

/*
 * As in libc, these go by the names of realloc and free, which the program itself may
 * define: it would not expect their blocks here.
 */
EXPORT void *reallocarray(void *block, size_t count, size_t bytes)
{
	size_t product;

	if (__builtin_mul_overflow(count, bytes, &product)) {
		errno = ENOMEM;
		return NULL;
	}
	return realloc(block, product);
}

EXPORT void free_sized(void *block, size_t bytes)
{
	(void)bytes;
	free(block);
}

EXPORT void free_aligned_sized(void *block, size_t alignment, size_t bytes)
{
	(void)alignment;
	(void)bytes;
	free(block);
}

/* Programs linked before glibc 2.26 still ask for it. */
EXPORT void cfree(void *block)
{
	free(block);
}
