/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "topology/load.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct cpus cpus_of(hwloc_const_bitmap_t bitmap)
{
	struct cpus cpus = {0};

	if (!bitmap)
		return cpus;
	/* A bitmap from a file may be infinite. */
	for (int cpu = hwloc_bitmap_first(bitmap); cpu >= 0 && cpu < CPUS_MAX;
		cpu = hwloc_bitmap_next(bitmap, cpu))
		cpus_add(&cpus, (unsigned)cpu);
	return cpus;
}

static unsigned count_of(hwloc_topology_t topology, hwloc_obj_type_t type)
{
	int count = hwloc_get_nbobjs_by_type(topology, type);

	return count > 0 ? (unsigned)count : 0;
}

static int read_kinds(struct machine *machine, hwloc_topology_t topology)
{
	int count = hwloc_cpukinds_get_nr(topology, 0);
	hwloc_bitmap_t set = hwloc_bitmap_alloc();

	machine->cpu_kinds_count = count > 0 ? (size_t)count : 1;
	machine->cpu_kinds =
		calloc(machine->cpu_kinds_count, sizeof(*machine->cpu_kinds));
	if (!set || !machine->cpu_kinds) {
		hwloc_bitmap_free(set);
		return -ENOMEM;
	}
	machine->cpu_kinds[0].cpus = machine->cpus;
	for (int i = 0; i < count; i++) {
		struct cpu_kind *kind = &machine->cpu_kinds[i];
		struct hwloc_info_s *infos;
		unsigned infos_count;
		int efficiency;

		if (hwloc_cpukinds_get_info(topology, (unsigned)i, set, &efficiency,
			    &infos_count, &infos, 0) != 0)
			continue;
		kind->cpus = cpus_of(set);
		kind->efficiency = efficiency > 0 ? (unsigned)efficiency : 0;
		for (unsigned j = 0; j < infos_count; j++) {
			const char *value = infos[j].value;

			if (strcmp(infos[j].name, "FrequencyMaxMHz") == 0)
				kind->max_mhz = (unsigned)strtoul(value, NULL, 10);
			if (strcmp(infos[j].name, "CoreType") != 0)
				continue;
			if (strcmp(value, "IntelCore") == 0)
				value = "P-core";
			else if (strcmp(value, "IntelAtom") == 0)
				value = "E-core";
			machine_copy_text(kind->name, sizeof(kind->name), value);
		}
	}
	hwloc_bitmap_free(set);
	return 0;
}

static struct cache cache_of(hwloc_obj_t object)
{
	const struct hwloc_cache_attr_s *attr = &object->attr->cache;
	struct cache cache = {
		.level = attr->depth,
		.kind = CACHE_UNIFIED,
		.bytes = attr->size,
		.line_bytes = attr->linesize,
		.ways = attr->associativity > 0 ? (unsigned)attr->associativity : 0,
		.instances = 1,
		.cpus = cpus_of(object->cpuset),
	};

	if (attr->associativity < 0)
		cache.ways = FULLY_ASSOCIATIVE;
	if (object->type == HWLOC_OBJ_MEMCACHE)
		cache.kind = CACHE_MEMORY_SIDE;
	else if (attr->type == HWLOC_OBJ_CACHE_DATA)
		cache.kind = CACHE_DATA;
	else if (attr->type == HWLOC_OBJ_CACHE_INSTRUCTION)
		cache.kind = CACHE_INSTRUCTION;
	cache.shared_cpus = cpus_count(&cache.cpus);
	return cache;
}

static bool same_cache(const struct cache *a, const struct cache *b)
{
	return a->level == b->level && a->kind == b->kind && a->bytes == b->bytes &&
	       a->line_bytes == b->line_bytes && a->ways == b->ways &&
	       a->shared_cpus == b->shared_cpus;
}

