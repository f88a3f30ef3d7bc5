/* SPDX-License-Identifier: MIT */
#include "alloc/hp/depot.h"

#include "alloc/hp/caches.h"
#include "alloc/hp/metadata.h"
#include "alloc/hp/segments.h"

#include <sched.h>
#include <stdatomic.h>
#include <string.h>

static struct depot {
	_Alignas(64) atomic_bool locked;
	_Atomic uint32_t count; /* changes under the lock */
	void **blocks;          /* caches_most() slots, once there was one */
} depots[CLASS_COUNT];

static atomic_bool is_open;

void depot_open(void)
{
	atomic_store_explicit(&is_open, true, memory_order_relaxed);
}

static bool try_lock(struct depot *depot)
{
	return !atomic_load_explicit(&depot->locked, memory_order_relaxed) &&
	       !atomic_exchange_explicit(&depot->locked, true, memory_order_acquire);
}

static void unlock(struct depot *depot)
{
	atomic_store_explicit(&depot->locked, false, memory_order_release);
}

uint32_t depot_count(unsigned class)
{
	return atomic_load_explicit(&depots[class].count, memory_order_relaxed);
}

static void set_count(struct depot *depot, uint32_t count)
{
	atomic_store_explicit(&depot->count, count, memory_order_relaxed);
}

uint32_t depot_put(unsigned class, void *const *blocks, uint32_t count)
{
	struct depot *depot = &depots[class];
	uint32_t before = depot_count(class);
	uint32_t most = caches_most(class);

	if (!atomic_load_explicit(&is_open, memory_order_relaxed) || before >= most ||
		segments_nodes() > 1 || !try_lock(depot))
		return 0;
	before = depot_count(class);
	if (!depot->blocks)
		depot->blocks = metadata_new(most * sizeof(*depot->blocks));
	if (!depot->blocks)
		count = 0;
	else if (count > most - before)
		count = most - before;
	if (count)
		memcpy(depot->blocks + before, blocks, count * sizeof(*blocks));
	set_count(depot, before + count);
	unlock(depot);
	return count;
}

uint32_t depot_take(unsigned class, void **blocks, uint32_t most)
{
	struct depot *depot = &depots[class];
	uint32_t count;

	if (depot_count(class) == 0 || !try_lock(depot))
		return 0;
	count = depot_count(class);
	if (most > count)
		most = count;
	if (most)
		memcpy(blocks, depot->blocks + count - most, most * sizeof(*blocks));
	set_count(depot, count - most);
	unlock(depot);
	return most;
}

void depot_finalize(void)
{
	for (unsigned class = 0; class < CLASS_COUNT; class ++)
		set_count(&depots[class], 0);
}

void depot_fork_prepare(void)
{
	for (unsigned class = 0; class < CLASS_COUNT; class ++)
		while (!try_lock(&depots[class]))
			(void)sched_yield();
}

void depot_fork_done(void)
{
	for (unsigned class = 0; class < CLASS_COUNT; class ++)
		unlock(&depots[class]);
}
