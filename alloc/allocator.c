/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "alloc/allocator.h"

#include "alloc/bind.h"
#include "alloc/host.h"
#include "alloc/map.h"
#include "base/number.h"

#include <errno.h>
#include <string.h>

void allocator_release(const struct allocator *allocator, struct memory_grant *grant)
{
	/* The allocator gets its pages back as it gave them. */
	bind_clear(grant->mapping, grant->mapped_bytes, grant->node);
	allocator->release(allocator->context, grant->mapping);
	*grant = (struct memory_grant){.node = MEMORY_ANY_NODE};
}

int allocator_acquire(const struct allocator *allocator,
	const struct memory_request *request, struct memory_grant *grant,
	struct complaint *complaint)
{
	/* Whole pages, so that binding them touches nobody else's data. */
	uint64_t page = request->node >= 0 && allocator->bound_page_bytes
				? allocator->bound_page_bytes
				: host_base_page();
	size_t bytes = map_round_up(request->bytes, page);
	struct memory_grant got;
	void *start;
	int error =
		host_room("", allocator->name, request->bytes, request->node, complaint);

	if (error)
		return error;
	start = bytes ? allocator->allocate(allocator->context, page, bytes) : NULL;
	if (!start) {
		char size[NUMBER_TEXT];

		complaint_what(complaint, "%s: cannot allocate %s: %s", allocator->name,
			number_format_bytes(size, request->bytes), strerror(ENOMEM));
		return -ENOMEM;
	}
	got = (struct memory_grant){.base = start,
		.bytes = request->bytes,
		.mapping = start,
		.mapped_bytes = bytes,
		.node = request->node};
	error = bind_strictly(allocator->name, start, bytes, request->node, complaint);
	if (!error)
		error = map_fault_in(
			allocator->name, start, bytes, request->node, complaint);
	if (error)
		allocator_release(allocator, &got);
	else
		*grant = got;
	return error;
}