static void merge_cache(struct machine *machine, const struct cache *cache)
{
	struct cache *same = machine->caches;

	while (same < machine->caches + machine->caches_count && !same_cache(same, cache))
		same++;
	if (same == machine->caches + machine->caches_count) {
		*same = *cache;
		machine->caches_count++;
		return;
	}
	same->instances++;
	for (unsigned i = 0; i < CPUS_MAX / 64; i++)
		same->cpus.bits[i] |= cache->cpus.bits[i];
}

static int compare_u64(uint64_t a, uint64_t b)
{
	return (a > b) - (a < b);
}

static int compare_caches(const void *left, const void *right)
{
	const struct cache *a = left, *b = right;
	int order =
		compare_u64(a->kind == CACHE_MEMORY_SIDE, b->kind == CACHE_MEMORY_SIDE);

	if (!order)
		order = compare_u64(a->level, b->level);
	if (!order)
		order = compare_u64(a->kind, b->kind);
	if (!order)
		order = compare_u64(a->bytes, b->bytes);
	/* Of one size: by sharing and place, so that the order is the same in every run.
	 */
	if (!order)
		order = compare_u64(a->shared_cpus, b->shared_cpus);
	return order ? order : cpus_first(&a->cpus) - cpus_first(&b->cpus);
}

static int read_caches(struct machine *machine, hwloc_topology_t topology)
{
	static const hwloc_obj_type_t types[] = {HWLOC_OBJ_L1CACHE, HWLOC_OBJ_L2CACHE,
		HWLOC_OBJ_L3CACHE, HWLOC_OBJ_L4CACHE, HWLOC_OBJ_L5CACHE,
		HWLOC_OBJ_L1ICACHE, HWLOC_OBJ_L2ICACHE, HWLOC_OBJ_L3ICACHE,
		HWLOC_OBJ_MEMCACHE};
	enum { TYPES = sizeof(types) / sizeof(types[0]) };
	size_t most = 0;

	for (size_t i = 0; i < TYPES; i++)
		most += count_of(topology, types[i]);
	if (most == 0)
		return 0;
	machine->caches = calloc(most, sizeof(*machine->caches));
	if (!machine->caches)
		return -ENOMEM;
	for (size_t i = 0; i < TYPES; i++) {
		hwloc_obj_t object = NULL;

		while ((object =
				hwloc_get_next_obj_by_type(topology, types[i], object))) {
			struct cache cache = cache_of(object);

			merge_cache(machine, &cache);
		}
	}
	qsort(machine->caches, machine->caches_count, sizeof(*machine->caches),
		compare_caches);
	return 0;
}

static int compare_nodes(const void *left, const void *right)
{
	const struct node *a = left, *b = right;

	return compare_u64(a->index, b->index);
}

/* Memory that firmware presents beside the CPUs' own: never the node that CPUs belong to.
 */
static bool is_side_memory(const struct node *node)
{
	static const char *const kinds[] = {"HBM", "MCDRAM", "CXL", "NVM", "SPM"};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strstr(node->kind, kinds[i]))
			return true;
	return false;
}

static int compare_claims(const void *left, const void *right)
{
	const struct node *a = *(struct node *const *)left;
	const struct node *b = *(struct node *const *)right;
	int order = compare_u64(cpus_count(&a->cpus), cpus_count(&b->cpus));

	if (!order)
		order = compare_u64(is_side_memory(a), is_side_memory(b));
	return order ? order : compare_nodes(a, b);
}

/*
 * hwloc gives a memory-only node the CPUs near it; the kernel gives each CPU to one node.
 * Nodes claim their CPUs in turn, the closest first, ordinary memory before the rest; a
 * node for which none are left is memory-only.
 */
static int claim_cpus(struct machine *machine)
{
	struct node **turns = calloc(machine->nodes_count, sizeof(struct node *));
	struct cpus unclaimed = machine->cpus;

	if (!turns)
		return -ENOMEM;
	for (size_t i = 0; i < machine->nodes_count; i++)
		turns[i] = &machine->nodes[i];
	qsort(turns, machine->nodes_count, sizeof(struct node *), compare_claims);
	for (size_t i = 0; i < machine->nodes_count; i++) {
		for (unsigned j = 0; j < CPUS_MAX / 64; j++) {
			turns[i]->cpus.bits[j] &= unclaimed.bits[j];
			unclaimed.bits[j] &= ~turns[i]->cpus.bits[j];
		}
	}
	free(turns);
	return 0;
}

