/* SPDX-License-Identifier: MIT */
#include "alloc/hp/large.h"

#include "alloc/hp/metadata.h"
#include "alloc/hp/registry.h"
#include "alloc/hp/segments.h"

#include <pthread.h>
#include <stdatomic.h>

enum { KEPT_MAX = 64, SPARE_PART = 8 /* of a kept mapping, that a block may waste */ };

struct large {
	struct pages_span pages;
	atomic_bool live;
	bool zeroed;        /* kept: reads as 0 */
	uint64_t freed_ms;  /* kept */
	struct large *next; /* of unused records */
	struct large *next_live, *previous_live;
};

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static struct large *kept[KEPT_MAX]; /* oldest first */
static size_t kept_count;
static struct large *unused; /* records: once seen by a reader they stay readable */
static struct large *live_list;
static uint64_t live_bytes, live_blocks, kept_bytes, peak_bytes;
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

static void forget_kept(size_t index)
{
	kept_bytes -= kept[index]->pages.bytes;
	kept_count--;
	for (size_t i = index; i < kept_count; i++)
		kept[i] = kept[i + 1];
}

static size_t release_kept(size_t index)
{
	struct large *large = kept[index];
	size_t bytes = large->pages.bytes;

	forget_kept(index);
	(void)registry_set_large(large->pages.base, bytes, NULL);
	pages_unmap(&large->pages);
	segments_release_bytes(bytes);
	drop_record(large);
	return bytes;
}

static bool is_aligned(const void *base, size_t alignment)
{
	return ((uintptr_t)base & (alignment - 1)) == 0;
}

/* The smallest kept mapping that suffices without much waste; KEPT_MAX: none. */
static size_t find_kept(size_t bytes, size_t alignment)
{
	size_t best = KEPT_MAX;

	for (size_t i = 0; i < kept_count; i++) {
		const struct pages_span *pages = &kept[i]->pages;

		if (pages->bytes < bytes || pages->bytes - bytes > bytes / SPARE_PART ||
			!is_aligned(pages->base, alignment))
			continue;
		if (best == KEPT_MAX || pages->bytes < kept[best]->pages.bytes)
			best = i;
	}
	return best;
}

static void note_live(struct large *large)
{
	large->previous_live = NULL;
	large->next_live = live_list;
	if (live_list)
		live_list->previous_live = large;
	live_list = large;
	live_blocks++;
	live_bytes += large->pages.bytes;
	if (live_bytes > peak_bytes)
		peak_bytes = live_bytes;
	atomic_store_explicit(&large->live, true, memory_order_release);
}

static void note_dead(struct large *large)
{
	atomic_store_explicit(&large->live, false, memory_order_release);
	if (large->next_live)
		large->next_live->previous_live = large->previous_live;
	if (large->previous_live)
		large->previous_live->next_live = large->next_live;
	else
		live_list = large->next_live;
	live_blocks--;
	live_bytes -= large->pages.bytes;
}

/* Makes a mapping of another length known. */
static int enter(struct large *large)
{
	return registry_set_large(large->pages.base, large->pages.bytes, large);
}

/*
 * A kept mapping of another length, made as long as is asked for: the pages that it has
 * are touched already. The longest one loses least.
 */
static struct large *resize_kept(size_t bytes, size_t alignment)
{
	struct large *large;
	size_t index = KEPT_MAX;
	size_t before;

	/* It may stay where it is. */
	for (size_t i = 0; i < kept_count; i++)
		if (is_aligned(kept[i]->pages.base, alignment) &&
			(index == KEPT_MAX ||
				kept[i]->pages.bytes > kept[index]->pages.bytes))
			index = i;
	if (index == KEPT_MAX)
		return NULL;
	large = kept[index];
	before = large->pages.bytes;
	if (before > 2 * bytes ||
		(bytes > before && !segments_reserve_bytes(bytes - before)))
		return NULL;
	forget_kept(index);
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

static struct large *map_new(size_t bytes, size_t alignment)
{
	struct large *large = new_record();

	if (!large)
		return NULL;
	/* Old mappings make room for a new one, rather than the whole a larger one. */
	while (kept_count && live_bytes + kept_bytes + bytes > peak_bytes)
		(void)release_kept(0);
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

void *large_allocate(size_t bytes, size_t alignment, bool *zeroed)
{
	struct large *large = NULL;
	void *base = NULL;
	size_t index;

	if (alignment < PAGES_HUGE_BYTES)
		alignment = PAGES_HUGE_BYTES;
	if (bytes > PTRDIFF_MAX - (size_t)PAGES_HUGE_BYTES)
		return NULL;
	bytes = (bytes + pages_base_bytes() - 1) & ~(pages_base_bytes() - 1);
	pthread_mutex_lock(&mutex);
	index = find_kept(bytes, alignment);
	if (index < KEPT_MAX) {
		large = kept[index];
		forget_kept(index);
	}
	if (!large)
		large = resize_kept(bytes, alignment);
	if (!large)
		large = map_new(bytes, alignment);
	if (large) {
		*zeroed = large->zeroed;
		note_live(large);
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
	       (uintptr_t)address - (uintptr_t)large->pages.base < large->pages.bytes;
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

	return large ? large->pages.bytes : 0;
}

bool large_free(void *block)
{
	struct large *large;

	pthread_mutex_lock(&mutex);
	large = find_live(block);
	if (large) {
		note_dead(large);
		if (kept_count == KEPT_MAX)
			(void)release_kept(0);
		large->freed_ms = pages_now_ms();
		large->zeroed = false;
		kept[kept_count++] = large;
		kept_bytes += large->pages.bytes;
	}
	pthread_mutex_unlock(&mutex);
	return large != NULL;
}

void *large_resize(void *block, size_t bytes)
{
	struct large *large;
	void *result = NULL;
	size_t before;

	bytes = (bytes + pages_base_bytes() - 1) & ~(pages_base_bytes() - 1);
	pthread_mutex_lock(&mutex);
	large = find_live(block);
	if (!large)
		goto out;
	before = large->pages.bytes;
	if (bytes > before && !segments_reserve_bytes(bytes - before))
		goto out;
	(void)registry_set_large(large->pages.base, before, NULL);
	live_bytes -= before;
	if (pages_resize(&large->pages, bytes, PAGES_HUGE_BYTES, true) == 0)
		result = large->pages.base;
	live_bytes += large->pages.bytes;
	if (live_bytes > peak_bytes)
		peak_bytes = live_bytes;
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
	while (kept_count && now_ms - kept[0]->freed_ms >= (uint64_t)decay)
		sum += release_kept(0);
	pthread_mutex_unlock(&mutex);
	return sum;
}

size_t large_trim(size_t keep_bytes)
{
	size_t sum = 0;

	pthread_mutex_lock(&mutex);
	while (kept_count && kept_bytes > keep_bytes)
		sum += release_kept(0);
	peak_bytes = live_bytes + kept_bytes;
	pthread_mutex_unlock(&mutex);
	return sum;
}

void large_stats(struct large_stats *stats)
{
	pthread_mutex_lock(&mutex);
	*stats = (struct large_stats){.live_blocks = live_blocks,
		.live_bytes = live_bytes,
		.kept_bytes = kept_bytes};
	for (const struct large *large = live_list; large; large = large->next_live)
		if (large->pages.page_bytes >= PAGES_HUGE_BYTES)
			stats->huge_pages += large->pages.bytes / PAGES_HUGE_BYTES;
	pthread_mutex_unlock(&mutex);
}

void large_finalize(void)
{
	pthread_mutex_lock(&mutex);
	while (kept_count)
		(void)release_kept(kept_count - 1);
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
