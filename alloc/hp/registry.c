/* SPDX-License-Identifier: MIT */
#include "alloc/hp/registry.h"

#include "alloc/hp/metadata.h"

#include <errno.h>

enum {
	LEAF_LOG = 13, /* a leaf covers 16 GiB */
	LEAF_SLOTS = 1 << LEAF_LOG,
	ROOT_SLOTS = 1 << (REGISTRY_SLOTS_LOG - LEAF_LOG),
};

struct leaf {
	struct large *_Atomic slots[LEAF_SLOTS];
};

_Atomic uint64_t registry_segments[REGISTRY_WORDS];
static struct leaf *_Atomic leaves[ROOT_SLOTS];

static uint64_t bit_of(uintptr_t slot)
{
	return UINT64_C(1) << (slot & 63);
}

void registry_add_segment(const void *segment)
{
	uintptr_t slot = (uintptr_t)segment >> REGISTRY_SLOT_SHIFT;

	atomic_fetch_or_explicit(
		&registry_segments[slot >> 6], bit_of(slot), memory_order_relaxed);
}

void registry_remove_segment(const void *segment)
{
	uintptr_t slot = (uintptr_t)segment >> REGISTRY_SLOT_SHIFT;

	atomic_fetch_and_explicit(
		&registry_segments[slot >> 6], ~bit_of(slot), memory_order_relaxed);
}

struct large *registry_large(const void *address)
{
	uintptr_t slot = (uintptr_t)address >> REGISTRY_SLOT_SHIFT;
	struct leaf *leaf;

	if (!registry_in_range(address))
		return NULL;
	leaf = atomic_load_explicit(&leaves[slot >> LEAF_LOG], memory_order_acquire);
	if (!leaf)
		return NULL;
	return atomic_load_explicit(
		&leaf->slots[slot & (LEAF_SLOTS - 1)], memory_order_acquire);
}

static struct leaf *leaf_for(uintptr_t slot)
{
	struct leaf *_Atomic *place = &leaves[slot >> LEAF_LOG];
	struct leaf *leaf = atomic_load_explicit(place, memory_order_acquire);
	struct leaf *expected = NULL;

	if (leaf)
		return leaf;
	leaf = metadata_new(sizeof *leaf);
	if (leaf && !atomic_compare_exchange_strong_explicit(place, &expected, leaf,
			    memory_order_acq_rel, memory_order_acquire))
		leaf = expected; /* the other stays unused: 64 KiB, untouched */
	return leaf;
}

int registry_set_large(const void *base, size_t bytes, struct large *large)
{
	uintptr_t first = (uintptr_t)base >> REGISTRY_SLOT_SHIFT;
	uintptr_t last = ((uintptr_t)base + bytes - 1) >> REGISTRY_SLOT_SHIFT;

	for (uintptr_t slot = first; slot <= last; slot += LEAF_SLOTS)
		if (!leaf_for(slot))
			return -ENOMEM;
	if (!leaf_for(last))
		return -ENOMEM;
	for (uintptr_t slot = first; slot <= last; slot++)
		atomic_store_explicit(&leaf_for(slot)->slots[slot & (LEAF_SLOTS - 1)],
			large, memory_order_release);
	return 0;
}
