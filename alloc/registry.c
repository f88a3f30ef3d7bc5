/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "alloc/backends.h"
#include "alloc/host.h"

#include <string.h>

const struct memory_backend *const memory_backends[] = {
	&memory_libc,
	&memory_small,
	&memory_thp,
	&memory_hugetlb_2m,
	&memory_hugetlb_1g,
	&memory_hp,
	&memory_hp_firstfit,
	&memory_hp_bump,
	NULL,
};

const struct memory_backend *memory_find(const char *name)
{
	for (size_t i = 0; memory_backends[i]; i++)
		if (strcmp(memory_backends[i]->name, name) == 0)
			return memory_backends[i];
	return NULL;
}

uint64_t memory_page_bytes(const struct memory_backend *backend)
{
	if (backend == &memory_small)
		return host_base_page();
	if (backend == &memory_thp) {
		uint64_t bytes;

		(void)host_thp_page("", &bytes);
		return bytes;
	}
	return backend->page_bytes;
}
