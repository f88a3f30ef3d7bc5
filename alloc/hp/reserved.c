/* SPDX-License-Identifier: MIT */
#include "alloc/hp/reserved.h"

#include "alloc/hp/node.h"
#include "alloc/hp/ordinary.h"
#include "alloc/hp/pages.h"
#include "alloc/hp/populate.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <linux/memfd.h>
#include <linux/mman.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/vfs.h>
#include <unistd.h>

#ifndef MAP_FIXED_NOREPLACE
#define MAP_FIXED_NOREPLACE 0x100000 /* Linux 4.17; a mere hint before */
#endif

static int size_flag(size_t page_bytes)
{
	return page_bytes == PAGES_HUGE_BYTES ? MAP_HUGE_2MB : (int)MAP_HUGE_1GB;
}

/* A file without a name in the mount, whose pages must be of the size wanted. Its
 * descriptor is closed at once: programs close what they do not know, and would then
 * close the next one. */
static int open_in_mount(const char *mount, size_t page_bytes)
{
	struct statfs fs;
	int fd = open(mount, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	int error = 0;

	if (fd < 0)
		return -errno;
	if (fstatfs(fd, &fs) != 0)
		error = -errno;
	else if (fs.f_type != HUGETLBFS_MAGIC || (size_t)fs.f_bsize != page_bytes)
		error = -EINVAL;
	if (!error)
		return fd;
	(void)close(fd);
	return error;
}

static int open_file(const char *hugetlbfs, size_t bytes, size_t page_bytes)
{
	int fd;
	int error;

	if (strcmp(hugetlbfs, "memfd") == 0) {
		fd = memfd_create("hp",
			MFD_CLOEXEC | MFD_HUGETLB | (unsigned)size_flag(page_bytes));
		if (fd < 0)
			return -errno;
	} else {
		fd = open_in_mount(hugetlbfs, page_bytes);
		if (fd < 0)
			return fd;
	}
	if (ftruncate(fd, (off_t)bytes) == 0)
		return fd;
	error = -errno;
	(void)close(fd);
	return error;
}

/* Without MAP_NORESERVE, so that the kernel sets the pages aside or refuses here. Private
 * even on a file: the pages belong to the mapping and go with it. */
static int map(
	void *at, size_t bytes, size_t page_bytes, const char *hugetlbfs, void **base)
{
	int flags = MAP_PRIVATE | (at ? MAP_FIXED_NOREPLACE : 0);
	int fd = -1;
	int error;

	if (hugetlbfs) {
		fd = open_file(hugetlbfs, bytes, page_bytes);
		if (fd < 0)
			return fd;
	} else {
		flags |= MAP_ANONYMOUS | MAP_HUGETLB | size_flag(page_bytes);
	}
	*base = mmap(at, bytes, PROT_READ | PROT_WRITE, flags, fd, 0);
	error = *base == MAP_FAILED ? -errno : 0;
	if (fd >= 0)
		(void)close(fd);
	return error;
}

int reserved_map(size_t bytes, size_t alignment, size_t page_bytes, int node,
	const char *hugetlbfs, void **base, int *node_got)
{
	void *place = NULL;
	void *start;
	int error;

	/* The kernel aligns to the page. For more, a place is looked for first; it is
	 * free when it is mapped, since a mapping over it that fails may leave a hole,
	 * which another thread fills. */
	if (alignment > page_bytes) {
		place = ordinary_reserve(bytes, alignment);
		if (!place)
			return -ENOMEM;
		(void)munmap(place, bytes);
	}
	error = map(place, bytes, page_bytes, hugetlbfs, &start);
	if (error)
		return error;
	*node_got = node_prefer(start, bytes, node);
	error = place && start != place ? -ENOMEM : populate(start, bytes);
	if (error) {
		(void)munmap(start, bytes);
		return error;
	}
	*base = start;
	return 0;
}
