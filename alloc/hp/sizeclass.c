/* SPDX-License-Identifier: MIT */
#include "alloc/hp/sizeclass.h"

#include "alloc/hp/segment.h"

enum {
	SPAN_BYTES = 64 << 10, /* of small blocks */
	FIRST_SPAN_BYTES = 16 << 10,
	SPAN_BLOCKS = 4,       /* at least, */
	LARGE_SPAN_BLOCKS = 2, /* and of large ones: they are empty sooner */
	LARGE_BYTES = 16 << 10,
	REST_PART = 32,     /* of a span, that may stay unused behind its last block */
	REST_PART_MAX = 12, /* when there are no more slices to be had */
};

unsigned class_slices(unsigned class, int first)
{
	size_t block = class_bytes(class);
	size_t least = first ? FIRST_SPAN_BYTES : SPAN_BYTES;
	size_t bytes;

	if (block > LARGE_BYTES)
		least = block * LARGE_SPAN_BLOCKS;
	else if (least < block * SPAN_BLOCKS)
		least = block * SPAN_BLOCKS;
	bytes = (least + SLICE_BYTES - 1) & ~(size_t)(SLICE_BYTES - 1);
	while (bytes % block > bytes / REST_PART && bytes < 2 * least)
		bytes += SLICE_BYTES;
	if (bytes % block > bytes / REST_PART_MAX)
		bytes = (least + SLICE_BYTES - 1) & ~(size_t)(SLICE_BYTES - 1);
	return (unsigned)(bytes / SLICE_BYTES);
}
