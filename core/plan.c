/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/plan.h"

#include "base/number.h"
#include "core/kernel.h"
#include "core/sizes.h"
#include "core/warm.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define KIB 1024ull
#define MIB (1024 * KIB)

enum { DEFAULT_PER_OCTAVE = 4 };
#define DENSE_BYTES (256 * MIB)

static uint64_t last_cache_bytes(const struct machine *machine, unsigned cpu)
{
	const struct cache *cache =
		machine_cache(machine, machine_last_cache_level(machine, cpu), cpu);

	return cache ? cache->bytes : 0;
}

/* CPU 0 is where most interrupts go. */
unsigned plan_default_cpu(const struct machine *machine)
{
	const struct cpus *cpus = &machine->cpus;
	unsigned best = 0;
	unsigned last = 0;

	for (size_t i = 0; i < machine->cpu_kinds_count; i++) {
		if (machine->cpu_kinds[i].efficiency >= best &&
			cpus_count(&machine->cpu_kinds[i].cpus) > 0) {
			best = machine->cpu_kinds[i].efficiency;
			cpus = &machine->cpu_kinds[i].cpus;
		}
	}
	for (unsigned cpu = 0; cpu < CPUS_MAX; cpu++)
		if (cpus_has(cpus, cpu))
			last = cpu;
	return last;
}

/* Where no node tells its memory, as in a synthetic description, each may have some. */
static bool has_memory(const struct machine *machine, size_t node)
{
	uint64_t known = 0;

	for (size_t i = 0; i < machine->nodes_count; i++)
		known += machine->nodes[i].bytes;
	return known == 0 || machine->nodes[node].bytes > 0;
}

/* From one CPU to its own node, then to every other that has memory. One node needs no
 * binding. */
static size_t default_places(
	const struct machine *machine, struct place places[PLAN_PLACES])
{
	unsigned cpu = plan_default_cpu(machine);
	int local = machine_node_of(machine, cpu);
	size_t count = 0;

	if (machine->nodes_count < 2) {
		places[0] = (struct place){cpu, -1};
		return 1;
	}
	if (local >= 0 && has_memory(machine, (size_t)local))
		places[count++] = (struct place){cpu, (int)machine->nodes[local].index};
	for (size_t i = 0; i < machine->nodes_count && count < PLAN_PLACES; i++)
		if ((int)i != local && has_memory(machine, i))
			places[count++] =
				(struct place){cpu, (int)machine->nodes[i].index};
	if (count == 0)
		places[count++] = (struct place){cpu, -1};
	return count;
}

static int check_places(const struct machine *machine, const struct place *places,
	size_t count, struct complaint *complaint)
{
	char list[128];

	for (size_t i = 0; i < count; i++) {
		bool found = places[i].node == -1;

		if (!cpus_has(&machine->cpus, places[i].cpu)) {
			complaint_what(
				complaint, "--cpu: there is no CPU %u", places[i].cpu);
			complaint_why(complaint, "this machine has CPUs %s",
				cpus_format(list, sizeof(list), &machine->cpus));
			return -EINVAL;
		}
		for (size_t n = 0; n < machine->nodes_count; n++)
			found = found || (int)machine->nodes[n].index == places[i].node;
		if (!found) {
			complaint_what(complaint, "--membind: there is no NUMA node %d",
				places[i].node);
			complaint_why(complaint, "this machine has %zu node%s",
				machine->nodes_count,
				machine->nodes_count == 1 ? "" : "s");
			complaint_advise(complaint, "escalier machine lists them");
			return -EINVAL;
		}
	}
	return 0;
}

static int check_strides(const struct plan_options *options, struct complaint *complaint)
{
	for (size_t i = 0; i < options->strides_count; i++) {
		unsigned long long stride = options->strides[i];

		if (stride < 8 || stride % 8 != 0) {
			complaint_what(
				complaint, "--strides: %llu is not possible", stride);
			complaint_why(complaint, "an element holds a pointer of 8 bytes");
			complaint_advise(
				complaint, "a multiple of 8, as in --strides 64,128");
			return -EINVAL;
		}
		for (size_t j = 0; j < i; j++) {
			if (options->strides[j] != stride)
				continue;
			complaint_what(
				complaint, "--strides: %llu stands in it twice", stride);
			complaint_why(complaint, "a point is measured once a round");
			return -EINVAL;
		}
	}
	return 0;
}

/* Kernels, backends and groups: twice the same would be one layout of twice the windows.
 */
static int check_unique(const char *option, const char *const *names, size_t count,
	struct complaint *complaint)
{
	for (size_t i = 0; i < count; i++) {
		for (size_t j = 0; j < i; j++) {
			if (strcmp(names[i], names[j]) != 0)
				continue;
			complaint_what(complaint, "%s: %.120s stands in it twice", option,
				names[i]);
			complaint_why(complaint, "a point is measured once a round");
			return -EINVAL;
		}
	}
	return 0;
}

