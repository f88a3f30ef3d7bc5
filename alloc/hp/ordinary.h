/* SPDX-License-Identifier: MIT */
#ifndef ALLOC_HP_ORDINARY_H
#define ALLOC_HP_ORDINARY_H

#include <stdbool.h>
#include <stddef.h>

/* Memory that is not of a pool: private, anonymous, copied on write by the kernel. */

/* Address space only, aligned: NULL where there is none. What is mapped over it with
 * MAP_FIXED takes nobody else's place. */
void *ordinary_reserve(size_t bytes, size_t alignment);

/*
 * Maps whole base pages, aligned, without faulting them in: 0, -ENOMEM, or -EINVAL for
 * MADV_HUGEPAGE on a kernel without transparent huge pages. `advice` is MADV_HUGEPAGE or
 * MADV_NOHUGEPAGE; a kernel that cannot give huge pages need not be told to refuse them.
 */
int ordinary_map(size_t bytes, size_t alignment, int advice, void **base);

/*
 * Changes the length of such a mapping, keeping contents and alignment; moves it where it
 * cannot stay and `may_move`. 0 or -ENOMEM with nothing changed.
 */
int ordinary_resize(
	void **base, size_t bytes, size_t new_bytes, size_t alignment, bool may_move);

/* Puts the mapping at `from` in the place of whatever is mapped at `to`, in one step. */
int ordinary_replace(void *to, void *from, size_t bytes);

#endif
