/* SPDX-License-Identifier: MIT */
#ifndef ALLOC_HP_REMOTE_H
#define ALLOC_HP_REMOTE_H

#include "alloc/hp/heap.h"

/*
 * Blocks that another thread frees go back to the heap that owns their span by message:
 * gathered by span until a batch is worth it, then pushed on the owner's inbox with one
 * atomic exchange. The owner takes them in when it runs out of blocks. (The idea is
 * snmalloc's: Lietar et al., "snmalloc: a message passing allocator", ISMM 2019.)
 */

/* A block of a span that the heap does not own; heap_none sends at once. */
void remote_free(struct heap *heap, struct span *span, void *block);

/* Sends what has been gathered. */
void remote_flush(struct heap *heap);

/* Takes in the messages; those for spans that have moved on are sent after them. */
void remote_receive(struct heap *heap);

#endif