static int check_options(const struct plan_options *options, struct complaint *complaint)
{
	int error = check_strides(options, complaint);

	if (!error)
		error = check_unique(
			"--kernels", options->kernels, options->kernels_count, complaint);
	if (!error)
		error = check_unique("--backends", options->backends,
			options->backends_count, complaint);
	if (!error)
		error = check_unique(
			"--groups", options->groups, options->groups_count, complaint);
	for (size_t i = 1; i < options->sizes_count && !error; i++) {
		if (options->sizes[i] > options->sizes[i - 1])
			continue;
		complaint_what(complaint, "--sizes: the sizes do not ascend");
		complaint_why(
			complaint, "each is measured once a round, the smallest first");
		error = -EINVAL;
	}
	return error;
}

/* The most that one buffer may take beside its scratch, leaving a fifth of what is free.
 */
static uint64_t memory_limit(
	const struct machine *machine, const struct place *places, size_t count)
{
	uint64_t limit = UINT64_MAX;

	for (size_t i = 0; i < count; i++)
		for (size_t n = 0; n < machine->nodes_count; n++)
			if (places[i].node == -1 ||
				(int)machine->nodes[n].index == places[i].node) {
				uint64_t bytes = machine_free_bytes(machine, (unsigned)n);

				limit = bytes && bytes < limit ? bytes : limit;
			}
	return limit == UINT64_MAX ? limit : limit / 5 * 4 / 17 * 16;
}

static int choose_sizes(struct plan *plan, const struct machine *machine,
	const struct plan_options *options, const struct place *places,
	size_t places_count, struct complaint *complaint)
{
	uint64_t limit = memory_limit(machine, places, places_count);
	uint64_t last = last_cache_bytes(machine, places[0].cpu);
	struct size_range range = {
		.min_bytes = options->min_bytes ? options->min_bytes : 4 * KIB,
		.max_bytes = options->max_bytes,
		.dense_bytes = options->max_bytes ? UINT64_MAX : DENSE_BYTES,
		.per_octave =
			options->per_octave ? options->per_octave : DEFAULT_PER_OCTAVE,
	};
	char text[NUMBER_TEXT];
	char most[NUMBER_TEXT];

	for (size_t i = 0; i < options->sizes_count; i++) {
		if (options->sizes[i] >= 1024 && options->sizes[i] <= limit)
			continue;
		complaint_what(complaint, "--sizes: %s is out of range",
			number_format_bytes(text, options->sizes[i]));
		complaint_why(complaint, "from 1K up to what is free, %s",
			number_format_bytes(most, limit));
		return -EINVAL;
	}
	if (options->sizes_count) {
		plan->sizes = malloc(options->sizes_count * sizeof(*plan->sizes));
		if (!plan->sizes)
			return -ENOMEM;
		memcpy(plan->sizes, options->sizes,
			options->sizes_count * sizeof(*plan->sizes));
		plan->sizes_count = options->sizes_count;
		return 0;
	}
	if (!range.max_bytes) {
		range.max_bytes = 4 * last > DENSE_BYTES ? 4 * last : DENSE_BYTES;
		if (range.max_bytes > limit)
			range.max_bytes = limit;
	}
	if (range.min_bytes < 1024 || range.min_bytes > range.max_bytes ||
		range.max_bytes > limit) {
		complaint_what(complaint,
			"--sizes: %s:%s is not a range that can be measured",
			number_format_bytes(text, range.min_bytes),
			number_format_bytes(most, range.max_bytes));
		complaint_why(complaint, "from 1K up to what is free, %s",
			number_format_bytes(text, limit));
		return -EINVAL;
	}
	return sizes_choose(
		machine, places[0].cpu, &range, &plan->sizes, &plan->sizes_count);
}

/* Strides that a kernel takes: one per page has its own. */
static size_t strides_of(const struct plan_options *options, const struct kernel *kernel)
{
	return kernel->per_page || options->strides_count == 0 ? 1
							       : options->strides_count;
}

static uint64_t stride_of(const struct plan_options *options, const struct kernel *kernel,
	const struct machine *machine, size_t index)
{
	if (kernel->per_page)
		return machine_base_page(machine);
	return options->strides_count ? options->strides[index] : 64;
}

static size_t groups_of(const struct plan_options *options)
{
	return options->groups_count ? options->groups_count : 1;
}

static void add_points(struct plan *plan, const struct machine *machine,
	const struct plan_options *options, const struct point *buffer)
{
	for (size_t k = 0; k < options->kernels_count; k++) {
		const struct kernel *kernel = kernel_find(options->kernels[k]);

		for (size_t s = 0; s < strides_of(options, kernel); s++) {
			struct point point = *buffer;

			point.kernel = kernel->name;
			point.stride = stride_of(options, kernel, machine, s);
			if (point.bytes < point.stride)
				continue; /* the buffer holds no element */
			for (size_t g = 0; g < groups_of(options); g++) {
				point.group = options->groups_count ? options->groups[g]
								    : POINT_NO_GROUP;
				plan->points[plan->count++] = point;
			}
		}
	}
}

