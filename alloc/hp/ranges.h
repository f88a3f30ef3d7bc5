/* SPDX-License-Identifier: MIT */
#ifndef ALLOC_HP_RANGES_H
#define ALLOC_HP_RANGES_H

#include <stddef.h>

/*
 * The addresses that lie on pages of a pool: ranges in order of address, none
 * overlapping. The table lives in small pages of its own. It is not locked: its user does
 * that.
 */

struct range {
	char *start;
	size_t bytes;
	size_t page_bytes;
};

struct ranges {
	struct range *entries;
	size_t count;
	size_t capacity;
};

/* Room for so many more entries: 0 or -ENOMEM. An insertion takes one; a removal from
 * within an entry too. Both rely on this call. */
int ranges_reserve(struct ranges *ranges, size_t more);

void ranges_insert(struct ranges *ranges, void *start, size_t bytes, size_t page_bytes);

/* Takes out what lies in [start, start + bytes) and says how many bytes that was. */
size_t ranges_remove(struct ranges *ranges, const void *start, size_t bytes);

/* The range that holds the address, or NULL. */
const struct range *ranges_find(const struct ranges *ranges, const void *address);

/* How many bytes of [start, start + bytes) are in ranges. */
size_t ranges_overlap(const struct ranges *ranges, const void *start, size_t bytes);

void ranges_release(struct ranges *ranges);

#endif