static int read_nodes(struct machine *machine, hwloc_topology_t topology)
{
	unsigned count = count_of(topology, HWLOC_OBJ_NUMANODE);
	hwloc_obj_t object = NULL;

	/* hwloc always has one; calloc(0) would be no failure. */
	machine->nodes = calloc(count ? count : 1, sizeof(*machine->nodes));
	if (!machine->nodes)
		return -ENOMEM;
	while ((object = hwloc_get_next_obj_by_type(
			topology, HWLOC_OBJ_NUMANODE, object))) {
		struct node *node = &machine->nodes[machine->nodes_count++];

		node->index = object->os_index;
		node->bytes = object->attr->numanode.local_memory;
		node->cpus = cpus_of(object->cpuset);
		machine->memory_bytes += node->bytes;
		if (object->subtype)
			machine_copy_text(
				node->kind, sizeof(node->kind), object->subtype);
	}
	qsort(machine->nodes, machine->nodes_count, sizeof(*machine->nodes),
		compare_nodes);
	return claim_cpus(machine);
}

/* Position among the nodes of the node with this number; -1 none. */
static int position_of(const struct machine *machine, unsigned index)
{
	for (size_t i = 0; i < machine->nodes_count; i++)
		if (machine->nodes[i].index == index)
			return (int)i;
	return -1;
}

/* Takes the matrix when it is one of all the nodes. */
static int take_distances(struct machine *machine, const struct hwloc_distances_s *matrix)
{
	size_t count = machine->nodes_count;
	uint64_t *distances;

	if (matrix->nbobjs != count)
		return 0;
	for (size_t i = 0; i < count; i++)
		if (!matrix->objs[i] || matrix->objs[i]->type != HWLOC_OBJ_NUMANODE ||
			position_of(machine, matrix->objs[i]->os_index) < 0)
			return 0;
	distances = calloc(count * count, sizeof(*distances));
	if (!distances)
		return -ENOMEM;
	for (size_t from = 0; from < count; from++) {
		size_t row = (size_t)position_of(machine, matrix->objs[from]->os_index);

		for (size_t to = 0; to < count; to++) {
			int column = position_of(machine, matrix->objs[to]->os_index);

			distances[row * count + (size_t)column] =
				matrix->values[from * count + to];
		}
	}
	machine->distances = distances;
	return 0;
}

static int read_distances(struct machine *machine, hwloc_topology_t topology)
{
	struct hwloc_distances_s *found[8];
	unsigned count = sizeof(found) / sizeof(found[0]);
	int error = 0;

	if (hwloc_distances_get_by_type(topology, HWLOC_OBJ_NUMANODE, &count, found,
		    HWLOC_DISTANCES_KIND_MEANS_LATENCY, 0) != 0)
		return 0;
	if (count > sizeof(found) / sizeof(found[0]))
		count = sizeof(found) / sizeof(found[0]);
	for (unsigned i = 0; i < count; i++) {
		if (!error && !machine->distances)
			error = take_distances(machine, found[i]);
		hwloc_distances_release(topology, found[i]);
	}
	return error;
}

int objects_read(struct machine *machine, hwloc_topology_t topology)
{
	int error;

	machine->packages = count_of(topology, HWLOC_OBJ_PACKAGE);
	machine->cores = count_of(topology, HWLOC_OBJ_CORE);
	machine->cpu_count = count_of(topology, HWLOC_OBJ_PU);
	machine->cpus = cpus_of(hwloc_topology_get_topology_cpuset(topology));
	error = read_kinds(machine, topology);
	if (!error)
		error = read_caches(machine, topology);
	if (!error)
		error = read_nodes(machine, topology);
	if (!error)
		error = read_distances(machine, topology);
	return error;
}