static int add_all_points(struct plan *plan, const struct machine *machine,
	const struct plan_options *options, const struct place *places,
	size_t places_count)
{
	size_t per_buffer = 0;

	for (size_t k = 0; k < options->kernels_count; k++)
		per_buffer += strides_of(options, kernel_find(options->kernels[k])) *
			      groups_of(options);
	plan->points = calloc(
		places_count * plan->sizes_count * options->backends_count * per_buffer +
			1,
		sizeof(*plan->points));
	if (!plan->points)
		return -ENOMEM;
	for (size_t p = 0; p < places_count; p++)
		for (size_t i = 0; i < plan->sizes_count; i++)
			for (size_t b = 0; b < options->backends_count; b++)
				add_points(plan, machine, options,
					&(struct point){
						.backend = options->backends[b],
						.bytes = plan->sizes[i],
						.cpu = places[p].cpu,
						.node = places[p].node,
					});
	return 0;
}

/* One buffer is held at a time, so a pool needs the largest. */
static void add_pools(struct plan *plan, const struct plan_options *options,
	const struct place *places, size_t places_count)
{
	for (size_t b = 0; b < options->backends_count; b++) {
		uint64_t page = options->backend_pages[b];

		if (!options->backend_pools[b])
			continue;
		for (size_t p = 0; p < places_count; p++) {
			bool known = false;

			for (size_t i = 0; i < plan->pools_count; i++)
				known = known ||
					(plan->pools[i].page_bytes == page &&
						plan->pools[i].node == places[p].node);
			if (!known && plan->pools_count < PLAN_NAMES)
				plan->pools[plan->pools_count++] = (struct plan_pool){
					.page_bytes = page,
					.pages = (plan->max_buffer_bytes + page - 1) /
						 page,
					.node = places[p].node,
				};
		}
	}
}

/*
 * Nominal figures of a current server core, only for the estimate: nanoseconds per read
 * by where the buffer lies, per line to fault in and to link, and per window outside of
 * it.
 */
static double nominal_read_ns(const struct machine *machine, const struct point *point)
{
	static const double by_level[] = {1.5, 5, 20, 40};
	unsigned last = machine_last_cache_level(machine, point->cpu);

	if (point->kernel == kernel_strided.name)
		return 1;
	for (unsigned level = 1; level <= last && level <= 4; level++) {
		const struct cache *cache = machine_cache(machine, level, point->cpu);

		if (cache && point->bytes <= cache->bytes)
			return by_level[level - 1];
	}
	return 140;
}

static uint64_t estimate_round_ns(const struct plan *plan, const struct machine *machine,
	const struct plan_options *options)
{
	double total = 0;

	for (size_t i = 0; i < plan->count; i++) {
		const struct point *point = &plan->points[i];
		double elements = (double)point->bytes / (double)point->stride;

		total += (double)options->windows * ((double)options->window_ns + 60e3);
		if (i && point_same_layout(point, &plan->points[i - 1]))
			continue;
		total += 1e6 + 25 * elements;
		/* Reads are mostly steady after a quarter of the most. */
		total += (double)warm_reads(machine, point) / 4 *
			 nominal_read_ns(machine, point);
		if (i == 0 || !point_same_buffer(point, &plan->points[i - 1]))
			total += 1e6 + 0.2 * (double)point->bytes;
	}
	return (uint64_t)total;
}

int plan_build(struct plan *plan, const struct machine *machine,
	const struct plan_options *options, struct complaint *complaint)
{
	struct place automatic[PLAN_PLACES] = {{0}};
	const struct place *places = options->places;
	size_t places_count = options->places_count;
	int error;

	*plan = (struct plan){0};
	if (places_count == 0) {
		places = automatic;
		places_count = default_places(machine, automatic);
	}
	error = check_places(machine, places, places_count, complaint);
	if (!error)
		error = check_options(options, complaint);
	if (!error)
		error = choose_sizes(
			plan, machine, options, places, places_count, complaint);
	if (!error)
		error = add_all_points(plan, machine, options, places, places_count);
	if (error) {
		if (error == -ENOMEM)
			complaint_what(complaint, "not enough memory for the plan");
		plan_release(plan);
		return error;
	}
	for (size_t i = 0; i < plan->count; i++)
		if (plan->points[i].bytes > plan->max_buffer_bytes)
			plan->max_buffer_bytes = plan->points[i].bytes;
	plan->scratch_bytes = plan->max_buffer_bytes / 64 * sizeof(uint32_t);
	add_pools(plan, options, places, places_count);
	plan->estimated_ns =
		options->rounds_min * estimate_round_ns(plan, machine, options);
	return 0;
}

void plan_release(struct plan *plan)
{
	free(plan->points);
	free(plan->sizes);
	*plan = (struct plan){0};
}
