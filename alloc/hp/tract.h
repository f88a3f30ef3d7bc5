/* SPDX-License-Identifier: MIT */
#ifndef ALLOC_HP_TRACT_H
#define ALLOC_HP_TRACT_H

#include "alloc/hp/pages.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

/*
 * The ranges of memory that the teaching policies divide. They are few, since each is
 * larger than the last, in proportion to what there is already; what is too large to
 * share one gets a tract of its own. Mapping and unmapping are for the holder of the
 * policy's lock; finding is for anybody.
 */

enum { TRACT_FIRST_BYTES = 8 << 20 };

struct tract {
	char *_Atomic start; /* NULL: not in use */
	atomic_size_t bytes;
	const void *owner; /* the policy that divides it */
	bool shared;       /* by many blocks */
	size_t used;       /* what of it is the policy's to say */
	struct pages_span span;
};

/* Room for at least `bytes`, one of the policy's blocks; NULL where there is no memory.
 */
struct tract *tract_map(const void *owner, size_t bytes);
void tract_unmap(struct tract *tract);
void tract_unmap_all(const void *owner); /* of its own */

/* The tract that holds the address, or NULL. Safe in signal handlers. */
struct tract *tract_find(const void *address);

#endif
