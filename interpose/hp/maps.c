/* SPDX-License-Identifier: MIT */

/*
 * Transparent huge pages for the memory that a program maps by itself, past malloc:
 * interpreters and databases do. ESCALIER_HP_MAPS=thp asks for it; otherwise mmap is the
 * system call.
 *
 * Everything handed out remains an ordinary mapping of the kernel's, exactly as long as
 * asked for: munmap, mremap, mprotect and madvise need no care.
 */
#include "interpose/hp/maps.h"

#include "interpose/hp/interpose.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

enum {
	/* Smaller maps are buffers, seldom kept for long; of larger ones too few fit. */
	PACKED_MIN_BYTES = 64 << 10,
	PACKED_MAX_BYTES = 1 << 20,
	NO = 1,
	YES = 2,
};

bool maps_wanted(_Atomic int *answer, const char *variable)
{
	int known = atomic_load_explicit(answer, memory_order_relaxed);

	if (!known && environ) { /* NULL: libc is not up yet */
		const char *value = secure_getenv(variable);

		known = value && strcmp(value, "thp") == 0 ? YES : NO;
		atomic_store_explicit(answer, known, memory_order_relaxed);
	}
	return known == YES;
}

void maps_advise(void *start, size_t bytes)
{
	int saved = errno;

	(void)madvise(start, bytes, MADV_HUGEPAGE);
	errno = saved;
}

void *direct_mmap(
	void *address, size_t bytes, int protection, int flags, int fd, off_t offset)
{
	return (void *)syscall(SYS_mmap, address, bytes, protection, flags, fd, offset);
}

static char *align(char *address)
{
	return address + (-(uintptr_t)address & (HUGE_BYTES - 1));
}

static size_t whole_pages(size_t bytes)
{
	return (bytes + page_bytes() - 1) & ~(page_bytes() - 1);
}

/* At an address that huge pages can serve from the first byte on: mapped with room to
 * spare, which is given back on both sides. MAP_FAILED with errno. */
static void *map_aligned(size_t bytes, int protection, int flags)
{
	size_t roomy;
	char *base;
	char *start;
	char *end;

	if (__builtin_add_overflow(bytes, HUGE_BYTES, &roomy))
		return MAP_FAILED;
	base = direct_mmap(NULL, roomy, protection, flags, -1, 0);
	if (base == MAP_FAILED)
		return MAP_FAILED;
	start = align(base);
	end = start + whole_pages(bytes);
	if (start > base)
		(void)munmap(base, (size_t)(start - base));
	if (end < base + roomy)
		(void)munmap(end, (size_t)(base + roomy - end));
	return start;
}

/* The rest of one huge page, from which smaller maps are cut. Whoever finds it taken, a
 * child forked in that moment among them, does without. */
static struct {
	atomic_flag taken;
	char *next;
	char *end;
} packed = {.taken = ATOMIC_FLAG_INIT};

/* Never mapped twice, so all bytes read as 0. NULL: none to be had. */
static void *map_packed(size_t bytes)
{
	size_t whole = whole_pages(bytes);
	void *result = NULL;

	if (atomic_flag_test_and_set_explicit(&packed.taken, memory_order_acquire))
		return NULL;
	if ((size_t)(packed.end - packed.next) < whole) {
		char *fresh = map_aligned(
			HUGE_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS);

		if (packed.next < packed.end)
			(void)munmap(packed.next, (size_t)(packed.end - packed.next));
		packed.next = packed.end = NULL;
		if (fresh != MAP_FAILED) {
			maps_advise(fresh, HUGE_BYTES);
			packed.next = fresh;
			packed.end = fresh + HUGE_BYTES;
		}
	}
	if (packed.next) {
		result = packed.next;
		packed.next += whole;
	}
	atomic_flag_clear_explicit(&packed.taken, memory_order_release);
	return result;
}

/* Nothing about the place or the kind of memory but that it is private. */
static bool is_plain(const void *address, int flags)
{
	return !address && (flags & MAP_PRIVATE) &&
	       !(flags & ~(MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE));
}

static void *map_huge(void *address, size_t bytes, int protection, int flags)
{
	void *result = MAP_FAILED;

	if (is_plain(address, flags) && bytes >= HUGE_BYTES)
		result = map_aligned(bytes, protection, flags);
	if (result == MAP_FAILED)
		result = direct_mmap(address, bytes, protection, flags, -1, 0);
	if (result != MAP_FAILED && bytes >= HUGE_BYTES)
		maps_advise(result, bytes);
	return result;
}

EXPORT void *mmap(
	void *address, size_t bytes, int protection, int flags, int fd, off_t offset)
{
	static _Atomic int answer;
	int saved = errno;
	void *result = NULL;

	if (!(flags & MAP_ANONYMOUS) ||
		(flags & (MAP_HUGETLB | MAP_STACK | MAP_GROWSDOWN)) ||
		bytes < PACKED_MIN_BYTES || !maps_wanted(&answer, "ESCALIER_HP_MAPS"))
		return direct_mmap(address, bytes, protection, flags, fd, offset);
	if (bytes <= PACKED_MAX_BYTES && is_plain(address, flags) &&
		protection == (PROT_READ | PROT_WRITE))
		result = map_packed(bytes);
	if (!result)
		result = map_huge(address, bytes, protection, flags);
	if (result != MAP_FAILED)
		errno = saved;
	return result;
}

EXPORT void *mmap64(
	void *address, size_t bytes, int protection, int flags, int fd, off64_t offset)
{
	return mmap(address, bytes, protection, flags, fd, offset);
}
