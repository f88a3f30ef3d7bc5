/* SPDX-License-Identifier: MIT */
#ifndef ALLOC_HP_THREADS_H
#define ALLOC_HP_THREADS_H

#include "alloc/hp/heap.h"

/* The calling thread's heap; &heap_none before its first allocation and after its end. */
extern __thread struct heap *thread_heap __attribute__((tls_model("initial-exec")));

/* The calling thread's heap, made now where it has none yet; NULL: it gets none. */
struct heap *threads_own(void);

/*
 * The heap to allocate from: the thread's own, made now where it has none yet; or that of
 * the orphans, locked, for a thread that has given its own back or cannot get one. To be
 * followed by threads_leave.
 */
struct heap *threads_enter(void);
void threads_leave(struct heap *heap);

/* From now on, or not any more, all threads allocate from the orphans' heap: for modes in
 * which every call is looked at. */
void threads_share(bool share);

void threads_init(void); /* once */

/* The calling thread's heap is given up. */
void threads_exit(void);

uint64_t threads_heaps(void);        /* ever made */
uint64_t threads_remote_frees(void); /* of all of them */

/* Free blocks that their spans do not know of: in the caches of all heaps, or on their
 * way from one to another. */
void threads_cached(uint64_t blocks[CLASS_COUNT]);

/* Heaps of threads that ended keep what they have for the next thread, up to this age:
 * then their spans become orphans. What was sent to them is taken in. */
void threads_age_idle(uint64_t now_ms, uint64_t after_ms);

/* The same at once. Bytes given back out of spans in use, unless something is to be kept.
 */
size_t threads_trim_idle(size_t keep_bytes);

void threads_fork_prepare(void);
void threads_fork_parent(void);
void threads_fork_child(void); /* only the calling thread is left */
void threads_finalize(void);

#endif
