/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "alloc/backends.h"
#include "alloc/bind.h"
#include "alloc/host.h"
#include "alloc/map.h"
#include "base/number.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int probe(struct complaint *complaint)
{
	(void)complaint;
	return 0;
}

static void release(struct memory_grant *grant)
{
	/* The allocator gets its pages back as it gave them. */
	bind_clear(grant->mapping, grant->mapped_bytes, grant->node);
	free(grant->mapping);
	*grant = (struct memory_grant){.node = MEMORY_ANY_NODE};
}

static int acquire(const struct memory_request *request, struct memory_grant *grant,
	struct complaint *complaint)
{
	uint64_t page = host_base_page();
	size_t bytes = map_round_up(request->bytes, page);
	struct memory_grant got;
	void *start;
	int error = host_room("", "libc", request->bytes, request->node, complaint);

	if (error)
		return error;
	/* Whole pages, so that binding them touches nobody else's data. */
	start = bytes ? aligned_alloc(page, bytes) : NULL;
	if (!start) {
		char size[NUMBER_TEXT];

		complaint_what(complaint, "libc: cannot allocate %s: %s",
			number_format_bytes(size, request->bytes), strerror(ENOMEM));
		return -ENOMEM;
	}
	got = (struct memory_grant){.base = start,
		.bytes = request->bytes,
		.mapping = start,
		.mapped_bytes = bytes,
		.node = request->node};
	error = bind_strictly("libc", start, bytes, request->node, complaint);
	if (!error)
		error = map_fault_in("libc", start, bytes, request->node, complaint);
	if (error)
		release(&got);
	else
		*grant = got;
	return error;
}

const struct memory_backend memory_libc = {
	.name = "libc",
	.summary = "the C library's allocator, pages as the system gives them",
	.probe = probe,
	.acquire = acquire,
	.release = release,
};
