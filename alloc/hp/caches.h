/* SPDX-License-Identifier: MIT */
#ifndef ALLOC_HP_CACHES_H
#define ALLOC_HP_CACHES_H

#include "alloc/hp/block.h"
#include "alloc/hp/sizeclass.h"

/*
 * Free blocks that a heap has at hand, whatever their spans: what the thread frees and
 * allocates goes here first, last in, first out. For each class a stack of addresses:
 * the blocks themselves are not touched, so that no write to a freed block leads malloc
 * astray. Below each stack stands NULL, which is what an empty one gives.
 */

enum {
	CACHES = CLASS_COUNT + 1, /* the last, of spans of one block, takes nothing */
	CACHES_FIRST = 63,        /* blocks of a class at first, */
	CACHES_GROWTH = 4,        /* so many times as many whenever it was too small, */
	CACHES_MOST = 4096,       /* and at most so many, */
	CACHES_BYTES = 512 << 10, /* and so much memory, */
	CACHES_LEAST = 4,         /* but so many of the largest */
	CACHES_SLOTS = CLASS_COUNT * (CACHES_FIRST + 1), /* of the stacks at first */
};

struct caches {
	void **_Atomic tops[CACHES];  /* above the block that was freed last */
	void **ends[CACHES];          /* where there is no room any more */
	void **_Atomic bases[CACHES]; /* the lowest block; NULL: the stack is moving */
	uint16_t rooms[CACHES];       /* slots of the stack, in use or not */
	bool short_of[CACHES]; /* was found empty since it was found full, or grew */
	bool on;               /* takes blocks */
};

extern void *caches_nothing[2];

/* Of no heap, or one that caches nothing: all is empty and full. */
#define CACHES_NONE                                                                      \
	{                                                                                \
		.tops = {[0 ... CACHES - 1] = caches_nothing + 1},                       \
		.ends = {[0 ... CACHES - 1] = caches_nothing + 1},                       \
		.bases = {[0 ... CACHES - 1] = caches_nothing + 1},                      \
	}

/* The most that a stack of the class ever holds. */
uint32_t caches_most(unsigned class);

/* With CACHES_SLOTS slots that read as 0, empty and off. */
void caches_init(struct caches *caches, void **slots);

/* Forgets all blocks. */
void caches_empty(struct caches *caches);

/* Whether they, being empty, take blocks. */
void caches_switch(struct caches *caches, bool on);

/* A larger stack for a class. False: it is as large as it gets, or there is no memory. */
bool caches_grow(struct caches *caches, unsigned class);

/* Blocks of the class; by any thread. */
uint32_t caches_count(const struct caches *caches, unsigned class);

/* The most that a stack of the class holds as it is. */
static inline uint32_t caches_room(const struct caches *caches, unsigned class)
{
	return caches->on ? caches->rooms[class] : 0;
}

static inline void **caches_top(const struct caches *caches, unsigned class)
{
	return atomic_load_explicit(&caches->tops[class], memory_order_relaxed);
}

/* After the slots below it have been written to: a child made by fork reads them. */
static inline void caches_set_top(struct caches *caches, unsigned class, void **top)
{
	atomic_store_explicit(&caches->tops[class], top, memory_order_release);
}

void cache_report_double(const void *block) __attribute__((cold, noreturn));

/* NULL: there is none. */
static inline void *cache_pop(struct caches *caches, unsigned class)
{
	void **top = caches_top(caches, class);
	void *block = top[-1];

	if (UNLIKELY(!block))
		return NULL;
	__builtin_prefetch(top[-2], 1);
	atomic_store_explicit(&caches->tops[class], top - 1, memory_order_relaxed);
	return block;
}

/* False: there is no room. */
static inline bool cache_push(struct caches *caches, unsigned class, void *block)
{
	void **top = caches_top(caches, class);

	if (UNLIKELY(top >= caches->ends[class]))
		return false;
	if (UNLIKELY(top[-1] == block))
		cache_report_double(block);
	*top = block;
	caches_set_top(caches, class, top + 1);
	return true;
}

#endif
