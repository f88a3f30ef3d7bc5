/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Behaviours that others test, and where theirs stand:
 *   zero sizes, unique pointers for them          glibc tst-malloc, mimalloc test-api
 *   overflow of calloc and reallocarray, PTRDIFF_MAX, with ENOMEM
 *                                                 glibc tst-malloc-too-large,
 * tst-reallocarray alignments that are no power of two, odd sizes, pvalloc-like rounding
 *                                                 glibc tst-memalign, tst-posix_memalign;
 *                                                 jemalloc aligned_alloc, posix_memalign
 *   realloc: NULL, zero, growth and shrinking keep the contents; a failure keeps the
 * block glibc tst-realloc; jemalloc rallocx calloc over memory that was dirtied glibc
 * tst-calloc; mimalloc test-api-fill usable size may be written                    glibc
 * tst-malloc-usable; mimalloc free and successful calls keep errno          glibc
 * tst-free-errno
 */
#include "tests/alloc/hp/corners.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>

enum { MARK = 4321, WHOLE = 8192 };

/* Kept from the compiler, which knows that these sizes are absurd. */
static size_t opaque(size_t value)
{
	__asm__ volatile("" : "+r"(value));
	return value;
}

static const char *check_zero(const struct model_heap *heap)
{
	void *a = heap->malloc(0);
	void *b = heap->malloc(0);
	void *c = heap->calloc(0, 8);
	void *d = heap->calloc(8, 0);
	void *e = heap->realloc(NULL, 0);
	void *f = heap->aligned_alloc(64, 0);
	void *g = NULL;
	bool wrong = heap->posix_memalign(&g, 64, 0) != 0 || !a || !b || !c || !d || !e ||
		     !f || !g || a == b || c == d;

	heap->free(a);
	heap->free(b);
	heap->free(c);
	heap->free(d);
	heap->free(e);
	heap->free(f);
	heap->free(g);
	return wrong ? "a block of no bytes is NULL or no block of its own" : NULL;
}

static const char *check_free_null(const struct model_heap *heap)
{
	errno = MARK;
	heap->free(NULL);
	heap->free_sized(NULL, 10);
	if (errno != MARK)
		return "free(NULL) changes errno";
	return heap->usable_size(NULL) == 0 ? NULL : "usable_size(NULL) is not 0";
}

static const char *check_too_large(const struct model_heap *heap)
{
	const size_t sizes[] = {(size_t)PTRDIFF_MAX + 1, SIZE_MAX, SIZE_MAX - 1,
		SIZE_MAX - 15, SIZE_MAX - 4095, SIZE_MAX - ((size_t)2 << 20) + 1,
		SIZE_MAX - ((size_t)4 << 20), SIZE_MAX / 2 + 1, PTRDIFF_MAX,
		PTRDIFF_MAX - 4096};
	void *block = heap->malloc(100);
	const char *wrong = NULL;

	if (!block)
		return "out of memory";
	memset(block, 7, 100);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		size_t bytes = opaque(sizes[i]);
		void *out = block;

		errno = MARK;
		if (heap->malloc(bytes) || errno != ENOMEM)
			wrong = "malloc of too much is not NULL with ENOMEM";
		errno = MARK;
		if (heap->calloc(1, bytes) || errno != ENOMEM)
			wrong = "calloc of too much is not NULL with ENOMEM";
		errno = MARK;
		if (heap->realloc(block, bytes) || errno != ENOMEM)
			wrong = "realloc to too much is not NULL with ENOMEM";
		errno = MARK;
		if (heap->realloc(NULL, bytes) || errno != ENOMEM)
			wrong = "realloc of NULL to too much is not NULL with ENOMEM";
		errno = MARK;
		if (heap->aligned_alloc(64, bytes) || errno != ENOMEM)
			wrong = "aligned_alloc of too much is not NULL with ENOMEM";
		errno = MARK;
		if (heap->posix_memalign(&out, 64, bytes) != ENOMEM || out != block)
			wrong = "posix_memalign of too much does not return ENOMEM, or "
				"wrote to its argument";
	}
	for (size_t i = 0; i < 100; i++)
		if (((unsigned char *)block)[i] != 7)
			wrong = "a realloc that failed changed the block";
	heap->free(block);
	return wrong;
}

