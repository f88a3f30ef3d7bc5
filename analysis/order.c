/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/order.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* The distinct values of one attribute of points, by first appearance. */
struct ranks {
	const struct point **points;
	size_t count, capacity;
	size_t last; /* found last: mostly the next one too */
	bool (*same)(const struct point *, const struct point *);
};

static bool same_kernel(const struct point *a, const struct point *b)
{
	return a->kernel == b->kernel || strcmp(a->kernel, b->kernel) == 0;
}

static bool same_backend(const struct point *a, const struct point *b)
{
	return a->backend == b->backend || strcmp(a->backend, b->backend) == 0;
}

static bool same_group(const struct point *a, const struct point *b)
{
	return a->group == b->group || strcmp(a->group, b->group) == 0;
}

static bool same_stride(const struct point *a, const struct point *b)
{
	return a->stride == b->stride;
}

static bool same_place(const struct point *a, const struct point *b)
{
	return a->cpu == b->cpu && a->node == b->node;
}

/* Sets the rank of the point's attribute: 0 or -ENOMEM. */
static int rank(struct ranks *ranks, const struct point *point, uint32_t *result)
{
	if (ranks->count > 0 && ranks->same(ranks->points[ranks->last], point)) {
		*result = (uint32_t)ranks->last;
		return 0;
	}
	for (size_t i = 0; i < ranks->count; i++)
		if (ranks->same(ranks->points[i], point)) {
			ranks->last = i;
			*result = (uint32_t)i;
			return 0;
		}
	if (ranks->count == ranks->capacity) {
		size_t capacity = ranks->capacity ? 2 * ranks->capacity : 16;
		const struct point **points =
			realloc(ranks->points, capacity * sizeof(ranks->points[0]));

		if (!points)
			return -ENOMEM;
		ranks->points = points;
		ranks->capacity = capacity;
	}
	ranks->last = ranks->count;
	ranks->points[ranks->count++] = point;
	*result = (uint32_t)ranks->last;
	return 0;
}

static int compare_u64(uint64_t a, uint64_t b)
{
	return (a > b) - (a < b);
}

static int compare_series(const struct order_key *a, const struct order_key *b)
{
	int difference = compare_u64(a->kernel, b->kernel);

	if (!difference)
		difference = compare_u64(a->stride, b->stride);
	if (!difference)
		difference = compare_u64(a->place, b->place);
	return difference ? difference : compare_u64(a->backend, b->backend);
}

static int compare_keys(const void *left, const void *right)
{
	const struct order_key *a = left;
	const struct order_key *b = right;
	int difference = compare_series(a, b);

	if (!difference)
		difference = compare_u64(a->bytes, b->bytes);
	if (!difference)
		difference = compare_u64(a->round, b->round);
	/* Then as written, so that equal data give equal results. */
	return difference ? difference : compare_u64(a->index, b->index);
}

static int set_key(
	struct order_key *key, struct ranks ranks[5], const struct point *point)
{
	int error = rank(&ranks[0], point, &key->kernel);

	if (!error)
		error = rank(&ranks[1], point, &key->stride);
	if (!error)
		error = rank(&ranks[2], point, &key->place);
	if (!error)
		error = rank(&ranks[3], point, &key->backend);
	if (!error)
		error = rank(&ranks[4], point, &key->group);
	return error;
}

int order_build(struct order *order, const struct dataset *dataset)
{
	struct ranks ranks[5] = {{.same = same_kernel}, {.same = same_stride},
		{.same = same_place}, {.same = same_backend}, {.same = same_group}};
	int error = 0;

	*order = (struct order){.count = dataset->count};
	order->keys = calloc(dataset->count + 1, sizeof(*order->keys));
	if (!order->keys)
		return -ENOMEM;
	for (size_t i = 0; i < dataset->count && !error; i++) {
		const struct measurement *measurement = &dataset->measurements[i];
		struct order_key *key = &order->keys[i];

		key->index = (uint32_t)i;
		key->bytes = measurement->point.bytes;
		key->round = measurement->round;
		error = set_key(key, ranks, &measurement->point);
	}
	for (int i = 0; i < 4; i++)
		free(ranks[i].points);
	order->groups = ranks[4].points;
	order->groups_count = ranks[4].count;
	if (error)
		order_release(order);
	else
		qsort(order->keys, order->count, sizeof(*order->keys), compare_keys);
	return error;
}

void order_release(struct order *order)
{
	free(order->keys);
	free(order->groups);
	*order = (struct order){0};
}

size_t order_series_end(const struct order *order, size_t from)
{
	size_t end = from + 1;

	while (end < order->count &&
		compare_series(&order->keys[from], &order->keys[end]) == 0)
		end++;
	return end;
}

size_t order_size_end(const struct order *order, size_t from)
{
	size_t end = from + 1;

	while (end < order->count && order->keys[end].bytes == order->keys[from].bytes &&
		compare_series(&order->keys[from], &order->keys[end]) == 0)
		end++;
	return end;
}

size_t order_round_end(const struct order *order, size_t from)
{
	size_t end = from + 1;

	while (end < order->count && order->keys[end].round == order->keys[from].round &&
		order->keys[end].bytes == order->keys[from].bytes &&
		compare_series(&order->keys[from], &order->keys[end]) == 0)
		end++;
	return end;
}
