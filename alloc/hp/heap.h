/* SPDX-License-Identifier: MIT */
#ifndef ALLOC_HP_HEAP_H
#define ALLOC_HP_HEAP_H

#include "alloc/hp/caches.h"
#include "alloc/hp/segment.h"
#include "alloc/hp/sizeclass.h"

/*
 * A heap allocates blocks of all classes out of spans that it owns. One thread at a time
 * uses it: its own, or, for the heap of the orphans, whoever holds its lock. Blocks freed
 * by other threads come in through the inbox (remote.h).
 */

enum {
	HEAP_DIRECT_BYTES = 1024, /* sizes whose class is looked up, not computed */
	HEAP_DIRECT = HEAP_DIRECT_BYTES / CLASS_UNIT + 1,
	HEAP_OUTGOING = 16,
	HEAP_LOOK_EVERY = 256, /* frees */
};

/* The spans of one class. The current one serves; the others that have something free
 * queue up, and those that have not are in heap.full. */
struct bin {
	struct span *current; /* or &span_none */
	struct span *spare;   /* of those that queue: empty, and kept for a while */
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
	struct caches caches;
	/* Of class giving_back, so many at the bottom of the cache have been given back
	 * and are to be taken out next: a child made by fork must know. */
	uint32_t giving_back;
	_Atomic uint32_t given_back;
	uint32_t until_look; /* frees, until the decay is looked at; */
	uint32_t look_every; /* at first so many, and as many as come in some ms */
	uint64_t looked_ms;
	struct bin bins[CLASS_COUNT];
	struct span *full;
	struct outgoing outgoing[HEAP_OUTGOING];
	int node;
	uint64_t aged_ms; /* when spares were looked at last */
	bool idle;        /* no thread has it (threads.c): */
	uint64_t idle_ms; /* since then, */
	bool hollow;      /* and it has no spans any more */
	struct heap *next_idle;
	struct heap *next_all;
	_Atomic uint64_t sent[CLASS_COUNT]; /* blocks, to other heaps */
	_Atomic uint64_t received[CLASS_COUNT];
	_Alignas(64) void *_Atomic inbox;
};

extern struct span span_none; /* has nothing free, and is never changed */
extern struct heap heap_none; /* has nothing at all: of threads that have no heap yet */

/* Spans of dead threads, and the allocations of threads whose heap is gone already. Used
 * with its lock held (orphans.h). */
extern struct heap heap_orphans;

void heap_init(struct heap *heap, void **slots, int node, bool caching);

/* Whether its caches, which must be empty, take blocks. */
void heap_set_caching(struct heap *heap, bool caching);

/* Forgets all spans and messages: they are somebody else's, or gone. */
void heap_reset(struct heap *heap);

/* A block of the class, from wherever it must be brought, with a few more for the cache.
 * *zeroed is set where the block is known to read as 0, and else left alone. NULL: no
 * memory. */
void *heap_refill(struct heap *heap, unsigned class, bool *zeroed);

/* Takes a block for which the cache has no room. Whether spans got blocks back. */
bool heap_overflow(struct heap *heap, unsigned class, void *block);

/* Gives back half of what is cached, the spares, and pages under free blocks of spans in
 * which nothing has happened since the last time but one, where it was called last
 * `after_ms` ago or more. */
void heap_age(struct heap *heap, uint64_t now_ms, uint64_t after_ms);

/* Gives all that is cached back to its spans. */
void heap_flush(struct heap *heap);

/* What the caches of another heap hold, whose thread is gone, goes back to its spans as
 * if this one freed it. */
void heap_give_back_cached(struct heap *heap, const struct heap *dead);

/* Gives a block back to its span, whosesoever that is. */
void heap_give_back(struct heap *heap, void *block);

/* Takes a block, of a span of this heap, back. */
void heap_release(struct heap *heap, struct span *span, void *block);

/* Takes blocks of a span of this heap back that have been linked already. */
void heap_release_list(
	struct heap *heap, struct span *span, void *head, void *tail, uint32_t count);

/* The first span of the queue of a class, or of those that are full, taken out of it;
 * NULL: none. */
struct span *heap_dequeue(struct heap *heap, unsigned class);
struct span *heap_dequeue_full(struct heap *heap);

/* No span is the current one any more. */
void heap_dismiss_all(struct heap *heap);

/* Gives empty spans back, the current ones too. */
void heap_trim(struct heap *heap);

/* Gives back all pages under free blocks. Bytes. */
size_t heap_park(struct heap *heap);

/* Queues a span without owner. */
void heap_adopt(struct heap *heap, struct span *span);

extern const uint8_t heap_classes[HEAP_DIRECT]; /* by size / CLASS_UNIT, rounded up */

/* What the thread has at hand; NULL: nothing, or no block of a class. */
static inline void *heap_pop(struct heap *heap, size_t bytes)
{
	unsigned class;

	if (LIKELY(bytes <= HEAP_DIRECT_BYTES))
		class = heap_classes[(bytes + CLASS_UNIT - 1) / CLASS_UNIT];
	else if (bytes <= CLASS_MAX_BYTES)
		class = class_of(bytes);
	else
		return NULL;
	return cache_pop(&heap->caches, class);
}

static inline struct heap *owner_heap(uintptr_t owner)
{
	return (struct heap *)(owner & ~(uintptr_t)OWNER_FLAGS);
}

#endif
