/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/marker.h"

#include "base/number.h"

#include <stdio.h>
#include <string.h>

/* The stride that goes without saying. */
enum { LINE_STRIDE = 64 };

char *marker_region(char region[MARKER_REGION], const struct point *point)
{
	char size[NUMBER_TEXT];
	char stride[32] = "";
	char node[24] = "";

	if (point->stride != LINE_STRIDE && strcmp(point->kernel, "page-chase") != 0)
		(void)snprintf(stride, sizeof(stride), "_stride%llu",
			(unsigned long long)point->stride);
	if (point->node >= 0)
		(void)snprintf(node, sizeof(node), "_node%d", point->node);
	(void)snprintf(region, MARKER_REGION, "%s_%s%s_%s%s", point->kernel,
		number_format_bytes(size, point->bytes), stride, point->backend, node);
	/* LIKWID's file of regions sets a region and its group apart by a dash. */
	for (char *dash = strchr(region, '-'); dash; dash = strchr(dash, '-'))
		*dash = '_';
	return region;
}