static const char *check_overflow(const struct model_heap *heap)
{
	size_t half = opaque((size_t)1 << (sizeof(size_t) * 4));
	size_t third = opaque(SIZE_MAX / 3 + 1);
	void *block = heap->malloc(10);
	const char *wrong = NULL;

	errno = MARK;
	if (heap->calloc(half, half) || errno != ENOMEM)
		wrong = "calloc does not see an overflow to 0, or errno";
	errno = MARK;
	if (heap->calloc(third, 3) || errno != ENOMEM)
		wrong = "calloc does not see an overflow to 2, or errno";
	errno = MARK;
	if (heap->calloc(3, third) || errno != ENOMEM)
		wrong = "calloc does not see an overflow the other way round";
	errno = MARK;
	if (heap->reallocarray(block, half, half) || errno != ENOMEM)
		wrong = "reallocarray does not see an overflow, or errno";
	errno = MARK;
	if (heap->reallocarray(NULL, third, 3) || errno != ENOMEM)
		wrong = "reallocarray of NULL does not see an overflow, or errno";
	heap->free(block);
	return wrong;
}

static const char *check_bad_alignment(const struct model_heap *heap)
{
	const size_t bad[] = {
		0, 1, 2, 3, 4, 6, 7, 12, 24, 48, 100, 4095, 4097, SIZE_MAX, SIZE_MAX / 2};
	void *mark = &mark;
	void *out = mark;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		if (heap->posix_memalign(&out, bad[i], 10) != EINVAL)
			return "posix_memalign takes a bad alignment";
		if (out != mark)
			return "posix_memalign wrote to its argument on failure";
	}
	return NULL;
}

/*
 * What memalign and aligned_alloc do with an alignment that is none differs between
 * versions: glibc up to 2.37 rounds up to a power of two, later aligned_alloc refuses
 * with EINVAL. Either, but no block that is less aligned than asked.
 */
static const char *check_odd_aligned_alloc(const struct model_heap *heap)
{
	const size_t odd[] = {3, 5, 24, 48, 100, 1000};

	for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
		size_t rounded = 1;
		void *block;

		while (rounded < odd[i])
			rounded *= 2;
		errno = MARK;
		block = heap->aligned_alloc(odd[i], 100);
		if (!block && errno != EINVAL)
			return "aligned_alloc refuses an alignment without EINVAL";
		if (block && (uintptr_t)block % rounded != 0)
			return "aligned_alloc gives less than the alignment asked for";
		heap->free(block);
	}
	errno = MARK;
	if (heap->aligned_alloc(opaque(SIZE_MAX / 2 + 2), 1) ||
		(errno != EINVAL && errno != ENOMEM))
		return "aligned_alloc takes an alignment beyond all powers of two";
	errno = MARK;
	if (heap->aligned_alloc(opaque(SIZE_MAX / 2 + 1), 1) ||
		(errno != EINVAL && errno != ENOMEM))
		return "aligned_alloc serves an alignment of half the address space";
	return NULL;
}

/* Writes all that is usable of a small block, and both ends of a large one, whose pages
 * cost a fault each. Returns the usable size. */
static size_t mark(const struct model_heap *heap, void *block, int value)
{
	size_t usable = heap->usable_size(block);
	size_t end = usable < WHOLE ? usable : WHOLE;

	memset(block, value, end);
	memset((char *)block + usable - end, value, end);
	return usable;
}

static const char *check_all_alignments(const struct model_heap *heap)
{
	const char *wrong = NULL;

	/* Up to past the huge page and the segment. */
	for (size_t alignment = 8; alignment <= (size_t)64 << 20; alignment *= 2)
		for (size_t bytes = 1; bytes <= 1 << 14; bytes = bytes * 5 + 1) {
			unsigned char *block = heap->aligned_alloc(alignment, bytes);
			void *second = NULL;

			if (!block ||
				heap->posix_memalign(&second, alignment, bytes) != 0)
				return "an alignment is not served";
			if ((uintptr_t)block % alignment || (uintptr_t)second % alignment)
				wrong = "a block is not aligned";
			mark(heap, block, 1);
			mark(heap, second, 2);
			if (block[0] != 1 || block[heap->usable_size(block) - 1] != 1)
				wrong = "two aligned blocks overlap";
			block = heap->realloc(block, bytes + 1000);
			if (!block || block[0] != 1 || block[bytes - 1] != 1)
				return "realloc of an aligned block lost its contents";
			heap->free(block);
			heap->free(second);
		}
	return wrong;
}

