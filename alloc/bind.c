/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "alloc/bind.h"

#include "base/file.h"

#include <errno.h>
#include <linux/mempolicy.h>
#include <stdbool.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { NODES_MAX = 1024, WORD_BITS = 8 * sizeof(unsigned long) };

/* Whether there is nothing but node 0, or no NUMA in the kernel at all. */
static bool only_node_0(void)
{
	char line[64];
	int error =
		file_read_line("", "/sys/devices/system/node/online", line, sizeof(line));

	return error == -ENOENT || (error == 0 && strcmp(line, "0") == 0);
}

static void explain(const char *backend, int node, int error, struct complaint *complaint)
{
	complaint_what(complaint, "%s: cannot bind memory to node %d: %s", backend, node,
		strerror(error));
	switch (error) {
	case EINVAL:
		complaint_why(complaint,
			"there is no such node, it has no memory, or this "
			"process may not use it (cpuset)");
		complaint_advise(complaint, "see the nodes with: escalier machine");
		break;
	case EPERM:
	case ENOSYS:
		complaint_why(complaint,
			"the kernel has no NUMA, or a container's filter "
			"keeps mbind(2) away");
		complaint_advise(complaint, "measure without --membind, or outside the "
					    "container (docker: --cap-add SYS_NICE)");
		break;
	case EIO:
		complaint_why(complaint,
			"pages that the allocator uses already lie on another "
			"node and cannot be moved");
		break;
	default:
		break;
	}
}

int bind_strictly(const char *backend, void *start, size_t bytes, int node,
	struct complaint *complaint)
{
	unsigned long mask[NODES_MAX / WORD_BITS] = {0};
	int error;

	if (node < 0)
		return 0;
	if (node >= NODES_MAX) {
		explain(backend, node, EINVAL, complaint);
		return -EINVAL;
	}
	mask[(unsigned)node / WORD_BITS] = 1ul << ((unsigned)node % WORD_BITS);
	/* The kernel reads one bit less than it is told. */
	if (syscall(SYS_mbind, start, bytes, MPOL_BIND, mask, NODES_MAX + 1ul,
		    MPOL_MF_STRICT | MPOL_MF_MOVE) == 0)
		return 0;
	error = errno;
	if (node == 0 && (error == ENOSYS || error == EPERM) && only_node_0())
		return 0;
	explain(backend, node, error, complaint);
	return -error;
}

void bind_clear(void *start, size_t bytes, int node)
{
	if (node >= 0)
		(void)syscall(SYS_mbind, start, bytes, MPOL_DEFAULT, NULL, 0ul, 0ul);
}
