/* SPDX-License-Identifier: MIT */
#include "interpose/trace/next.h"

#include <dlfcn.h>
#include <stdatomic.h>
#include <stdint.h>
#include <string.h>

struct next_allocator next;
bool next_has_headers;

/* The loader and the C library ask for a few hundred bytes at the most. In front of each
 * block is its size, marked so that it cannot pass for that of a small chunk. */
enum { EARLY_HEADER = 16 };
static const size_t early_mark = (size_t)1 << (sizeof(size_t) * 8 - 1);
_Alignas(4096) char next_early_store[NEXT_EARLY_BYTES];
static atomic_size_t early_used;

static void *look_up(const char *name)
{
	return dlsym(RTLD_NEXT, name);
}

/* ISO C knows no way from an object's address to a function's. */
static void set(void *function, const char *name)
{
	void *found = look_up(name);

	memcpy(function, &found, sizeof(found));
}

bool next_find(void)
{
	static atomic_bool found;

	if (atomic_load_explicit(&found, memory_order_acquire))
		return true;
	set(&next.malloc, "malloc");
	set(&next.calloc, "calloc");
	set(&next.realloc, "realloc");
	set(&next.posix_memalign, "posix_memalign");
	set(&next.aligned_alloc, "aligned_alloc");
	set(&next.memalign, "memalign");
	set(&next.valloc, "valloc");
	set(&next.pvalloc, "pvalloc");
	set(&next.free, "free");
	set(&next.usable_size, "malloc_usable_size");
	if (!next.malloc || !next.calloc || !next.realloc || !next.free ||
		!next.usable_size)
		return false;
	atomic_store_explicit(&found, true, memory_order_release);
	return true;
}

static bool agrees(void *block)
{
	size_t by_header;

	if (!block)
		return false;
	next_has_headers = true;
	by_header = next_usable_size(block);
	next_has_headers = false;
	return by_header == next.usable_size(block);
}

void next_try_headers(void)
{
	/* From the cache of small ones, from the heap, and mapped: by more than 32 MiB,
	 * as a smaller one raises the threshold of mapping when it is freed. */
	static const size_t sizes[] = {
		1, 24, 25, 100, 1000, 1040, 5000, 70000, 100000000};
	Dl_info info = {0};
	bool all = dladdr((void *)(uintptr_t)next.malloc, &info) && info.dli_fname &&
		   strstr(info.dli_fname, "/libc.so");

	for (size_t i = 0; all && i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		void *block = next.malloc(sizes[i]);
		void *aligned = next.memalign(256, sizes[i]);

		all = agrees(block) && agrees(aligned);
		next.free(aligned);
		next.free(block);
	}
	next_has_headers = all;
}

void *next_early(size_t bytes, size_t alignment)
{
	size_t used = atomic_load(&early_used);
	size_t start, end;

	if (bytes > NEXT_EARLY_BYTES || alignment > 4096)
		return NULL;
	if (alignment < EARLY_HEADER)
		alignment = EARLY_HEADER;
	do {
		start = (used + EARLY_HEADER + alignment - 1) & ~(alignment - 1);
		end = start + ((bytes + 15) & ~(size_t)15);
		if (end > NEXT_EARLY_BYTES)
			return NULL;
	} while (!atomic_compare_exchange_weak(&early_used, &used, end));
	bytes |= early_mark;
	memcpy(next_early_store + start - sizeof(bytes), &bytes, sizeof(bytes));
	return next_early_store + start;
}

size_t next_early_bytes(const void *block)
{
	size_t bytes;

	memcpy(&bytes, (const char *)block - sizeof(bytes), sizeof(bytes));
	return bytes & ~early_mark;
}
