/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "alloc/backend.h"
#include "alloc/host.h"
#include "base/number.h"

#include <errno.h>

static int wrong_pages(const struct memory_backend *backend,
	const struct memory_grant *grant, const struct memory_obtained *obtained,
	struct complaint *complaint)
{
	char huge[NUMBER_TEXT];
	char all[NUMBER_TEXT];
	char page[NUMBER_TEXT];

	number_format_bytes(huge, obtained->huge_bytes);
	number_format_bytes(all, grant->bytes);
	if (grant->page_bytes <= host_base_page() && obtained->huge_bytes == 0) {
		complaint_what(
			complaint, "%s: not all of %s in memory", backend->name, all);
		complaint_why(complaint, "the kernel has taken pages out (swap)");
		return -ENOTSUP;
	}
	complaint_what(complaint, "%s: %s of %s on huge pages", backend->name, huge, all);
	if (grant->page_bytes <= host_base_page()) {
		complaint_why(complaint, "the kernel gave huge pages that were refused");
	} else if (obtained->huge_bytes == grant->bytes) {
		number_format_bytes(page, grant->page_bytes);
		complaint_why(complaint, "they are not pages of %s", page);
	} else {
		complaint_why(complaint,
			"the kernel found too little contiguous memory, or took "
			"huge pages apart again");
		complaint_advise(
			complaint, "echo 1 | sudo tee /proc/sys/vm/compact_memory");
	}
	return -ENOTSUP;
}

int memory_verify(const struct memory_backend *backend, const struct memory_grant *grant,
	const struct memory_obtained *obtained, struct complaint *complaint)
{
	uint64_t page = grant->page_bytes;
	bool refused = page == host_base_page() && obtained->huge_bytes > 0;

	if (page > 0 && (obtained->page_bytes != page || refused))
		return wrong_pages(backend, grant, obtained, complaint);
	/* A share of 0 means that the kernel does not tell nodes; the binding itself
	 * held. */
	if (grant->node >= 0 && obtained->node_share > 0 &&
		obtained->node != grant->node) {
		complaint_what(complaint, "%s: not all pages on node %d", backend->name,
			grant->node);
		complaint_why(complaint, "%.0f %% of the sampled pages share a node",
			obtained->node_share * 100);
		return -ENOTSUP;
	}
	return 0;
}
