/* SPDX-License-Identifier: MIT */
#include "alloc/hp/large.h"

#include "alloc/hp/kept.h"
#include "alloc/hp/metadata.h"
#include "alloc/hp/registry.h"
#include "alloc/hp/segments.h"

#include <pthread.h>

enum {
	WHOLE_FROM_BYTES = 8 * PAGES_HUGE_BYTES,
	KEEP_PART = 8, /* of the peak, that may be kept beyond it */
};

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static struct large *unused; /* records: once seen by a reader they stay readable */
static struct large *live_list;
static size_t lent_count;                /* of live blocks */
static uint64_t live_bytes, live_blocks; /* as mapped */
static uint64_t asked_bytes, peak_bytes; /* of live blocks, and once */
static int64_t decay = -1;

void large_configure(int64_t decay_ms)
{
	decay = decay_ms;
}

static struct large *new_record(void)
{
	struct large *large = unused;

	if (large)
		unused = large->next;
	else
		large = metadata_new(sizeof(*large));
	return large;
}

static void drop_record(struct large *large)
{
	large->next = unused;
	unused = large;
}

static size_t release_kept(struct large *large)
{
	size_t bytes = large->pages.bytes;

	kept_take(large);
	(void)registry_set_large(large->pages.base, bytes, NULL);
	pages_unmap(&large->pages);
	segments_release_bytes(bytes);
	drop_record(large);
	return bytes;
}

/* Modulo 2^64: less of them is a negative number more. */
static void note_asked(uint64_t more)
{
	asked_bytes += more;
	if (asked_bytes > peak_bytes)
		peak_bytes = asked_bytes;
}

static void note_live(struct large *large, size_t bytes)
{
	if (!large_may_cut(large))
		bytes = large->pages.bytes;
	large->freed_ms = pages_now_ms();
	large->bytes = bytes;
	large->lent = bytes < large->pages.bytes;
	lent_count += large->lent;
	large->previous_live = NULL;
	large->next_live = live_list;
	if (live_list)
		live_list->previous_live = large;
	live_list = large;
	live_blocks++;
	live_bytes += large->pages.bytes;
	note_asked(bytes);
	atomic_store_explicit(&large->live, true, memory_order_release);
}

static void note_dead(struct large *large)
{
	atomic_store_explicit(&large->live, false, memory_order_release);
	lent_count -= large->lent;
	if (large->next_live)
		large->next_live->previous_live = large->previous_live;
	if (large->previous_live)
		large->previous_live->next_live = large->next_live;
	else
		live_list = large->next_live;
	live_blocks--;
	asked_bytes -= large->bytes;
	live_bytes -= large->pages.bytes;
}

/* Makes a mapping of another length known. */
static int enter(struct large *large)
{
	atomic_store_explicit(&large->extent, large->pages.bytes, memory_order_relaxed);
	return registry_set_large(large->pages.base, large->pages.bytes, large);
}

/* A kept mapping of another length, made as long as is asked for: the pages that it has
 * are touched already. */
static struct large *resize_kept(size_t bytes, size_t alignment)
{
	/* It may stay where it is. */
	struct large *large = kept_nearest(bytes, alignment);
	size_t before;

	if (!large)
		return NULL;
	before = large->pages.bytes;
	if (bytes > before && !segments_reserve_bytes(bytes - before))
		return NULL;
	kept_take(large);
	(void)registry_set_large(large->pages.base, before, NULL);
	if (pages_resize(&large->pages, bytes, alignment, true) || enter(large)) {
		if (bytes > before)
			segments_release_bytes(bytes - before);
		bytes = large->pages.bytes;
		pages_unmap(&large->pages);
		segments_release_bytes(bytes);
		drop_record(large);
		return NULL;
	}
	if (large->pages.bytes < before)
		segments_release_bytes(before - large->pages.bytes);
	/* The new part reads as 0, the old one does not. */
	large->zeroed = false;
	return large;
}

/* The mapping of a live block is cut short behind it. Its owner may ask for the block at
 * the same time: what readers without a lock need stays in place. Bytes. */
static size_t cut(struct large *large)
{
	struct pages_span pages = large->pages;
	size_t before = pages.bytes;
	size_t slots =
		(large->bytes + PAGES_HUGE_BYTES - 1) & ~(size_t)(PAGES_HUGE_BYTES - 1);

	atomic_store_explicit(&large->extent, large->bytes, memory_order_relaxed);
	if (slots < before)
		(void)registry_set_large(
			(char *)pages.base + slots, before - slots, NULL);
	if (pages_resize(&pages, large->bytes, PAGES_HUGE_BYTES, false) != 0) {
		(void)enter(large); /* as it was before */
		return 0;
	}
	large->pages.bytes = pages.bytes;
	large->lent = false;
	lent_count--;
	live_bytes -= before - pages.bytes;
	segments_release_bytes(before - pages.bytes);
	return before - pages.bytes;
}

