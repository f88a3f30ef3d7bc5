/* SPDX-License-Identifier: MIT */
#ifndef ALLOC_HP_METADATA_H
#define ALLOC_HP_METADATA_H

#include <stddef.h>
#include <stdint.h>

/*
 * Memory of hp's own records. It is never given back, so that a record once seen can be
 * read for ever; whoever has no more use for one keeps it for the next.
 */

/* All 0, aligned to 64 bytes; NULL where there is no memory. */
void *metadata_new(size_t bytes);
uint64_t metadata_bytes(void);

void metadata_fork_prepare(void);
void metadata_fork_done(void);

#endif
