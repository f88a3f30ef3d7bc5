/* SPDX-License-Identifier: MIT */
#include "alloc/hp/segment.h"

static bool set_has(const struct slice_set *set, unsigned slice)
{
	return set->words[slice / 64] >> slice % 64 & 1;
}

/* First slice from `slice` on that is in the set, or is not; SEGMENT_SLICES: none. */
static unsigned set_next(const struct slice_set *set, unsigned slice, bool in)
{
	uint64_t flip = in ? 0 : ~UINT64_C(0);

	while (slice < SEGMENT_SLICES) {
		uint64_t rest = (set->words[slice / 64] ^ flip) >> slice % 64;

		if (rest)
			return slice + (unsigned)__builtin_ctzl(rest);
		slice = (slice / 64 + 1) * 64;
	}
	return SEGMENT_SLICES;
}

/* Calls for a mask of each word that the run of slices touches. */
static void set_add(struct slice_set *set, unsigned first, unsigned count)
{
	while (count > 0) {
		unsigned shift = first % 64;
		unsigned part = count < 64 - shift ? count : 64 - shift;

		set->words[first / 64] |= (~UINT64_C(0) >> (64 - part)) << shift;
		first += part;
		count -= part;
	}
}

static void set_remove(struct slice_set *set, unsigned first, unsigned count)
{
	while (count > 0) {
		unsigned shift = first % 64;
		unsigned part = count < 64 - shift ? count : 64 - shift;

		set->words[first / 64] &= ~((~UINT64_C(0) >> (64 - part)) << shift);
		first += part;
		count -= part;
	}
}

static unsigned set_longest(const struct slice_set *set)
{
	unsigned longest = 0;
	unsigned end;

	for (unsigned start = set_next(set, 0, true); start < SEGMENT_SLICES;
		start = set_next(set, end, true)) {
		end = set_next(set, start, false);
		if (end - start > longest)
			longest = end - start;
	}
	return longest;
}

struct segment *segment_init(const struct pages_span *pages)
{
	struct segment *segment = pages->base;

	if (!pages->zeroed)
		__builtin_memset(segment, 0, sizeof *segment);
	segment->pages = *pages;
	segment->node = pages->node;
	segment->free_slices = SEGMENT_USABLE_SLICES;
	segment->longest = SEGMENT_USABLE_SLICES;
	set_add(&segment->free, SEGMENT_HEADER_SLICES, SEGMENT_USABLE_SLICES);
	if (pages->zeroed)
		segment->clean = segment->free;
	__builtin_memset(segment->class, SPAN_SINGLE, sizeof(segment->class));
	/* Slices that were never taken lead to this record. */
	segment->spans[0].class = SPAN_SINGLE;
	return segment;
}

unsigned segment_find(const struct segment *segment, unsigned count, unsigned alignment)
{
	unsigned best = 0;
	unsigned best_run = SEGMENT_SLICES + 1;
	unsigned end;

	for (unsigned start = set_next(&segment->free, 0, true); start < SEGMENT_SLICES;
		start = set_next(&segment->free, end, true)) {
		unsigned from = (start + alignment - 1) & ~(alignment - 1);

		end = set_next(&segment->free, start, false);
		if (from + count <= end && end - start < best_run) {
			best = from;
			best_run = end - start;
		}
	}
	return best;
}

void segment_extend(struct segment *segment, unsigned first, unsigned end, unsigned count)
{
	set_remove(&segment->free, end, count);
	set_remove(&segment->clean, end, count);
	set_remove(&segment->purged, end, count);
	segment->free_slices -= count;
	segment->longest = (uint16_t)set_longest(&segment->free);
	for (unsigned i = end; i < end + count; i++)
		segment->head[i] = (uint8_t)first;
}

bool segment_take(struct segment *segment, unsigned first, unsigned count)
{
	bool clean = set_next(&segment->clean, first, false) >= first + count;

	segment_extend(segment, first, first, count);
	return clean;
}

bool segment_is_free(const struct segment *segment, unsigned first, unsigned count)
{
	return first + count <= SEGMENT_SLICES &&
	       set_next(&segment->free, first, false) >= first + count;
}

void segment_give(struct segment *segment, unsigned first, unsigned count)
{
	set_add(&segment->free, first, count);
	segment->free_slices += count;
	segment->longest = (uint16_t)set_longest(&segment->free);
}

void segment_note_purged(struct segment *segment, unsigned slice)
{
	set_add(&segment->purged, slice, 1);
	set_add(&segment->clean, slice, 1);
}

size_t segment_live_bytes(const struct segment *segment)
{
	size_t sum = 0;

	for (unsigned i = SEGMENT_HEADER_SLICES; i < SEGMENT_SLICES; i++) {
		const struct span *span = &segment->spans[i];

		if (span->slices)
			sum += (size_t)(atomic_load_explicit(
						&span->used, memory_order_relaxed) &
					~USED_CURRENT) *
			       span->block_bytes;
	}
	return sum;
}

size_t segment_purge(struct segment *segment)
{
	struct pages_span pages = segment->pages;
	size_t sum = 0;
	unsigned end;

	pages.page_bytes = pages_base_bytes();
	for (unsigned start = set_next(&segment->free, 0, true); start < SEGMENT_SLICES;
		start = set_next(&segment->free, end, true)) {
		size_t purged;

		end = set_next(&segment->free, start, false);
		for (unsigned i = start; i < end; i++)
			if (set_has(&segment->purged, i))
				end = i > start ? i : start + 1;
		if (set_has(&segment->purged, start))
			continue;
		purged =
			pages_purge(&pages, (char *)segment + (size_t)start * SLICE_BYTES,
				(size_t)(end - start) * SLICE_BYTES);
		if (!purged)
			continue;
		set_add(&segment->purged, start, end - start);
		set_add(&segment->clean, start, end - start);
		segment->broken = true;
		sum += purged;
	}
	return sum;
}
