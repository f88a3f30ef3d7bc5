/* SPDX-License-Identifier: MIT */
#include "alloc/hp/remote.h"

enum { BATCH_BLOCKS = 64, BATCH_BYTES = 16 << 10 };

/* In the second word of a batch's first block: the next batch of the inbox. */
static void **batch_next(void *head)
{
	return (void **)head + 1;
}

/* The owner may change while the message is under way: it is then sent on. */
static void push(struct span *span, void *head)
{
	struct heap *heap =
		owner_heap(atomic_load_explicit(&span->owner, memory_order_acquire));
	void *first = atomic_load_explicit(&heap->inbox, memory_order_relaxed);

	do {
		if (UNLIKELY(first == head))
			misuse_report("double free of", head, span->block_bytes);
		*batch_next(head) = first;
	} while (!atomic_compare_exchange_weak_explicit(
		&heap->inbox, &first, head, memory_order_release, memory_order_relaxed));
}

static void send(struct outgoing *batch)
{
	block_link(batch->span, batch->tail, segment_of(batch->tail));
	push(batch->span, batch->head);
	batch->span = NULL;
}

static struct outgoing *batch_of(struct heap *heap, const struct span *span)
{
	uintptr_t number = (uintptr_t)span / sizeof(*span);

	return &heap->outgoing[(number ^ number >> 8) % HEAP_OUTGOING];
}

/* By the one thread that has the heap. */
static void count(_Atomic uint64_t *counter, uint64_t more)
{
	atomic_store_explicit(counter,
		atomic_load_explicit(counter, memory_order_relaxed) + more,
		memory_order_relaxed);
}

void remote_free(struct heap *heap, struct span *span, void *block)
{
	struct outgoing *batch;

	/* heap_none is many threads'. */
	if (heap == &heap_none) {
		atomic_fetch_add_explicit(
			&heap->sent[span->class], 1, memory_order_relaxed);
		block_link(span, block, segment_of(block));
		push(span, block);
		return;
	}
	count(&heap->sent[span->class], 1);
	batch = batch_of(heap, span);
	if (batch->span != span) {
		if (batch->span)
			send(batch);
		*batch = (struct outgoing){
			.span = span, .head = block, .tail = block, .count = 1};
	} else {
		block_link(span, block, batch->head);
		batch->head = block;
		batch->count++;
	}
	if (batch->count == BATCH_BLOCKS ||
		(size_t)batch->count * span->block_bytes >= BATCH_BYTES)
		send(batch);
}

void remote_flush(struct heap *heap)
{
	for (size_t i = 0; i < HEAP_OUTGOING; i++)
		if (heap->outgoing[i].span)
			send(&heap->outgoing[i]);
}

static void take_batch(struct heap *heap, void *head)
{
	struct span *span = segment_span(head);
	uintptr_t owner = atomic_load_explicit(&span->owner, memory_order_acquire);
	uint32_t blocks = 1;
	void *tail = head;
	void *next;

	if (owner_heap(owner) != heap) {
		push(span, head);
		return;
	}
	while (!block_ends_list(next = block_next(span, tail))) {
		tail = next;
		if (UNLIKELY(++blocks > span->total))
			misuse_report("double free of", head, span->block_bytes);
	}
	count(&heap->received[span->class], blocks);
	heap_release_list(heap, span, head, tail, blocks);
}

void remote_receive(struct heap *heap)
{
	void *head;

	if (!atomic_load_explicit(&heap->inbox, memory_order_relaxed))
		return;
	head = atomic_exchange_explicit(&heap->inbox, NULL, memory_order_acquire);
	while (head) {
		void *next = *batch_next(head);

		take_batch(heap, head);
		head = next;
	}
}
