/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/kernel.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

const struct kernel *const kernels[] = {
	&kernel_chase,
	&kernel_strided,
	&kernel_page_chase,
	NULL,
};

const struct kernel *kernel_find(const char *name)
{
	for (size_t i = 0; kernels[i]; i++)
		if (strcmp(kernels[i]->name, name) == 0)
			return kernels[i];
	return NULL;
}

int kernel_scratch_reserve(struct kernel_scratch *scratch, size_t elements)
{
	uint32_t *order;

	if (!scratch->buckets) {
		scratch->buckets =
			malloc((KERNEL_BUCKETS_MAX + 1) * sizeof(*scratch->buckets));
		if (!scratch->buckets)
			return -ENOMEM;
	}
	if (elements <= scratch->capacity)
		return 0;
	/* The old order is of no use: free first, so that the two are never held at once.
	 */
	free(scratch->order);
	scratch->capacity = 0;
	order = malloc(elements * sizeof(*order));
	scratch->order = order;
	if (!order)
		return -ENOMEM;
	scratch->capacity = elements;
	return 0;
}

void kernel_scratch_release(struct kernel_scratch *scratch)
{
	free(scratch->order);
	free(scratch->buckets);
	*scratch = (struct kernel_scratch){0};
}
