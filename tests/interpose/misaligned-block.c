/* SPDX-License-Identifier: MIT */
/* Every block is aligned to 16 bytes at least (vector instructions trap otherwise), and
 * to what was asked for, up to pages and beyond huge ones. */
#include "tests/interpose/check.h"

#include <malloc.h>

static void check_block(void *block, size_t alignment, size_t bytes)
{
	CHECK(block);
	CHECK((uintptr_t)block % alignment == 0);
	CHECK(malloc_usable_size(block) >= bytes);
	memset(block, 0xa5, bytes);
	free(block);
}

/* Grown by steps, a block keeps what was in it and is aligned like any other. */
static void check_resized(size_t alignment)
{
	size_t bytes = 100;
	void *block = aligned_alloc(alignment, bytes);

	CHECK(block);
	fill(block, 100, 5);
	for (; bytes < 3 << 20; bytes *= 5) {
		block = realloc(block, bytes);
		CHECK(block && (uintptr_t)block % 16 == 0);
		CHECK(is_filled(block, 100, 5));
	}
	free(block);
}

int main(void)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	void *block;

	for (size_t bytes = 0; bytes < 5000; bytes += 7) {
		check_block(malloc(bytes), 16, bytes);
		check_block(calloc(1, bytes), 16, bytes);
		check_block(realloc(malloc(3), bytes + 1), 16, bytes);
	}
	for (size_t alignment = 1; alignment <= 64 << 20; alignment *= 2)
		for (size_t bytes = 1; bytes < 3 << 20; bytes = bytes * 9 + 1) {
			check_block(memalign(alignment, bytes), alignment, bytes);
			if (alignment < sizeof(void *))
				continue;
			check_block(aligned_alloc(alignment, bytes), alignment, bytes);
			CHECK(posix_memalign(&block, alignment, bytes) == 0);
			check_block(block, alignment, bytes);
		}
	for (size_t alignment = 16; alignment <= 4 << 20; alignment *= 4)
		check_resized(alignment);
	for (size_t bytes = 0; bytes < 100000; bytes = bytes * 3 + 1) {
		check_block(valloc(bytes), page, bytes);
		check_block(pvalloc(bytes), page, (bytes + page - 1) / page * page);
	}
	say("every block is aligned\n");
	return 0;
}
