/* SPDX-License-Identifier: MIT */
/*
 * hp-firstfit: the second allocator that one writes. Every block has a header in front;
 * what is free is in one list; the first block that is large enough serves. What the
 * classroom's left out is here: a block that is too large is split, neighbours that are
 * free become one again, a tract without a block in use goes back to the system,
 * alignments are kept, one lock makes it safe for threads. What is left as it was: the
 * search is linear, and all threads wait for each other. That is its lesson.
 *
 * An tract is a row of blocks without gaps:
 *
 *   | header | payload ... | header | payload ... | header of size 0, in use |
 *
 * A header tells the bytes of its block and of the one before, so that both neighbours
 * are found without a search (boundary tags; Knuth, The Art of Computer
 * Programming, 2.5). The links of the list lie in the payload of free blocks. A block
 * that is freed goes to the front of the list: it is in the cache. Fresh tracts go to the
 * end: untouched memory comes last.
 */
#include "alloc/hp/check.h"
#include "alloc/hp/hp.h"
#include "alloc/hp/misuse.h"
#include "alloc/hp/pages.h"
#include "alloc/hp/policy.h"
#include "alloc/hp/teaching.h"

#include <stdint.h>
#include <string.h>

struct header {
	size_t tagged_bytes;   /* of the block with its header; the low bits say its state
				*/
	size_t previous_bytes; /* of the block in front; 0: the first of the tract */
};

struct links {
	struct header *next;
	struct header *previous;
};

enum {
	UNIT = HP_POLICY_ALIGNMENT,
	HEADER = sizeof(struct header),
	SMALLEST = HEADER + sizeof(struct links),
	/* An odd pattern, for what is no header at all should not look like one. */
	USED = 0xb,
	FREE = 0x6,
	STATE = UNIT - 1,
};

_Static_assert(HEADER == UNIT, "payloads are aligned as headers are");

static struct header *first; /* of the list of free blocks */
static struct header *final;
static uint64_t live_bytes;
static uint64_t live_blocks;
static uint64_t free_bytes;

static size_t bytes_of(const struct header *block)
{
	return block->tagged_bytes & ~(size_t)STATE;
}

static unsigned state_of(const struct header *block)
{
	return block->tagged_bytes & STATE;
}

static struct header *at(struct header *block, size_t offset)
{
	return (struct header *)((char *)block + offset);
}

static struct header *after(struct header *block)
{
	return at(block, bytes_of(block));
}

static struct header *before(struct header *block)
{
	return (struct header *)((char *)block - block->previous_bytes);
}

static struct links *links_of(struct header *block)
{
	return (struct links *)(block + 1);
}

/* Writes both tags of a block. */
static void set(struct header *block, size_t bytes, unsigned state)
{
	block->tagged_bytes = bytes | state;
	after(block)->previous_bytes = bytes;
}

static void link_between(
	struct header *block, struct header *previous, struct header *next)
{
	links_of(block)->previous = previous;
	links_of(block)->next = next;
	if (previous)
		links_of(previous)->next = block;
	else
		first = block;
	if (next)
		links_of(next)->previous = block;
	else
		final = block;
}

static void list_remove(struct header *block)
{
	struct links links = *links_of(block);

	if (links.previous)
		links_of(links.previous)->next = links.next;
	else
		first = links.next;
	if (links.next)
		links_of(links.next)->previous = links.previous;
	else
		final = links.previous;
	free_bytes -= bytes_of(block);
}

static void list_push(struct header *block)
{
	link_between(block, NULL, first);
	free_bytes += bytes_of(block);
}

static void list_append(struct header *block)
{
	link_between(block, final, NULL);
	free_bytes += bytes_of(block);
}

/* Cuts a block down; what is behind becomes a free block in `previous` and `next` of the
 * list where it stood, or at the front. A remainder without room for links stays in the
 * block. */
