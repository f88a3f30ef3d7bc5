/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "alloc/map.h"

#include "alloc/bind.h"
#include "alloc/host.h"
#include "alloc/hp/populate.h"
#include "base/number.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

size_t map_round_up(size_t bytes, uint64_t page_bytes)
{
	size_t rounded = (bytes + page_bytes - 1) & ~(page_bytes - 1);

	return rounded < bytes ? 0 : rounded;
}

int map_fault_in(const char *backend, void *start, size_t bytes, int node,
	struct complaint *complaint)
{
	char size[NUMBER_TEXT];
	char place[32] = "";
	int error = populate(start, bytes);

	if (!error)
		return 0;
	if (node >= 0)
		snprintf(place, sizeof(place), " on node %d", node);
	complaint_what(complaint, "%s: the kernel did not give all pages of %s%s: %s",
		backend, number_format_bytes(size, bytes), place, strerror(-error));
	return error == -EFAULT ? -ENOMEM : error;
}

/* Reserves address space and cuts it down to the aligned pages and one guard page on each
 * side: 0 and the first usable byte, or -errno with nothing left mapped. */
static int reserve_aligned(size_t bytes, uint64_t align, char **first)
{
	size_t guard = host_base_page();
	size_t slack = align > guard ? align - guard : 0;
	size_t whole = bytes + 2 * guard + slack;
	char *start;
	char *end;
	size_t head;

	if (whole < bytes)
		return -ENOMEM;
	start = mmap(NULL, whole, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (start == MAP_FAILED)
		return -errno;
	end = start + whole;
	head = (size_t)(-(uintptr_t)(start + guard) & (align - 1));
	*first = start + guard + head;
	if (head > 0 && munmap(start, head) != 0)
		goto fail;
	start += head;
	whole = bytes + 2 * guard;
	if (end > start + whole &&
		munmap(start + whole, (size_t)(end - start) - whole) != 0)
		goto fail;
	return 0;
fail:;
	int error = -errno;

	(void)munmap(start, (size_t)(end - start));
	return error;
}

static int explain(const char *backend, const char *step, size_t bytes, int error,
	struct complaint *complaint)
{
	char size[NUMBER_TEXT];

	complaint_what(complaint, "%s: cannot %s %s: %s", backend, step,
		number_format_bytes(size, bytes), strerror(-error));
	return error;
}

static bool kernel_has_thp(void)
{
	uint64_t bytes;

	return host_thp_page("", &bytes) != 0 || bytes > 0;
}

/* Makes the reserved pages usable: what they are for, for whom, from where, and present.
 */
static int furnish(const char *backend, const struct memory_grant *grant, int advice,
	struct complaint *complaint)
{
	void *start = grant->mapping;
	size_t bytes = grant->mapped_bytes;
	int error;

	if (mprotect(start, bytes, PROT_READ | PROT_WRITE) != 0)
		return explain(backend, "make usable", bytes, -errno, complaint);
	/* Refusing huge pages fails where the kernel has none: then there is nothing to
	 * refuse. */
	if (madvise(start, bytes, advice) != 0) {
		error = -errno;
		if (error != -EINVAL || advice != MADV_NOHUGEPAGE || kernel_has_thp())
			return explain(backend, "choose the page size of", bytes, error,
				complaint);
	}
	/* A child would share the pages, and the next write here would copy them. */
	if (madvise(start, bytes, MADV_DONTFORK) != 0)
		return explain(backend, "keep from children", bytes, -errno, complaint);
	error = bind_strictly(backend, start, bytes, grant->node, complaint);
	if (error)
		return error;
	return map_fault_in(backend, start, bytes, grant->node, complaint);
}

int map_acquire(const char *backend, const struct memory_request *request,
	uint64_t page_bytes, int advice, struct memory_grant *grant,
	struct complaint *complaint)
{
	size_t bytes = map_round_up(request->bytes, page_bytes);
	struct memory_grant got;
	char *first = NULL;
	int error;

	if (bytes == 0)
		return explain(backend, "map", request->bytes, -ENOMEM, complaint);
	error = host_room("", backend, bytes, request->node, complaint);
	if (error)
		return error;
	error = reserve_aligned(bytes, page_bytes, &first);
	if (error)
		return explain(backend, "map", bytes, error, complaint);
	got = (struct memory_grant){.base = first,
		.bytes = request->bytes,
		.mapping = first,
		.mapped_bytes = bytes,
		.node = request->node,
		.page_bytes = page_bytes};
	error = furnish(backend, &got, advice, complaint);
	if (error)
		map_release(&got);
	else
		*grant = got;
	return error;
}

void map_release(struct memory_grant *grant)
{
	size_t guard = host_base_page();

	if (grant->mapping)
		(void)munmap(
			(char *)grant->mapping - guard, grant->mapped_bytes + 2 * guard);
	*grant = (struct memory_grant){.node = MEMORY_ANY_NODE};
}