/* Of all blocks that have not grown for so long. Bytes. */
static size_t end_lending(uint64_t now_ms, uint64_t after_ms)
{
	size_t sum = 0;

	for (struct large *large = live_list; large && lent_count;
		large = large->next_live)
		if (large->lent && now_ms - large->freed_ms >= after_ms)
			sum += cut(large);
	return sum;
}

static struct large *map_new(size_t bytes, size_t alignment)
{
	struct large *large = new_record();
	uint64_t most =
		peak_bytes > asked_bytes + bytes ? peak_bytes : asked_bytes + bytes;

	if (!large)
		return NULL;
	most += most / KEEP_PART;
	/* Old mappings make room for a new one, rather than the whole a larger one. */
	while (kept_oldest() && live_bytes + kept_bytes() + bytes > most)
		(void)release_kept(kept_oldest());
	if (live_bytes + bytes > most)
		(void)end_lending(0, 0);
	if (!segments_reserve_bytes(bytes)) {
		drop_record(large);
		return NULL;
	}
	if (pages_map(bytes, alignment, pages_current_node(), &large->pages)) {
		segments_release_bytes(bytes);
		drop_record(large);
		return NULL;
	}
	if (large->pages.bytes > bytes)
		(void)segments_reserve_bytes(large->pages.bytes - bytes);
	large->zeroed = large->pages.zeroed;
	if (!enter(large))
		return large;
	segments_release_bytes(large->pages.bytes);
	pages_unmap(&large->pages);
	drop_record(large);
	return NULL;
}

/* Keeps whole huge pages behind what is asked for of a kept mapping as one of their own.
 */
static void split(struct large *large, size_t bytes)
{
	size_t part = (bytes + PAGES_HUGE_BYTES - 1) & ~(size_t)(PAGES_HUGE_BYTES - 1);
	struct large *rest;

	if (!large_may_cut(large) || large->pages.bytes < part + PAGES_HUGE_BYTES ||
		kept_full())
		return;
	rest = new_record();
	if (!rest)
		return;
	rest->pages = large->pages;
	rest->pages.base = (char *)large->pages.base + part;
	rest->pages.bytes = large->pages.bytes - part;
	rest->zeroed = large->zeroed;
	rest->freed_ms = large->freed_ms;
	large->pages.bytes = part;
	(void)enter(large);
	(void)enter(rest);
	kept_put(rest);
}

void *large_allocate(size_t bytes, size_t alignment, bool *zeroed)
{
	struct large *large;
	void *base = NULL;

	if (alignment < PAGES_HUGE_BYTES)
		alignment = PAGES_HUGE_BYTES;
	if (bytes > PTRDIFF_MAX - (size_t)PAGES_HUGE_BYTES)
		return NULL;
	bytes = (bytes + pages_base_bytes() - 1) & ~(pages_base_bytes() - 1);
	pthread_mutex_lock(&mutex);
	large = kept_sufficient(bytes, alignment);
	if (large) {
		kept_take(large);
		split(large, bytes);
	}
	if (!large)
		large = resize_kept(bytes, alignment);
	if (!large)
		large = map_new(bytes, alignment);
	if (large) {
		*zeroed = large->zeroed;
		note_live(large, bytes);
		base = large->pages.base;
	}
	pthread_mutex_unlock(&mutex);
	return base;
}

void *large_lend(size_t bytes)
{
	struct large *large;
	void *base = NULL;

	bytes = (bytes + pages_base_bytes() - 1) & ~(pages_base_bytes() - 1);
	pthread_mutex_lock(&mutex);
	large = kept_longest(bytes);
	if (large) {
		kept_take(large);
		note_live(large, bytes);
		base = large->pages.base;
	}
	pthread_mutex_unlock(&mutex);
	return base;
}

/* The last slot of a mapping may hold memory of others too. */
bool large_owns(const void *address)
{
	const struct large *large = registry_large(address);

	return large &&
	       (uintptr_t)address - (uintptr_t)large->pages.base <
		       atomic_load_explicit(&large->extent, memory_order_relaxed);
}

static struct large *find_live(const void *block)
{
	struct large *large = registry_large(block);

	return large && atomic_load_explicit(&large->live, memory_order_acquire) &&
			       large->pages.base == block
		       ? large
		       : NULL;
}

size_t large_bytes(const void *block)
{
	const struct large *large = find_live(block);

	return large ? large->bytes : 0;
}

