/* SPDX-License-Identifier: MIT */
#include "alloc/hp/threads.h"

#include "alloc/hp/depot.h"
#include "alloc/hp/metadata.h"
#include "alloc/hp/orphans.h"
#include "alloc/hp/pages.h"
#include "alloc/hp/remote.h"
#include "alloc/hp/segments.h"

#include <pthread.h>

enum { DEPOT_BATCH = 64 };

#define INITIAL_EXEC __attribute__((tls_model("initial-exec")))

__thread struct heap *thread_heap INITIAL_EXEC = &heap_none;

/* Has no heap and gets none any more: its end has begun. */
static __thread bool gone INITIAL_EXEC;

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER; /* of what follows */
static struct heap *idle;
static struct heap *all;
static uint64_t made;
static uint64_t finalized_remote_frees;

static atomic_bool shared;
static pthread_key_t key;
static atomic_bool key_made;

static void end_thread(void *heap)
{
	(void)heap;
	threads_exit();
}

void threads_init(void)
{
	if (!atomic_load(&key_made) && pthread_key_create(&key, end_thread) == 0)
		atomic_store(&key_made, true);
}

void threads_share(bool share)
{
	atomic_store(&shared, share);
	/* A thread keeps the heap that it had before a finalize. */
	pthread_mutex_lock(&mutex);
	for (struct heap *heap = all; heap; heap = heap->next_all)
		caches_switch(&heap->caches, !share);
	pthread_mutex_unlock(&mutex);
}

static struct heap *take_idle(void)
{
	struct heap *heap;

	pthread_mutex_lock(&mutex);
	heap = idle;
	if (heap)
		idle = heap->next_idle;
	pthread_mutex_unlock(&mutex);
	return heap;
}

static struct heap *make(void)
{
	struct heap *heap = metadata_new(sizeof(*heap) + CACHES_SLOTS * sizeof(void *));

	if (!heap)
		return NULL;
	heap_init(heap, (void **)(heap + 1), pages_current_node(), true);
	pthread_mutex_lock(&mutex);
	heap->next_all = all;
	all = heap;
	if (++made > 1)
		depot_open();
	pthread_mutex_unlock(&mutex);
	return heap;
}

static struct heap *begin_thread(void)
{
	struct heap *heap = take_idle();

	if (heap)
		heap->node = pages_current_node();
	else
		heap = make();
	if (!heap)
		return NULL;
	heap->idle = false;
	thread_heap = heap;
	/* May allocate, which is served already. Without a key the heap is lost with its
	 * thread; what is in it can still be freed. */
	if (atomic_load(&key_made))
		(void)pthread_setspecific(key, heap);
	return heap;
}

struct heap *threads_own(void)
{
	struct heap *heap = thread_heap;

	if (UNLIKELY(gone || atomic_load_explicit(&shared, memory_order_relaxed)))
		return NULL;
	return LIKELY(heap != &heap_none) ? heap : begin_thread();
}

struct heap *threads_enter(void)
{
	struct heap *heap = threads_own();

	return heap ? heap : orphans_lock();
}

void threads_leave(struct heap *heap)
{
	if (UNLIKELY(heap == &heap_orphans))
		orphans_unlock();
}

void threads_exit(void)
{
	struct heap *heap = thread_heap;

	gone = true;
	if (heap == &heap_none)
		return;
	thread_heap = &heap_none;
	remote_flush(heap);
	pthread_mutex_lock(&mutex);
	heap->idle = true;
	heap->hollow = false;
	heap->idle_ms = pages_now_ms();
	heap->next_idle = idle;
	idle = heap;
	pthread_mutex_unlock(&mutex);
}

uint64_t threads_heaps(void)
{
	uint64_t count;

	pthread_mutex_lock(&mutex);
	count = made;
	pthread_mutex_unlock(&mutex);
	return count;
}

/* With the lock held: every heap, and &heap_none and the orphans' before them. */
static const struct heap *next_of(const struct heap *heap)
{
	return heap == &heap_none      ? &heap_orphans
	       : heap == &heap_orphans ? all
				       : heap->next_all;
}

static uint64_t sent_by(const struct heap *heap)
{
	uint64_t sum = 0;

	for (unsigned class = 0; class < CLASS_COUNT; class ++)
		sum += atomic_load_explicit(&heap->sent[class], memory_order_relaxed);
	return sum;
}

uint64_t threads_remote_frees(void)
{
	uint64_t sum = 0;

	pthread_mutex_lock(&mutex);
	for (const struct heap *heap = &heap_none; heap; heap = next_of(heap))
		sum += sent_by(heap);
	sum += finalized_remote_frees;
	pthread_mutex_unlock(&mutex);
	return sum;
}

static void add_cached(const struct heap *heap, uint64_t blocks[CLASS_COUNT])
{
	for (unsigned class = 0; class < CLASS_COUNT; class ++) {
		blocks[class] += caches_count(&heap->caches, class);
		blocks[class] +=
			atomic_load_explicit(&heap->sent[class], memory_order_relaxed);
		blocks[class] -= atomic_load_explicit(
			&heap->received[class], memory_order_relaxed);
	}
}

