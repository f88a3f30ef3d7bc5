/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/point.h"

#include <string.h>

bool point_same_buffer(const struct point *a, const struct point *b)
{
	return strcmp(a->backend, b->backend) == 0 && a->bytes == b->bytes &&
	       a->cpu == b->cpu && a->node == b->node;
}

bool point_same_layout(const struct point *a, const struct point *b)
{
	return point_same_buffer(a, b) && strcmp(a->kernel, b->kernel) == 0 &&
	       a->stride == b->stride;
}
