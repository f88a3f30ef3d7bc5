/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "alloc/hp/hp.h"
#include "tests/alloc/hp/model.h"

static size_t usable_size(void *block)
{
	return hp_usable_size(block);
}

const struct model_heap model_hp = {
	.malloc = hp_malloc,
	.calloc = hp_calloc,
	.realloc = hp_realloc,
	.reallocarray = hp_reallocarray,
	.free = hp_free,
	.free_sized = hp_free_sized,
	.aligned_alloc = hp_aligned_alloc,
	.posix_memalign = hp_posix_memalign,
	.usable_size = usable_size,
	.owns = hp_owns,
};
