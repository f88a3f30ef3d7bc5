/* SPDX-License-Identifier: MIT */
#ifndef ALLOC_HP_REGISTRY_H
#define ALLOC_HP_REGISTRY_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Which addresses are ours, for any address and without touching memory there. The
 * address space is seen as slots of 2 MiB. A bit a slot says whether a segment begins
 * there; it decides on the fast path of free. A tree of two levels leads from a slot to
 * the record of the large block in it. Both are read without a lock.
 */

enum {
	REGISTRY_ADDRESS_BITS = 48,
	REGISTRY_SLOT_SHIFT = 21,
	REGISTRY_SLOTS_LOG = REGISTRY_ADDRESS_BITS - REGISTRY_SLOT_SHIFT,
	REGISTRY_WORDS = 1 << (REGISTRY_SLOTS_LOG - 6),
};

struct large;

extern _Atomic uint64_t registry_segments[REGISTRY_WORDS];

/* Addresses above REGISTRY_ADDRESS_BITS are taken for their lower bits; the program has
 * none of them, and registry_knows tells them apart. */
static inline bool registry_has_segment(const void *address)
{
	uintptr_t slot = (uintptr_t)address >> REGISTRY_SLOT_SHIFT;
	uintptr_t word = slot >> 6 & (REGISTRY_WORDS - 1);

	return atomic_load_explicit(&registry_segments[word], memory_order_relaxed) >>
		       (slot & 63) &
	       1;
}

void registry_add_segment(const void *segment);
void registry_remove_segment(const void *segment);

/* The record of the large block whose memory contains the slot of the address; NULL. */
struct large *registry_large(const void *address);

/* Enters a large block under all its slots, or NULL to remove it. 0, or -ENOMEM with
 * nothing entered. The caller sees to it that no other call for the same slots runs. */
int registry_set_large(const void *base, size_t bytes, struct large *large);

static inline bool registry_in_range(const void *address)
{
	return (uintptr_t)address >> REGISTRY_ADDRESS_BITS == 0;
}

#endif