void threads_cached(uint64_t blocks[CLASS_COUNT])
{
	for (unsigned class = 0; class < CLASS_COUNT; class ++)
		blocks[class] = 0;
	pthread_mutex_lock(&mutex);
	for (const struct heap *heap = &heap_none; heap; heap = next_of(heap))
		add_cached(heap, blocks);
	for (unsigned class = 0; class < CLASS_COUNT; class ++)
		blocks[class] += depot_count(class);
	pthread_mutex_unlock(&mutex);
	/* Some were received after they were looked for where they were sent. */
	for (unsigned class = 0; class < CLASS_COUNT; class ++)
		if ((int64_t)blocks[class] < 0)
			blocks[class] = 0;
}

/* With the orphans' lock. */
static void age_idle(uint64_t now_ms, uint64_t after_ms)
{
	pthread_mutex_lock(&mutex);
	for (struct heap *heap = idle; heap; heap = heap->next_idle) {
		if (!heap->hollow && now_ms - heap->idle_ms >= after_ms) {
			orphans_take_over(heap);
			heap->hollow = true;
		} else {
			remote_receive(heap);
		}
	}
	pthread_mutex_unlock(&mutex);
}

/* With the orphans' lock: what lies in the depot goes back to its spans, or half. */
static void empty_depot(struct heap *orphans, bool half)
{
	void *blocks[DEPOT_BATCH];

	for (unsigned class = 0; class < CLASS_COUNT; class ++) {
		uint32_t left = depot_count(class) / (half ? 2 : 1);
		uint32_t count = 1;

		while (left && count) {
			count = depot_take(
				class, blocks, left < DEPOT_BATCH ? left : DEPOT_BATCH);
			left -= count;
			for (uint32_t i = 0; i < count; i++)
				heap_give_back(orphans, blocks[i]);
		}
	}
	remote_flush(orphans);
}

void threads_age_idle(uint64_t now_ms, uint64_t after_ms)
{
	struct heap *orphans = orphans_lock();

	age_idle(now_ms, after_ms);
	if (now_ms - orphans->aged_ms >= after_ms / 2)
		empty_depot(orphans, true);
	heap_age(orphans, now_ms, after_ms / 2);
	orphans_unlock();
}

size_t threads_trim_idle(size_t keep_bytes)
{
	struct heap *orphans = orphans_lock();
	size_t bytes;

	age_idle(pages_now_ms(), 0);
	empty_depot(orphans, false);
	heap_trim(orphans);
	bytes = keep_bytes ? 0 : heap_park(orphans);
	orphans_unlock();
	return bytes;
}

void threads_fork_prepare(void)
{
	(void)orphans_lock();
	pthread_mutex_lock(&mutex);
	depot_fork_prepare();
}

void threads_fork_parent(void)
{
	depot_fork_done();
	pthread_mutex_unlock(&mutex);
	orphans_unlock();
}

static bool is_of_the_dead(const struct span *span)
{
	const struct heap *heap =
		owner_heap(atomic_load_explicit(&span->owner, memory_order_relaxed));

	return heap && heap != &heap_orphans && heap != thread_heap && !heap->idle;
}

static void adopt_the_dead(struct segment *segment, void *context)
{
	(void)context;
	for (unsigned i = SEGMENT_HEADER_SLICES; i < SEGMENT_SLICES; i++)
		if (segment->spans[i].slices && is_of_the_dead(&segment->spans[i]))
			orphans_take_over_span(&segment->spans[i]);
}

static void adopt_heap(struct heap *heap)
{
	/* What it was sending is lost; what was sent to it is not. */
	void *inbox = atomic_load(&heap->inbox);

	heap_give_back_cached(&heap_orphans, heap);
	remote_flush(&heap_orphans);
	heap_reset(heap);
	atomic_store(&heap->inbox, inbox);
	heap->idle = true;
	heap->next_idle = idle;
	idle = heap;
}

/* The orphans' heap and the list of heaps are locked and whole; so are the segments. */
void threads_fork_child(void)
{
	depot_fork_done();
	segments_visit(adopt_the_dead, NULL);
	for (struct heap *heap = all; heap; heap = heap->next_all)
		if (heap != thread_heap && !heap->idle)
			adopt_heap(heap);
	pthread_mutex_unlock(&mutex);
	orphans_unlock();
}

static void forget_messages(struct heap *heap)
{
	for (unsigned class = 0; class < CLASS_COUNT; class ++) {
		atomic_store(&heap->sent[class], 0);
		atomic_store(&heap->received[class], 0);
	}
}

void threads_finalize(void)
{
	finalized_remote_frees = threads_remote_frees();
	forget_messages(&heap_none);
	depot_finalize();
	heap_reset(&heap_orphans);
	forget_messages(&heap_orphans);
	for (struct heap *heap = all; heap; heap = heap->next_all) {
		heap_reset(heap);
		forget_messages(heap);
	}
}
