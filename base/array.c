/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/array.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int array_reserve(void *array, size_t *capacity, size_t count, size_t size)
{
	size_t larger = 2 * count > 16 ? 2 * count : 16;
	void *moved;

	if (count <= *capacity)
		return 0;
	/* The pointer may be to any type: its bytes are copied. */
	memcpy(&moved, array, sizeof(moved));
	moved = realloc(moved, larger * size);
	if (!moved)
		return -ENOMEM;
	memcpy(array, &moved, sizeof(moved));
	*capacity = larger;
	return 0;
}
