/* SPDX-License-Identifier: MIT */
#ifndef ALLOC_HP_SEGMENT_H
#define ALLOC_HP_SEGMENT_H

#include "alloc/hp/pages.h"
#include "alloc/hp/sizeclass.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * A segment is one huge page (or as much of smaller ones), aligned to its size, so that
 * the segment of any address inside is found by masking. It is divided into slices; a
 * span is a run of slices that holds blocks of one size. The records of all spans stand
 * at the start of the segment, one per slice: on the same huge page as their blocks.
 */

enum {
	SEGMENT_BYTES = PAGES_HUGE_BYTES,
	SLICE_BYTES = 8 << 10,
	SEGMENT_SLICES = SEGMENT_BYTES / SLICE_BYTES,
	SEGMENT_WORDS = SEGMENT_SLICES / 64,
};

/* What stands in span.owner beside the address of the heap. */
enum {
	OWNER_FULL = 1, /* no free block and none to carve: not in the queue */
	OWNER_FLAGS = 63,
};

enum { SPAN_SINGLE = CLASS_COUNT }; /* in place of a class: one block, all of the span */

/* In `used`, of the span that a heap allocates from: keeps it from being found empty. */
#define USED_CURRENT (UINT32_C(1) << 31)

struct heap;

struct span {
	/* The owning heap | OWNER_FULL. Only the owner changes what follows; others
	 * compare the word to know that they are not. 0: a single block, of nobody. */
	_Atomic uintptr_t owner;
	void *free;            /* head of the list; ends where the low bits are 0 */
	uintptr_t key;         /* of the links of the list */
	_Atomic uint32_t used; /* blocks handed out, | USED_CURRENT */
	uint32_t block_bytes;
	struct span *next; /* in the owner's lists */
	struct span *previous;
	uint64_t parked;         /* its pages given back under free blocks (parking.h) */
	_Atomic uint16_t carved; /* blocks that have been on the list so far */
	uint16_t total;          /* blocks that fit */
	uint16_t slices;         /* 0: not in use */
	uint8_t class;           /* or SPAN_SINGLE, also where it is not in use */
	uint8_t still : 2;       /* looked at so often without a change (parking.h) */
	uint8_t zeroed : 1; /* what is not carved yet, or the single block, reads as 0 */
};

_Static_assert(sizeof(struct span) == 64, "one line a span");

struct slice_set {
	uint64_t words[SEGMENT_WORDS];
};

struct segment {
	uint8_t head[SEGMENT_SLICES];  /* of each slice: first slice of its span */
	uint8_t class[SEGMENT_SLICES]; /* of its span, or SPAN_SINGLE: for hp_free alone
					*/
	struct slice_set free;
	struct slice_set clean;  /* free, and known to read as 0 */
	struct slice_set purged; /* free, and given back to the system */
	uint16_t free_slices;
	uint16_t longest; /* run of free slices; the list this segment is in */
	bool broken;      /* parts of the huge page have been given back */
	bool settled;     /* nothing to give back until a span is given back */
	int node;
	struct segment *next; /* in the arena's list of this longest run */
	struct segment *previous;
	struct segment *next_all;
	struct segment *previous_all;
	uint64_t changed_ms; /* when a span was last taken or given back */
	struct pages_span pages;
	_Alignas(64) struct span spans[SEGMENT_SLICES];
};

enum {
	SEGMENT_HEADER_SLICES = (sizeof(struct segment) + SLICE_BYTES - 1) / SLICE_BYTES,
	SEGMENT_USABLE_SLICES = SEGMENT_SLICES - SEGMENT_HEADER_SLICES,
	SPAN_MAX_BYTES = SEGMENT_USABLE_SLICES * SLICE_BYTES, /* larger: large.h */
};

static inline struct segment *segment_of(const void *address)
{
	return (struct segment *)((uintptr_t)address & ~(uintptr_t)(SEGMENT_BYTES - 1));
}

/* Of an address inside a segment. */
static inline struct span *segment_span(const void *address)
{
	struct segment *segment = segment_of(address);
	size_t offset = (uintptr_t)address & (SEGMENT_BYTES - 1);

	return &segment->spans[segment->head[offset / SLICE_BYTES]];
}

/* The class of blocks at an address inside a segment; SPAN_SINGLE: none of a class. */
static inline unsigned segment_class(const void *address)
{
	size_t offset = (uintptr_t)address & (SEGMENT_BYTES - 1);

	return segment_of(address)->class[offset / SLICE_BYTES];
}

/* Its first slice: the place of its record. */
static inline unsigned span_first(const struct span *span)
{
	return (unsigned)(span - segment_of(span)->spans);
}

static inline char *span_start(const struct span *span)
{
	return (char *)segment_of(span) + (size_t)span_first(span) * SLICE_BYTES;
}

static inline size_t span_bytes(const struct span *span)
{
	return (size_t)span->slices * SLICE_BYTES;
}

/* Makes a segment of pages that are aligned to it. */
struct segment *segment_init(const struct pages_span *pages);

/* The first slice of the best run of `count` free slices that starts at a multiple of
 * `alignment` slices: the smallest run that suffices. 0 where there is none. */
unsigned segment_find(const struct segment *segment, unsigned count, unsigned alignment);

/* Takes the slices, and tells whether all of them read as 0. */
bool segment_take(struct segment *segment, unsigned first, unsigned count);
void segment_give(struct segment *segment, unsigned first, unsigned count);
bool segment_is_free(const struct segment *segment, unsigned first, unsigned count);

/* Takes `count` slices from `end` on for the span that starts at `first`. */
void segment_extend(
	struct segment *segment, unsigned first, unsigned end, unsigned count);

static inline bool segment_empty(const struct segment *segment)
{
	return segment->free_slices == SEGMENT_USABLE_SLICES;
}

/* A free slice has been given back to the system before it became free. */
void segment_note_purged(struct segment *segment, unsigned slice);

/* Of all its blocks that are in use. */
size_t segment_live_bytes(const struct segment *segment);

/* Gives back the pages of free slices that have not been given back yet. Bytes. */
size_t segment_purge(struct segment *segment);

#endif