bool large_free(void *block)
{
	struct large *large;

	pthread_mutex_lock(&mutex);
	large = find_live(block);
	if (large) {
		note_dead(large);
		if (kept_full())
			(void)release_kept(kept_oldest());
		large->freed_ms = pages_now_ms();
		large->zeroed = false;
		kept_put(large);
	}
	pthread_mutex_unlock(&mutex);
	return large != NULL;
}

/* A block that grows again and again would get each huge page in parts, none of them
 * huge: whole ones at a time, once they are an eighth of it at the most. */
static size_t round_growth(size_t bytes)
{
	size_t unit =
		bytes >= WHOLE_FROM_BYTES ? (size_t)PAGES_HUGE_BYTES : pages_base_bytes();

	return (bytes + unit - 1) & ~(unit - 1);
}

void *large_resize(void *block, size_t bytes)
{
	struct large *large;
	void *result = NULL;
	size_t before;

	bytes = (bytes + pages_base_bytes() - 1) & ~(pages_base_bytes() - 1);
	pthread_mutex_lock(&mutex);
	large = find_live(block);
	/* Smaller ones have a place in a segment. */
	if (!large || (bytes <= SPAN_MAX_BYTES / 2 && !large->lent))
		goto out;
	before = large->pages.bytes;
	if (large->lent && bytes <= before) {
		note_asked(bytes - large->bytes);
		large->bytes = bytes;
		large->freed_ms = pages_now_ms();
		result = block;
		goto out;
	}
	if (bytes > before)
		bytes = round_growth(bytes);
	if (bytes > before && !segments_reserve_bytes(bytes - before))
		goto out;
	(void)registry_set_large(large->pages.base, before, NULL);
	live_bytes -= before;
	if (pages_resize(&large->pages, bytes, PAGES_HUGE_BYTES, true) == 0)
		result = large->pages.base;
	live_bytes += large->pages.bytes;
	if (result) {
		lent_count -= large->lent;
		large->lent = false;
		note_asked(large->pages.bytes - large->bytes);
		large->bytes = large->pages.bytes;
	}
	if (!result && bytes > before)
		segments_release_bytes(bytes - before);
	else if (result && large->pages.bytes < before)
		segments_release_bytes(before - large->pages.bytes);
	/* Its old place is entered already; of a new one at most a leaf is missing, and
	 * then memory is out for good. */
	if (enter(large))
		__builtin_trap();
out:
	pthread_mutex_unlock(&mutex);
	return result;
}

size_t large_decay(uint64_t now_ms)
{
	size_t sum = 0;

	if (decay < 0)
		return 0;
	pthread_mutex_lock(&mutex);
	while (kept_oldest() && now_ms - kept_oldest()->freed_ms >= (uint64_t)decay)
		sum += release_kept(kept_oldest());
	sum += end_lending(now_ms, (uint64_t)decay);
	pthread_mutex_unlock(&mutex);
	return sum;
}

size_t large_trim(size_t keep_bytes)
{
	size_t sum = 0;

	pthread_mutex_lock(&mutex);
	while (kept_oldest() && kept_bytes() > keep_bytes)
		sum += release_kept(kept_oldest());
	if (keep_bytes == 0)
		sum += end_lending(0, 0);
	peak_bytes = live_bytes + kept_bytes();
	pthread_mutex_unlock(&mutex);
	return sum;
}

void large_stats(struct large_stats *stats)
{
	pthread_mutex_lock(&mutex);
	*stats = (struct large_stats){.live_blocks = live_blocks,
		.live_bytes = live_bytes,
		.kept_bytes = kept_bytes()};
	for (const struct large *large = live_list; large; large = large->next_live) {
		stats->live_bytes -= large->pages.bytes - large->bytes;
		stats->kept_bytes += large->pages.bytes - large->bytes;
		if (large->pages.page_bytes >= PAGES_HUGE_BYTES)
			stats->huge_pages += large->pages.bytes / PAGES_HUGE_BYTES;
	}
	pthread_mutex_unlock(&mutex);
}

void large_finalize(void)
{
	pthread_mutex_lock(&mutex);
	while (kept_oldest())
		(void)release_kept(kept_oldest());
	while (live_list) {
		struct large *large = live_list;
		size_t bytes = large->pages.bytes;

		note_dead(large);
		(void)registry_set_large(large->pages.base, bytes, NULL);
		pages_unmap(&large->pages);
		segments_release_bytes(bytes);
		drop_record(large);
	}
	peak_bytes = 0;
	pthread_mutex_unlock(&mutex);
}

void large_fork_prepare(void)
{
	pthread_mutex_lock(&mutex);
}

void large_fork_done(void)
{
	pthread_mutex_unlock(&mutex);
}
