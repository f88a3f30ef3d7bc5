/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "alloc/backends.h"
#include "alloc/host.h"
#include "alloc/map.h"

#include <errno.h>
#include <string.h>
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
	uint64_t page;
	int error = host_thp_page("", &page);

	if (error || page == 0) {
		error = error ? error : -ENOTSUP;
		complaint_what(complaint,
			"thp: the size of a transparent huge page is not known: %s",
			strerror(-error));
		return error;
	}
	error = map_acquire("thp", request, page, MADV_HUGEPAGE, grant, complaint);
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