static void split(struct header *block, size_t bytes, unsigned state, bool to_end)
{
	size_t rest = bytes_of(block) - bytes;
	struct header *remainder;

	if (rest < SMALLEST) {
		set(block, bytes_of(block), state);
		return;
	}
	set(block, bytes, state);
	remainder = after(block);
	set(remainder, rest, FREE);
	if (to_end)
		list_append(remainder);
	else
		list_push(remainder);
}

/* Where in the free block an aligned payload can begin, such that what lies in front is
 * nothing or a block of its own. */
static size_t gap_for(struct header *block, size_t alignment)
{
	uintptr_t payload = (uintptr_t)(block + 1);
	size_t gap = (size_t)(-payload & (alignment - 1));

	while (gap > 0 && gap < SMALLEST)
		gap += alignment;
	return gap;
}

/* The first free block with room, or NULL. */
static struct header *search(size_t bytes, size_t alignment, size_t *gap)
{
	for (struct header *block = first; block; block = links_of(block)->next) {
		*gap = gap_for(block, alignment);
		if (bytes_of(block) >= bytes && bytes_of(block) - bytes >= *gap)
			return block;
	}
	return NULL;
}

/* A new tract as one free block at the end of the list. */
static bool grow(size_t bytes)
{
	struct tract *tract = tract_map(&hp_policy_firstfit, bytes + HEADER);
	struct header *block;
	size_t whole;

	if (!tract)
		return false;
	block = (struct header *)(void *)tract->start;
	whole = (tract->span.bytes & ~(size_t)(UNIT - 1)) - HEADER;
	block->previous_bytes = 0;
	set(block, whole, FREE);
	after(block)->tagged_bytes = USED;
	list_append(block);
	return true;
}

static struct header *take(size_t bytes, size_t alignment)
{
	size_t gap;
	struct header *block = search(bytes, alignment, &gap);
	bool to_end;

	if (!block) {
		if (!grow(bytes + (alignment > UNIT ? alignment + SMALLEST : 0)))
			return NULL;
		block = search(bytes, alignment, &gap);
		if (!block)
			return NULL;
	}
	/* Untouched memory stays at the end. */
	to_end = block == final;
	list_remove(block);
	if (gap) {
		struct header *aligned = at(block, gap);
		size_t rest = bytes_of(block) - gap;

		set(block, gap, FREE);
		list_push(block);
		set(aligned, rest, FREE);
		block = aligned;
	}
	split(block, bytes, USED, to_end);
	return block;
}

static size_t size_for(size_t bytes)
{
	size_t whole = ((bytes + UNIT - 1) & ~(size_t)(UNIT - 1)) + HEADER;

	return whole < SMALLEST ? SMALLEST : whole;
}

static void *allocate(size_t bytes, size_t alignment, bool zero)
{
	struct header *block;

	pthread_mutex_lock(&teaching_lock);
	block = take(size_for(bytes), alignment);
	if (block) {
		live_blocks++;
		live_bytes += bytes_of(block) - HEADER;
		check_forget(block + 1, bytes_of(block) - HEADER);
	}
	pthread_mutex_unlock(&teaching_lock);
	if (!block)
		return NULL;
	return zero ? memset(block + 1, 0, bytes) : block + 1;
}

/* The header of a live block; with the lock, since the neighbour's tag is compared. */
static struct header *check(const void *payload)
{
	struct header *block = (struct header *)((uintptr_t)payload - HEADER);
	struct tract *tract = teaching_tract(payload);
	const char *fault = "invalid pointer";

	if (tract) {
		size_t room = tract->span.bytes - (size_t)((char *)block - tract->start);

		if (state_of(block) == FREE)
			fault = "double free or use after free of";
		else if (state_of(block) == USED && bytes_of(block) >= SMALLEST &&
			 bytes_of(block) <= room - HEADER) {
			if (after(block)->previous_bytes == bytes_of(block))
				return block;
			fault = "overflow past the end of";
		}
	}
	pthread_mutex_unlock(&teaching_lock);
	misuse_report(fault, payload, 0);
}

