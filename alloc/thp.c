/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "alloc/backends.h"
#include "alloc/host.h"
#include "alloc/map.h"

#include <sys/mman.h>

#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE 25 /* Linux 6.1 */
#endif

static int probe(struct complaint *complaint)
{
	return host_thp_allowed("", complaint);
}

static int acquire(const struct memory_request *request, struct memory_grant *grant,
	struct complaint *complaint)
{
	int error = map_acquire(&memory_thp, request, MADV_HUGEPAGE, grant, complaint);

	if (error)
		return error;
	/* A fault does not compact memory under every setting of "defrag"; this does.
	 * Whether it helped is for memory_verify to say. */
	(void)madvise(grant->mapping, grant->mapped_bytes, MADV_COLLAPSE);
	return 0;
}

const struct memory_backend memory_thp = {
	.name = "thp",
	.summary = "transparent huge pages, asked for by madvise",
	.probe = probe,
	.acquire = acquire,
	.release = map_release,
};