static const char *check_realloc(const struct model_heap *heap)
{
	unsigned char *block = heap->realloc(NULL, 24);
	size_t bytes = 24;

	if (!block)
		return "realloc(NULL, 24) is NULL";
	for (size_t i = 0; i < bytes; i++)
		block[i] = (unsigned char)i;
	/* Up through every size class and back. */
	for (size_t next = 25; next < (size_t)9 << 20; next += next / 3 + 1) {
		block = heap->realloc(block, next);
		if (!block)
			return "realloc cannot grow";
		for (size_t i = bytes; i < next; i++)
			block[i] = (unsigned char)i;
		bytes = next;
	}
	while (bytes > 1) {
		for (size_t i = 0; i<bytes; i += bytes> 65536 ? 509 : 1)
			if (block[i] != (unsigned char)i)
				return "realloc lost contents";
		bytes -= bytes / 3 + 1;
		block = heap->realloc(block, bytes);
		if (!block)
			return "realloc cannot shrink";
	}
	errno = MARK;
	if (heap->realloc(block, 0) || errno != MARK)
		return "realloc(p, 0) does not free and return NULL with errno kept";
	return NULL;
}

static const char *check_shrink_gives_back(const struct model_heap *heap)
{
	unsigned char *block = heap->malloc((size_t)8 << 20);

	if (!block)
		return "out of memory";
	memset(block, 3, (size_t)8 << 20);
	block = heap->realloc(block, 100);
	if (!block || block[99] != 3)
		return "realloc to less lost contents";
	if (heap->usable_size(block) > (size_t)4 << 20)
		return "a block that shrank from 8 MiB to 100 bytes keeps 8 MiB";
	heap->free(block);
	return NULL;
}

static const char *check_calloc_over_dirt(const struct model_heap *heap)
{
	for (size_t bytes = 1; bytes < (size_t)5 << 20; bytes += bytes / 2 + 1) {
		for (int round = 0; round < 3; round++) {
			unsigned char *block = heap->calloc(1, bytes);
			size_t usable;

			if (!block)
				return "out of memory";
			for (size_t i = 0; i < bytes; i++)
				if (block[i] != 0)
					return "calloc gives what was written before";
			usable = heap->usable_size(block);
			memset(block, 0xee, usable);
			heap->free(block);
		}
	}
	return NULL;
}

/* Of all sizes up to a page and around each power of two. */
static const char *check_usable(const struct model_heap *heap)
{
	for (size_t bytes = 0; bytes < (size_t)9 << 20;
		bytes += bytes < 4096 ? 1 : bytes / 7) {
		unsigned char *a = heap->malloc(bytes);
		unsigned char *b = heap->malloc(bytes);
		size_t usable;

		if (!a || !b)
			return "out of memory";
		usable = mark(heap, a, 1);
		(void)mark(heap, b, 2);
		if (usable < bytes)
			return "less usable than asked for";
		if (usable && (a[0] != 1 || a[usable - 1] != 1))
			return "what is usable belongs to two blocks";
		heap->free_sized(a, bytes);
		heap->free_sized(b, bytes);
	}
	return NULL;
}

/* Internal waste of a size class: at most an eighth, from where 16 bytes allow it. */
static const char *check_waste(const struct model_heap *heap)
{
	for (size_t bytes = 128; bytes < (size_t)2 << 20; bytes += bytes / 64) {
		void *block = heap->malloc(bytes);
		size_t usable;

		if (!block)
			return "out of memory";
		usable = heap->usable_size(block);
		heap->free(block);
		if ((double)(usable - bytes) > 0.125 * (double)usable + 16)
			return "more than an eighth of a block is waste";
	}
	return NULL;
}

static const char *check_errno_kept(const struct model_heap *heap)
{
	for (size_t bytes = 1; bytes < (size_t)20 << 20; bytes *= 3) {
		void *out = NULL;
		void *blocks[4];

		errno = MARK;
		blocks[0] = heap->malloc(bytes);
		blocks[1] = heap->calloc(1, bytes);
		blocks[2] = heap->realloc(heap->malloc(bytes / 2), bytes);
		blocks[3] = heap->aligned_alloc(4096, bytes);
		if (heap->posix_memalign(&out, 4096, bytes) != 0)
			return "out of memory";
		for (size_t i = 0; i < 4; i++) {
			if (!blocks[i])
				return "out of memory";
			heap->free(blocks[i]);
		}
		heap->free(out);
		if (errno != MARK)
			return "errno changes where nothing failed";
	}
	return NULL;
}

const struct corner corners[] = {
	{"zero sizes", check_zero},
	{"NULL", check_free_null},
	{"too large", check_too_large},
	{"overflow of products", check_overflow},
	{"posix_memalign refuses bad alignments", check_bad_alignment},
	{"aligned_alloc with odd alignments", check_odd_aligned_alloc},
	{"every alignment up to 64 MiB", check_all_alignments},
	{"realloc through all sizes", check_realloc},
	{"realloc to much less", check_shrink_gives_back},
	{"calloc over dirty memory", check_calloc_over_dirt},
	{"the usable size may be written", check_usable},
	{"waste inside of a block", check_waste},
	{"errno is kept", check_errno_kept},
	{NULL, NULL},
};
