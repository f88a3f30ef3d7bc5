/* SPDX-License-Identifier: MIT */
#include "alloc/hp/kept.h"

enum {
	KEPT_MAX = 64,
	SPARE_PART =
		8, /* of a block, that it may waste of a mapping that cannot be cut */
};

static struct large *kept[KEPT_MAX]; /* oldest first */
static size_t count;
static uint64_t sum_bytes;

bool large_may_cut(const struct large *large)
{
	return large->pages.source == PAGES_THP || large->pages.source == PAGES_SMALL;
}

uint64_t kept_bytes(void)
{
	return sum_bytes;
}

bool kept_full(void)
{
	return count == KEPT_MAX;
}

void kept_put(struct large *large)
{
	size_t at;

	for (at = count++; at > 0 && kept[at - 1]->freed_ms > large->freed_ms; at--)
		kept[at] = kept[at - 1];
	kept[at] = large;
	sum_bytes += large->pages.bytes;
}

void kept_take(struct large *large)
{
	size_t at = 0;

	while (kept[at] != large)
		at++;
	count--;
	for (; at < count; at++)
		kept[at] = kept[at + 1];
	sum_bytes -= large->pages.bytes;
}

static bool is_aligned(const struct large *large, size_t alignment)
{
	return ((uintptr_t)large->pages.base & (alignment - 1)) == 0;
}

struct large *kept_oldest(void)
{
	return count ? kept[0] : NULL;
}

struct large *kept_sufficient(size_t bytes, size_t alignment)
{
	struct large *best = NULL;

	for (size_t i = 0; i < count; i++) {
		size_t has = kept[i]->pages.bytes;

		if (has < bytes || !is_aligned(kept[i], alignment) ||
			(!large_may_cut(kept[i]) && has - bytes > bytes / SPARE_PART))
			continue;
		if (!best || has < best->pages.bytes)
			best = kept[i];
	}
	return best;
}

struct large *kept_nearest(size_t bytes, size_t alignment)
{
	struct large *best = NULL;
	size_t nearest = SIZE_MAX;

	for (size_t i = 0; i < count; i++) {
		size_t has = kept[i]->pages.bytes;
		size_t distance = has > bytes ? has - bytes : bytes - has;

		if (is_aligned(kept[i], alignment) && has <= 2 * bytes &&
			distance < nearest) {
			best = kept[i];
			nearest = distance;
		}
	}
	return best;
}

struct large *kept_longest(size_t bytes)
{
	struct large *best = NULL;

	for (size_t i = 0; i < count; i++)
		if (large_may_cut(kept[i]) && kept[i]->pages.bytes >= bytes &&
			(!best || kept[i]->pages.bytes > best->pages.bytes))
			best = kept[i];
	return best;
}
