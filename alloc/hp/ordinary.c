/* SPDX-License-Identifier: MIT */
#include "alloc/hp/ordinary.h"

#include "alloc/hp/pages.h"

#include <errno.h>
#include <stdint.h>
#include <sys/mman.h>

#ifndef MAP_FIXED_NOREPLACE
#define MAP_FIXED_NOREPLACE 0x100000 /* Linux 4.17; a mere hint before */
#endif

static bool aligned(const void *base, size_t alignment)
{
	return ((uintptr_t)base & (alignment - 1)) == 0;
}

/* Cuts a mapping down to `bytes` from its first aligned address. */
static void *cut(char *start, size_t whole, size_t bytes, size_t alignment)
{
	size_t head = (size_t)(-(uintptr_t)start & (alignment - 1));
	size_t tail = whole - head - bytes;

	/* Where unmapping fails (too many mappings), unused addresses stay behind. */
	if (head)
		(void)munmap(start, head);
	if (tail)
		(void)munmap(start + head + bytes, tail);
	return start + head;
}

static void *map_aligned(size_t bytes, size_t alignment, int protection, int flags)
{
	size_t whole = bytes + alignment;
	char *start;

	flags |= MAP_PRIVATE | MAP_ANONYMOUS;
	/* The kernel often aligns of its own (Linux 6.7: what is a multiple of 2 MiB),
	 * and stacks mapping below mapping: then one call is enough. */
	start = mmap(NULL, bytes, protection, flags, -1, 0);
	if (start == MAP_FAILED)
		return NULL;
	if (aligned(start, alignment))
		return start;
	(void)munmap(start, bytes);
	if (whole < bytes)
		return NULL;
	start = mmap(NULL, whole, protection, flags, -1, 0);
	return start == MAP_FAILED ? NULL : cut(start, whole, bytes, alignment);
}

void *ordinary_reserve(size_t bytes, size_t alignment)
{
	return map_aligned(bytes, alignment, PROT_NONE, MAP_NORESERVE);
}

int ordinary_map(size_t bytes, size_t alignment, int advice, void **base)
{
	void *start = map_aligned(bytes, alignment, PROT_READ | PROT_WRITE, 0);

	if (!start)
		return -ENOMEM;
	if (madvise(start, bytes, advice) != 0 && advice == MADV_HUGEPAGE) {
		int error = -errno;

		(void)munmap(start, bytes);
		return error;
	}
	*base = start;
	return 0;
}

/* Where moving fails, the kernel may have unmapped the target already, and another thread
 * may have mapped something there. What cannot be told apart is left alone: addresses, no
 * memory. */
static void abandon(void *target, size_t bytes)
{
	void *again = mmap(target, bytes, PROT_NONE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE, -1, 0);

	if (again != MAP_FAILED)
		(void)munmap(again, bytes);
}

int ordinary_resize(
	void **base, size_t bytes, size_t new_bytes, size_t alignment, bool may_move)
{
	void *moved = mremap(*base, bytes, new_bytes, 0);
	void *target;

	if (moved != MAP_FAILED)
		return 0;
	if (!may_move)
		return -ENOMEM;
	target = ordinary_reserve(new_bytes, alignment);
	if (!target)
		return -ENOMEM;
	moved = mremap(*base, bytes, new_bytes, MREMAP_MAYMOVE | MREMAP_FIXED, target);
	if (moved == MAP_FAILED) {
		abandon(target, new_bytes);
		return -ENOMEM;
	}
	*base = moved;
	return 0;
}

int ordinary_replace(void *to, void *from, size_t bytes)
{
	void *moved = mremap(from, bytes, bytes, MREMAP_MAYMOVE | MREMAP_FIXED, to);

	return moved == MAP_FAILED ? -errno : 0;
}
