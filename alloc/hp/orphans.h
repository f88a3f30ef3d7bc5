/* SPDX-License-Identifier: MIT */
#ifndef ALLOC_HP_ORPHANS_H
#define ALLOC_HP_ORPHANS_H

#include "alloc/hp/heap.h"

/*
 * Spans whose thread has ended belong to the heap of the orphans, until a thread that
 * needs their class adopts them or they are empty. The same heap serves threads that have
 * none of their own any more.
 */

/* heap_orphans, for as long as it is held. */
struct heap *orphans_lock(void);
void orphans_unlock(void);

/* A span of the class with something to hand out, now owned by the heap; NULL: none. */
struct span *orphans_adopt(struct heap *heap, unsigned class);

/* All spans of a heap become orphans; its outgoing blocks and inbox are seen to first.
 * With the lock held. */
void orphans_take_over(struct heap *heap);

/*
 * With the lock held, in a child made by fork: a span of a thread that is gone, and may
 * have been cut off in the midst of a call, so that its list and the heap's cannot be
 * trusted. Nothing more is handed out of it until all of its blocks have come back.
 */
void orphans_take_over_span(struct span *span);

#endif
