/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/cycle.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Buckets of the first scatter: few enough streams for the TLB, and each bucket fits an
 * L2. */
enum { BUCKET_ELEMENTS = 1 << 15, LINK_AHEAD = 32 };

static void shuffle_in_place(uint32_t *order, uint64_t count, struct random *random)
{
	for (uint64_t i = count; i > 1; i--) {
		uint64_t j = random_below(random, i);
		uint32_t moved = order[j];

		order[j] = order[i - 1];
		order[i - 1] = moved;
	}
}

static uint64_t bucket_count_for(uint64_t count)
{
	uint64_t buckets = 1;

	while (buckets < KERNEL_BUCKETS_MAX && count / buckets > BUCKET_ELEMENTS)
		buckets *= 2;
	return buckets;
}

/*
 * Rao's method ("Generation of random permutation of given number of elements using
 * random sampling numbers", 1961): every index goes to a random bucket, then each bucket
 * is shuffled by itself. The result is uniform as Fisher and Yates' is, but almost all of
 * its accesses stay in the L2 cache.
 */
void cycle_shuffle(struct kernel_scratch *scratch, uint64_t count, struct random *random)
{
	uint64_t buckets = bucket_count_for(count);
	uint64_t shift = 64 - (uint64_t)__builtin_ctzll(buckets);
	uint32_t *ends = scratch->buckets;
	struct random replay = *random;
	uint32_t total = 0;

	if (buckets == 1) {
		for (uint64_t i = 0; i < count; i++)
			scratch->order[i] = (uint32_t)i;
		shuffle_in_place(scratch->order, count, random);
		return;
	}
	memset(ends, 0, (buckets + 1) * sizeof(*ends));
	for (uint64_t i = 0; i < count; i++)
		ends[random_next(&replay) >> shift]++;
	for (uint64_t i = 0; i < buckets; i++) {
		uint32_t size = ends[i];

		ends[i] = total;
		total += size;
	}
	/* The same draws again, now that each bucket's place is known. */
	for (uint64_t i = 0; i < count; i++)
		scratch->order[ends[random_next(random) >> shift]++] = (uint32_t)i;
	for (uint64_t i = 0; i < buckets; i++) {
		uint64_t start = i ? ends[i - 1] : 0;

		shuffle_in_place(scratch->order + start, ends[i] - start, random);
	}
}

static void **element_at(const struct cycle *cycle, uint64_t index)
{
	char *element = cycle->base + index * cycle->stride;

	/* An odd multiplier visits every offset equally often over consecutive elements.
	 */
	if (cycle->offset_step)
		element += index * 37 % (cycle->stride / cycle->offset_step) *
			   cycle->offset_step;
	return (void **)(void *)element;
}

int cycle_build(const struct cycle *cycle, struct random *random,
	struct kernel_scratch *scratch, void **first)
{
	const uint32_t *order;
	int error;

	if (cycle->elements == 0 || cycle->stride < sizeof(void *) ||
		cycle->stride % 8 != 0)
		return -EINVAL;
	if (cycle->elements >= UINT32_MAX)
		return -ERANGE;
	error = kernel_scratch_reserve(scratch, cycle->elements);
	if (error)
		return error;
	cycle_shuffle(scratch, cycle->elements, random);
	order = scratch->order;
	/* The stores go all over the buffer: ask for the lines ahead of them. */
	for (uint64_t i = 0; i < cycle->elements; i++) {
		if (i + LINK_AHEAD < cycle->elements)
			__builtin_prefetch(
				element_at(cycle, order[i + LINK_AHEAD]), 1, 0);
		*element_at(cycle, order[i]) =
			element_at(cycle, order[i + 1 < cycle->elements ? i + 1 : 0]);
	}
	*first = element_at(cycle, order[0]);
	return 0;
}

static int visit(const struct cycle *cycle, const void *element, uint8_t *visited,
	struct complaint *complaint)
{
	uint64_t offset = (uint64_t)((const char *)element - cycle->base);
	uint64_t index = offset / cycle->stride;

	if ((const char *)element < cycle->base || index >= cycle->elements ||
		(const void *)element_at(cycle, index) != element) {
		complaint_what(complaint, "the cycle leaves its elements");
		return -EBADMSG;
	}
	if (visited[index / 8] >> (index % 8) & 1) {
		complaint_what(complaint, "the cycle visits element %llu twice",
			(unsigned long long)index);
		return -EBADMSG;
	}
	visited[index / 8] = (uint8_t)(visited[index / 8] | 1u << (index % 8));
	return 0;
}

int cycle_verify(const struct cycle *cycle, void *first, struct complaint *complaint)
{
	uint8_t *visited = calloc(cycle->elements / 8 + 1, 1);
	void **element = first;
	int error = 0;

	if (!visited)
		return -ENOMEM;
	for (uint64_t i = 0; i < cycle->elements && !error; i++) {
		error = visit(cycle, element, visited, complaint);
		if (!error)
			element = *element;
	}
	if (!error && (void *)element != first) {
		complaint_what(complaint, "the cycle does not close");
		error = -EBADMSG;
	}
	free(visited);
	return error;
}
