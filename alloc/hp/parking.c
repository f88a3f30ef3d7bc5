/* SPDX-License-Identifier: MIT */
#include "alloc/hp/parking.h"

#include "alloc/hp/block.h"
#include "alloc/hp/segments.h"

enum { PAGES_MAX = 64 }; /* bits of span.parked */

/* The pages that a part of the span touches. */
static uint64_t pages_of(size_t offset, size_t bytes, size_t page)
{
	size_t first = offset / page;
	size_t count = (offset + bytes - 1) / page - first + 1;

	return ~UINT64_C(0) >> (PAGES_MAX - count) << first;
}

static bool is_parked(const struct span *span, size_t index, size_t page)
{
	return span->parked &
	       pages_of(index * span->block_bytes, span->block_bytes, page);
}

/* Counts a part that is free towards the pages that it touches. */
static void add_free(size_t *free_bytes, size_t offset, size_t bytes, size_t page)
{
	while (bytes > 0) {
		size_t rest = page - offset % page;
		size_t part = bytes < rest ? bytes : rest;

		free_bytes[offset / page] += part;
		offset += part;
		bytes -= part;
	}
}

static size_t offset_of(const struct span *span, const void *block)
{
	return (size_t)((const char *)block - span_start(span));
}

/* The pages on which nothing lives and that are not parked yet. */
static uint64_t find_pages(const struct span *span, size_t page)
{
	size_t free_bytes[PAGES_MAX] = {0};
	size_t carved = span_carved(span);
	size_t end = carved * span->block_bytes;
	uint64_t found = 0;

	for (const void *block = span->free; !block_ends_list(block);
		block = block_next(span, block))
		add_free(free_bytes, offset_of(span, block), span->block_bytes, page);
	for (size_t i = 0; span->parked && i < carved; i++)
		if (is_parked(span, i, page))
			add_free(free_bytes, i * span->block_bytes, span->block_bytes,
				page);
	/* What is not carved yet is not touched yet either. */
	if (carved == span->total)
		add_free(free_bytes, end, span_bytes(span) - end, page);
	for (size_t i = 0; i < span_bytes(span) / page; i++)
		if (free_bytes[i] == page)
			found |= UINT64_C(1) << i;
	return found & ~span->parked;
}

/* Takes off the list what touches a parked page. */
static void filter_list(struct span *span, size_t page)
{
	void *block = span->free;
	void *next;

	span->free = segment_of(span);
	for (; !block_ends_list(block); block = next) {
		next = block_next(span, block);
		if (is_parked(span, offset_of(span, block) / span->block_bytes, page))
			continue;
		block_link(span, block, span->free);
		span->free = block;
	}
}

static size_t purge(struct span *span, uint64_t found, size_t page)
{
	struct pages_span pages = segment_of(span)->pages;
	size_t sum = 0;

	pages.page_bytes = page;
	while (found) {
		unsigned first = (unsigned)__builtin_ctzl(found);
		uint64_t ends = ~(found >> first);
		unsigned count =
			ends ? (unsigned)__builtin_ctzl(ends) : PAGES_MAX - first;

		sum += pages_purge(&pages, span_start(span) + first * page, count * page);
		found &= ~(~UINT64_C(0) >> (PAGES_MAX - count) << first);
	}
	return sum;
}

size_t parking_look(struct span *span, unsigned still)
{
	size_t page = pages_base_bytes();
	uint64_t found;

	if (still && span->still >= still)
		return 0;
	if (still && ++span->still < still)
		return 0;
	if (span_bytes(span) > PAGES_MAX * page || page > SLICE_BYTES)
		return 0;
	found = find_pages(span, page);
	if (!found || !segments_may_break(span))
		return 0;
	span->parked |= found;
	filter_list(span, page);
	return purge(span, found, page);
}

/* What touches the page, and no other one that is parked. */
static void list_page(struct span *span, size_t index, size_t page)
{
	size_t size = span->block_bytes;
	size_t first = index * page / size;
	size_t end = ((index + 1) * page + size - 1) / size;

	if (end > span_carved(span))
		end = span_carved(span);
	while (end-- > first) {
		void *block = span_start(span) + end * size;

		if (is_parked(span, end, page))
			continue;
		block_link(span, block, span->free);
		span->free = block;
	}
}

bool parking_unpark(struct span *span)
{
	size_t page = pages_base_bytes();

	while (span->parked && block_ends_list(span->free)) {
		unsigned index = (unsigned)__builtin_ctzl(span->parked);

		span->parked &= span->parked - 1;
		list_page(span, index, page);
	}
	return !block_ends_list(span->free);
}
