/* SPDX-License-Identifier: MIT */
#include "alloc/hp/populate.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23 /* Linux 5.14 */
#endif

/* For kernels before 5.14: a read from /dev/zero writes from inside the kernel, which
 * ends short where a fault fails, and raises no signal. */
static int populate_by_read(char *start, size_t bytes)
{
	int fd = open("/dev/zero", O_RDONLY | O_CLOEXEC);
	int error = 0;

	if (fd < 0)
		return -errno;
	while (bytes > 0 && !error) {
		ssize_t got = read(fd, start, bytes);

		if (got > 0) {
			start += got;
			bytes -= (size_t)got;
		} else if (got == 0) {
			error = -EIO;
		} else if (errno != EINTR) {
			error = -errno;
		}
	}
	(void)close(fd);
	return error;
}

int populate(void *start, size_t bytes)
{
	int error;

	do {
		error = madvise(start, bytes, MADV_POPULATE_WRITE) == 0 ? 0 : -errno;
	} while (error == -EINTR);
	return error == -EINVAL ? populate_by_read(start, bytes) : error;
}
