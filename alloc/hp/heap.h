/* SPDX-License-Identifier: MIT */
#ifndef ALLOC_HP_HEAP_H
#define ALLOC_HP_HEAP_H

#include "alloc/hp/block.h"
#include "alloc/hp/segment.h"
#include "alloc/hp/sizeclass.h"

/*
 * A heap allocates blocks of all classes out of spans that it owns. One thread at a time
 * uses it: its own, or, for the heap of the orphans, whoever holds its lock. Blocks freed
 * by other threads come in through the inbox (remote.h).
 */

enum {
	HEAP_DIRECT_BYTES = 1024, /* sizes looked up without computing the class */
	HEAP_DIRECT = HEAP_DIRECT_BYTES / CLASS_UNIT + 1,
	HEAP_OUTGOING = 16,
};

/* The spans of one class. The current one serves; the others that have something free
 * queue up, and those that have not are in heap.full. */
struct bin {
	struct span *current; /* or &span_none */
	struct span *first;
	struct span *last;
};

/* Blocks of one span of another heap, on their way there. */
struct outgoing {
	struct span *span;
	void *head; /* linked as on the span's list; the end is open */
	void *tail;
	uint32_t count;
};

struct heap {
	struct span *direct[HEAP_DIRECT]; /* by size / CLASS_UNIT, rounded up */
	struct bin bins[CLASS_COUNT];
	struct span *full;
	struct outgoing outgoing[HEAP_OUTGOING];
	int node;
	bool idle; /* no thread has it (threads.c) */
	struct heap *next_idle;
	struct heap *next_all;
	_Atomic uint64_t remote_frees; /* blocks sent elsewhere */
	_Alignas(64) void *_Atomic inbox;
};

extern struct span span_none; /* has nothing free, and is never changed */
extern struct heap heap_none; /* has nothing at all: of threads that have no heap yet */

/* Spans of dead threads, and the allocations of threads whose heap is gone already. Used
 * with its lock held (orphans.h). */
extern struct heap heap_orphans;

void heap_init(struct heap *heap, int node);

/* Forgets all spans and messages: they are somebody else's, or gone. */
void heap_reset(struct heap *heap);

/* A block of the class, from wherever it must be brought. *zeroed is set where the block
 * is known to read as 0, and else left alone. NULL: no memory. */
void *heap_refill(struct heap *heap, unsigned class, bool *zeroed);

/* Takes a block, of a span of this heap, back. */
void heap_release(struct heap *heap, struct span *span, void *block);

/* Takes blocks of a span of this heap back that have been linked already. */
void heap_release_list(
	struct heap *heap, struct span *span, void *head, void *tail, uint32_t count);

/* The span, from which nothing is handed out any more, leaves the heap. */
void heap_retire(struct heap *heap, struct span *span);

/* The first span of the queue of a class, or of those that are full, taken out of it;
 * NULL: none. */
struct span *heap_dequeue(struct heap *heap, unsigned class);
struct span *heap_dequeue_full(struct heap *heap);

/* No span is the current one any more. */
void heap_dismiss_all(struct heap *heap);

/* Gives empty spans back, the current ones too. */
void heap_trim(struct heap *heap);

/* Queues a span without owner. */
void heap_adopt(struct heap *heap, struct span *span);

static inline void *heap_pop(struct heap *heap, size_t bytes)
{
	if (LIKELY(bytes <= HEAP_DIRECT_BYTES))
		return span_pop(heap->direct[(bytes + CLASS_UNIT - 1) / CLASS_UNIT]);
	return NULL;
}

static inline struct heap *owner_heap(uintptr_t owner)
{
	return (struct heap *)(owner & ~(uintptr_t)OWNER_FLAGS);
}

#endif
