/* SPDX-License-Identifier: MIT */
/*
 * hp-bump: the first allocator that one writes, and the simplest that is correct. A
 * cursor moves through a tract; each block begins where the last one ended, rounded up
 * to the alignment. Freeing gives nothing back. The whole cost of an allocation is an
 * addition, and no memory is ever touched twice: what the cache and the TLB make of that,
 * set beside an allocator that reuses, is the experiment.
 *
 * The classroom had one arena of fixed size and NULL when it was full. Here another one
 * follows, and NULL comes when the system (or the limit) has no more.
 */
#include "alloc/hp/hp.h"
#include "alloc/hp/misuse.h"
#include "alloc/hp/pages.h"
#include "alloc/hp/policy.h"
#include "alloc/hp/teaching.h"

#include <stdatomic.h>
#include <stdint.h>
#include <string.h>

enum { LIVE = 0x70626c76, FREED = 0x70626672 };

/* Directly in front of every block. */
struct header {
	size_t bytes; /* usable */
	atomic_size_t state;
};

_Static_assert(sizeof(struct header) == HP_POLICY_ALIGNMENT, "blocks stay aligned");

static struct tract *current;
static struct header *last; /* in the current tract: the block that may grow in place */
static _Atomic uint64_t live_bytes;
static _Atomic uint64_t live_blocks;

static size_t round_up(size_t bytes, size_t unit)
{
	return (bytes + unit - 1) & ~(unit - 1);
}

static struct header *header_of(const void *block)
{
	return (struct header *)((uintptr_t)block - sizeof(struct header));
}

static struct header *check(const void *block)
{
	struct header *header = header_of(block);
	size_t state;

	if (!teaching_tract(block))
		misuse_report("invalid pointer", block, 0);
	state = atomic_load_explicit(&header->state, memory_order_relaxed);
	if (state == FREED)
		misuse_report("double free or use after free of", block, header->bytes);
	if (state != LIVE)
		misuse_report("invalid pointer", block, 0);
	return header;
}

static void count(struct header *header)
{
	atomic_store_explicit(&header->state, LIVE, memory_order_relaxed);
	atomic_fetch_add_explicit(&live_bytes, header->bytes, memory_order_relaxed);
	atomic_fetch_add_explicit(&live_blocks, 1, memory_order_relaxed);
}

/* The next block of the tract, or NULL where it does not fit. */
static struct header *advance(struct tract *tract, size_t bytes, size_t alignment)
{
	uintptr_t start = (uintptr_t)atomic_load(&tract->start);
	uintptr_t block =
		round_up(start + tract->used + sizeof(struct header), alignment);
	struct header *header;

	if (block - start > tract->span.bytes ||
		bytes > tract->span.bytes - (block - start))
		return NULL;
	header = header_of((void *)block);
	header->bytes = bytes;
	tract->used = block - start + bytes;
	return header;
}

static struct header *allocate_locked(size_t bytes, size_t alignment, bool *zeroed)
{
	struct header *header = current ? advance(current, bytes, alignment) : NULL;
	struct tract *tract = current;

	if (!header) {
		tract = tract_map(
			&hp_policy_bump, bytes + alignment + sizeof(struct header));
		if (!tract)
			return NULL;
		header = advance(tract, bytes, alignment);
		/* What is left of the tract before is lost. One that serves a single
		 * large block does not take its place. */
		if (tract->shared)
			current = tract;
	}
	if (tract == current)
		last = header;
	*zeroed = tract->span.zeroed;
	return header;
}

static void *allocate(size_t bytes, size_t alignment, bool zero)
{
	size_t rounded = round_up(bytes, HP_POLICY_ALIGNMENT);
	bool zeroed = false;
	struct header *header;

	pthread_mutex_lock(&teaching_lock);
	header = allocate_locked(rounded, alignment, &zeroed);
	if (header)
		count(header);
	pthread_mutex_unlock(&teaching_lock);
	if (header && zero && !zeroed)
		memset(header + 1, 0, bytes);
	return header ? header + 1 : NULL;
}

/* The last block moves the cursor; any block may become smaller where it is. */
static bool resize_in_place(struct header *header, size_t bytes)
{
	uintptr_t start;
	size_t from;

	if (header != last)
		return bytes <= header->bytes;
	start = (uintptr_t)atomic_load(&current->start);
	from = (uintptr_t)(header + 1) - start;
	if (bytes > current->span.bytes - from)
		return false;
	/* What a shrinking block leaves behind is handed out again, and is not zero. */
	if (bytes < header->bytes)
		return true;
	atomic_fetch_add_explicit(
		&live_bytes, bytes - header->bytes, memory_order_relaxed);
	header->bytes = bytes;
	current->used = from + bytes;
	return true;
}

static void release(void *block)
{
	struct header *header = check(block);

	if (atomic_exchange_explicit(&header->state, FREED, memory_order_relaxed) != LIVE)
		misuse_report("double free of", block, header->bytes);
	atomic_fetch_sub_explicit(&live_bytes, header->bytes, memory_order_relaxed);
	atomic_fetch_sub_explicit(&live_blocks, 1, memory_order_relaxed);
}

static void *reallocate(void *block, size_t bytes)
{
	size_t rounded = round_up(bytes, HP_POLICY_ALIGNMENT);
	struct header *header = check(block);
	void *moved;
	bool done;

	pthread_mutex_lock(&teaching_lock);
	done = resize_in_place(header, rounded);
	pthread_mutex_unlock(&teaching_lock);
	if (done)
		return block;
	moved = allocate(bytes, HP_POLICY_ALIGNMENT, false);
	if (!moved)
		return NULL;
	memcpy(moved, block, header->bytes < bytes ? header->bytes : bytes);
	release(block);
	return moved;
}

static size_t usable_bytes(const void *block)
{
	return check(block)->bytes;
}

static size_t trim(size_t keep_bytes)
{
	(void)keep_bytes;
	return 0;
}

static void stats(struct hp_stats *all)
{
	all->live_bytes += atomic_load_explicit(&live_bytes, memory_order_relaxed);
	all->live_blocks += atomic_load_explicit(&live_blocks, memory_order_relaxed);
}

static void finalize(void)
{
	tract_unmap_all(&hp_policy_bump);
	current = NULL;
	last = NULL;
	atomic_store(&live_bytes, 0);
	atomic_store(&live_blocks, 0);
}

const struct hp_policy hp_policy_bump = {
	.name = "hp-bump",
	.summary = "a cursor; what is freed is never used again",
	.init = teaching_init,
	.allocate = allocate,
	.reallocate = reallocate,
	.release = release,
	.usable_bytes = usable_bytes,
	.owns = teaching_owns,
	.trim = trim,
	.stats = stats,
	.fork_prepare = teaching_fork_prepare,
	.fork_parent = teaching_fork_parent,
	.fork_child = teaching_fork_child,
	.finalize = finalize,
};
