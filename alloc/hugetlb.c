/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "alloc/backends.h"
#include "alloc/bind.h"
#include "alloc/map.h"
#include "alloc/pool.h"
#include "base/number.h"

#include <errno.h>
#include <linux/mman.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

static int probe(const struct memory_backend *backend, struct complaint *complaint)
{
	char size[NUMBER_TEXT];
	struct pool pool;
	int error = pool_open(&pool, "", backend->page_bytes, MEMORY_ANY_NODE);

	if (error != -ENOENT)
		return error;
	number_format_bytes(size, backend->page_bytes);
	complaint_what(complaint, "%s: this kernel has no huge pages of %s",
		backend->name, size);
	complaint_why(
		complaint, "the CPU does not offer them, or CONFIG_HUGETLBFS is not set");
	complaint_advise(complaint, "measure the other backends");
	return -ENOTSUP;
}

/* Why the kernel refused, by what the pool holds, and how large it would have to be. */
static void explain_short(const struct memory_backend *backend, size_t bytes, int node,
	struct complaint *complaint)
{
	uint64_t wanted = bytes / backend->page_bytes;
	uint64_t available = 0;
	struct pool pool;
	int error = pool_open(&pool, "", backend->page_bytes, node);

	if (!error)
		error = pool_available(&pool, &available);
	if (error)
		return;
	if (available >= wanted) {
		complaint_why(complaint,
			"the pool has %llu pages available: a limit of the "
			"control group (hugetlb) stands below, or another "
			"program was faster",
			(unsigned long long)available);
		complaint_advise(complaint, "see hugetlb.*.max of the control group: "
					    "cat /proc/self/cgroup");
		return;
	}
	complaint_why(complaint, "pages needed: %llu, available: %llu, in the pool: %llu",
		(unsigned long long)wanted, (unsigned long long)available,
		(unsigned long long)pool.before);
	pool_advise(&pool, pool.before + wanted - available, complaint);
}

static void release(struct memory_grant *grant)
{
	if (grant->mapping)
		(void)munmap(grant->mapping, grant->mapped_bytes);
	*grant = (struct memory_grant){.node = MEMORY_ANY_NODE};
}

/* In front of faulting in: a child keeps its hands off the pool, and the node is chosen.
 */
static int furnish(const struct memory_backend *backend, const struct memory_grant *grant,
	struct complaint *complaint)
{
	void *start = grant->mapping;
	size_t bytes = grant->mapped_bytes;
	int error;

	/* The reservation is the parent's: a child that copied a page on write would take
	 * one more out of the pool, or be killed for want of it. */
	if (madvise(start, bytes, MADV_DONTFORK) != 0) {
		error = -errno;
		complaint_what(complaint, "%s: cannot keep the mapping from children: %s",
			backend->name, strerror(-error));
		return error;
	}
	error = bind_strictly(backend->name, start, bytes, grant->node, complaint);
	if (error)
		return error;
	/* A reservation counts pages of all nodes and groups: only the fault tells. */
	error = map_fault_in(backend->name, start, bytes, grant->node, complaint);
	if (error == -ENOMEM)
		explain_short(backend, bytes, grant->node, complaint);
	return error;
}

static int acquire(const struct memory_backend *backend, int page_flag,
	const struct memory_request *request, struct memory_grant *grant,
	struct complaint *complaint)
{
	size_t bytes = map_round_up(request->bytes, backend->page_bytes);
	struct memory_grant got = {.bytes = request->bytes,
		.mapped_bytes = bytes,
		.page_bytes = backend->page_bytes,
		.node = request->node};
	int error = -ENOMEM;

	/* Without MAP_NORESERVE, so that the kernel sets the pages aside or refuses here.
	 */
	got.base = MAP_FAILED;
	if (bytes) {
		got.base = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB | page_flag, -1, 0);
		error = -errno;
	}
	if (got.base == MAP_FAILED) {
		char size[NUMBER_TEXT];

		complaint_what(complaint, "%s: cannot map %s: %s", backend->name,
			number_format_bytes(size, request->bytes), strerror(-error));
		if (error == -ENOMEM && bytes)
			explain_short(backend, bytes, MEMORY_ANY_NODE, complaint);
		return error;
	}
	got.mapping = got.base;
	error = furnish(backend, &got, complaint);
	if (error)
		release(&got);
	else
		*grant = got;
	return error;
}

static int probe_2m(struct complaint *complaint)
{
	return probe(&memory_hugetlb_2m, complaint);
}

static int acquire_2m(const struct memory_request *request, struct memory_grant *grant,
	struct complaint *complaint)
{
	return acquire(&memory_hugetlb_2m, MAP_HUGE_2MB, request, grant, complaint);
}

static int probe_1g(struct complaint *complaint)
{
	return probe(&memory_hugetlb_1g, complaint);
}

static int acquire_1g(const struct memory_request *request, struct memory_grant *grant,
	struct complaint *complaint)
{
	return acquire(&memory_hugetlb_1g, (int)MAP_HUGE_1GB, request, grant, complaint);
}

const struct memory_backend memory_hugetlb_2m = {
	.name = "hugetlb-2m",
	.summary = "2 MiB pages out of the reserved pool",
	.page_bytes = 2u << 20,
	.pool = true,
	.probe = probe_2m,
	.acquire = acquire_2m,
	.release = release,
};

const struct memory_backend memory_hugetlb_1g = {
	.name = "hugetlb-1g",
	.summary = "1 GiB pages out of the reserved pool",
	.page_bytes = 1u << 30,
	.pool = true,
	.probe = probe_1g,
	.acquire = acquire_1g,
	.release = release,
};
