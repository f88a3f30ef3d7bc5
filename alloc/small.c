/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "alloc/backends.h"
#include "alloc/host.h"
#include "alloc/map.h"

#include <sys/mman.h>

static int probe(struct complaint *complaint)
{
	(void)complaint;
	return 0;
}

static int acquire(const struct memory_request *request, struct memory_grant *grant,
	struct complaint *complaint)
{
	return map_acquire(
		"small", request, host_base_page(), MADV_NOHUGEPAGE, grant, complaint);
}

const struct memory_backend memory_small = {
	.name = "small",
	.summary = "base pages, huge pages refused",
	.probe = probe,
	.acquire = acquire,
	.release = map_release,
};