/* Makes one of a block and the free one behind it. */
static void absorb_next(struct header *block)
{
	struct header *next = after(block);

	if (state_of(next) != FREE)
		return;
	list_remove(next);
	set(block, bytes_of(block) + bytes_of(next), state_of(block));
}

static void put(struct header *block)
{
	struct tract *tract;

	set(block, bytes_of(block), FREE);
	absorb_next(block);
	if (block->previous_bytes && state_of(before(block)) == FREE) {
		struct header *previous = before(block);

		list_remove(previous);
		set(previous, bytes_of(previous) + bytes_of(block), FREE);
		block = previous;
	}
	list_push(block);
	if (block->previous_bytes || bytes_of(after(block)))
		return;
	/* The whole tract is free. It goes, unless this would leave none to go on with.
	 */
	tract = tract_find(block);
	if (tract->shared && first == final)
		return;
	list_remove(block);
	tract_unmap(tract);
}

static void release(void *payload)
{
	struct header *block;

	pthread_mutex_lock(&teaching_lock);
	block = check(payload);
	live_blocks--;
	live_bytes -= bytes_of(block) - HEADER;
	put(block);
	pthread_mutex_unlock(&teaching_lock);
}

/* Whether the block could be made so long where it is. */
static bool resize_in_place(struct header *block, size_t bytes)
{
	size_t old = bytes_of(block);
	struct header *next = after(block);
	size_t room = old + (state_of(next) == FREE ? bytes_of(next) : 0);

	if (bytes > room)
		return false;
	if (bytes > old || old - bytes >= SMALLEST) {
		bool to_end = state_of(next) == FREE && next == final;

		absorb_next(block);
		split(block, bytes, USED, to_end);
	}
	live_bytes += bytes_of(block) - old;
	return true;
}

static void *reallocate(void *payload, size_t bytes)
{
	struct header *block;
	size_t old = 0;
	bool done;
	void *moved;

	pthread_mutex_lock(&teaching_lock);
	block = check(payload);
	old = bytes_of(block) - HEADER;
	done = resize_in_place(block, size_for(bytes));
	pthread_mutex_unlock(&teaching_lock);
	if (done)
		return payload;
	moved = allocate(bytes, UNIT, false);
	if (!moved)
		return NULL;
	memcpy(moved, payload, old < bytes ? old : bytes);
	release(payload);
	return moved;
}

static size_t usable_bytes(const void *payload)
{
	size_t bytes;

	pthread_mutex_lock(&teaching_lock);
	bytes = bytes_of(check(payload)) - HEADER;
	pthread_mutex_unlock(&teaching_lock);
	return bytes;
}

/* The one tract that was kept although it is free. */
static size_t trim(size_t keep_bytes)
{
	size_t bytes = 0;

	pthread_mutex_lock(&teaching_lock);
	if (first && first == final && !first->previous_bytes &&
		!bytes_of(after(first)) && bytes_of(first) > keep_bytes) {
		struct tract *tract = tract_find(first);

		bytes = tract->span.bytes;
		list_remove(first);
		tract_unmap(tract);
	}
	pthread_mutex_unlock(&teaching_lock);
	return bytes;
}

static void stats(struct hp_stats *all)
{
	pthread_mutex_lock(&teaching_lock);
	all->live_bytes += live_bytes;
	all->live_blocks += live_blocks;
	all->cached_bytes += free_bytes;
	pthread_mutex_unlock(&teaching_lock);
}

static void finalize(void)
{
	tract_unmap_all(&hp_policy_firstfit);
	first = NULL;
	final = NULL;
	live_bytes = 0;
	live_blocks = 0;
	free_bytes = 0;
}

const struct hp_policy hp_policy_firstfit = {
	.name = "hp-firstfit",
	.summary = "one list of free blocks, the first that fits, one lock",
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
