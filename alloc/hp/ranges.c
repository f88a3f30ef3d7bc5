/* SPDX-License-Identifier: MIT */
#include "alloc/hp/ranges.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>

enum { FIRST_TABLE_BYTES = 4096 };

int ranges_reserve(struct ranges *ranges, size_t more)
{
	size_t bytes = ranges->capacity * sizeof(*ranges->entries);
	size_t wanted = (ranges->count + more) * sizeof(*ranges->entries);
	size_t grown = bytes ? bytes : FIRST_TABLE_BYTES;
	struct range *table;

	if (ranges->count + more <= ranges->capacity)
		return 0;
	while (grown < wanted)
		grown *= 2;
	if (grown == bytes)
		grown *= 2;
	table = mmap(
		NULL, grown, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (table == MAP_FAILED)
		return -ENOMEM;
	if (bytes) {
		memcpy(table, ranges->entries, ranges->count * sizeof(*table));
		(void)munmap(ranges->entries, bytes);
	}
	ranges->entries = table;
	ranges->capacity = grown / sizeof(*table);
	return 0;
}

/* The first entry that ends above the address. */
static size_t first_above(const struct ranges *ranges, const char *address)
{
	size_t low = 0;
	size_t high = ranges->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const struct range *entry = &ranges->entries[middle];

		if (entry->start + entry->bytes > address)
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

static void insert_at(struct ranges *ranges, size_t place, struct range entry)
{
	struct range *at = &ranges->entries[place];

	memmove(at + 1, at, (ranges->count - place) * sizeof(*at));
	*at = entry;
	ranges->count++;
}

static void remove_at(struct ranges *ranges, size_t place)
{
	struct range *at = &ranges->entries[place];

	ranges->count--;
	memmove(at, at + 1, (ranges->count - place) * sizeof(*at));
}

void ranges_insert(struct ranges *ranges, void *start, size_t bytes, size_t page_bytes)
{
	insert_at(ranges, first_above(ranges, start),
		(struct range){.start = start, .bytes = bytes, .page_bytes = page_bytes});
}

size_t ranges_remove(struct ranges *ranges, const void *start, size_t bytes)
{
	const char *from = start;
	const char *to = from + bytes;
	size_t place = first_above(ranges, from);
	size_t removed = 0;

	while (place < ranges->count && ranges->entries[place].start < to) {
		struct range *entry = &ranges->entries[place];
		char *end = entry->start + entry->bytes;
		size_t head = entry->start < from ? (size_t)(from - entry->start) : 0;
		size_t tail = end > to ? (size_t)(end - to) : 0;

		removed += entry->bytes - head - tail;
		if (head && tail) {
			entry->bytes = head;
			insert_at(ranges, place + 1,
				(struct range){.start = end - tail,
					.bytes = tail,
					.page_bytes = entry->page_bytes});
			break;
		}
		if (head || tail) {
			entry->start = head ? entry->start : end - tail;
			entry->bytes = head + tail;
			place++;
		} else {
			remove_at(ranges, place);
		}
	}
	return removed;
}

const struct range *ranges_find(const struct ranges *ranges, const void *address)
{
	size_t place = first_above(ranges, address);
	const struct range *entry;

	if (place == ranges->count)
		return NULL;
	entry = &ranges->entries[place];
	return entry->start <= (const char *)address ? entry : NULL;
}

size_t ranges_overlap(const struct ranges *ranges, const void *start, size_t bytes)
{
	const char *from = start;
	const char *to = from + bytes;
	size_t overlap = 0;

	for (size_t i = first_above(ranges, from);
		i < ranges->count && ranges->entries[i].start < to; i++) {
		const struct range *entry = &ranges->entries[i];
		const char *end = entry->start + entry->bytes;
		const char *low = entry->start > from ? entry->start : from;

		overlap += (size_t)((end < to ? end : to) - low);
	}
	return overlap;
}

void ranges_release(struct ranges *ranges)
{
	if (ranges->capacity)
		(void)munmap(
			ranges->entries, ranges->capacity * sizeof(*ranges->entries));
	*ranges = (struct ranges){0};
}
