/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "topology/topology.h"

const char *cache_kind_name(enum cache_kind kind)
{
	static const char *const names[] = {
		"data", "unified", "instruction", "memory-side"};

	return names[kind];
}

const char *tlb_kind_name(enum tlb_kind kind)
{
	static const char *const names[] = {"data", "store", "instruction", "unified"};

	return names[kind];
}

/* A cache that a CPU's reads go through, and whose size is known. */
static bool serves_reads(const struct cache *cache, unsigned cpu)
{
	return (cache->kind == CACHE_DATA || cache->kind == CACHE_UNIFIED) &&
	       cache->bytes > 0 && cpus_has(&cache->cpus, cpu);
}

const struct cache *machine_cache(
	const struct machine *machine, unsigned level, unsigned cpu)
{
	for (size_t i = 0; i < machine->caches_count; i++)
		if (machine->caches[i].level == level &&
			serves_reads(&machine->caches[i], cpu))
			return &machine->caches[i];
	return NULL;
}

unsigned machine_last_cache_level(const struct machine *machine, unsigned cpu)
{
	unsigned last = 0;

	for (size_t i = 0; i < machine->caches_count; i++)
		if (machine->caches[i].level > last &&
			serves_reads(&machine->caches[i], cpu))
			last = machine->caches[i].level;
	return last;
}

uint64_t machine_tlb_reach(
	const struct machine *machine, unsigned level, uint64_t page_bytes)
{
	uint64_t reach = 0;

	/* Several of one level and page size are partitions of one TLB (Golden Cove's
	 * second). */
	for (size_t i = 0; i < machine->tlbs_count; i++) {
		const struct tlb *tlb = &machine->tlbs[i];

		if (tlb->level == level && tlb->page_bytes == page_bytes &&
			(tlb->kind == TLB_DATA || tlb->kind == TLB_UNIFIED))
			reach += tlb->entries * page_bytes;
	}
	return reach;
}

int machine_node_of(const struct machine *machine, unsigned cpu)
{
	for (size_t i = 0; i < machine->nodes_count; i++)
		if (cpus_has(&machine->nodes[i].cpus, cpu))
			return (int)i;
	return -1;
}

uint64_t machine_base_page(const struct machine *machine)
{
	return machine->page_sizes[0].bytes;
}

unsigned machine_line_bytes(const struct machine *machine, unsigned cpu)
{
	const struct cache *first = machine_cache(machine, 1, cpu);

	return first && first->line_bytes ? first->line_bytes : 64;
}

bool machine_nodes_fall_short(const struct machine *machine)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < machine->nodes_count; i++)
		sum += machine->nodes[i].bytes;
	/* A tenth covers what kernels count differently (reserved at boot, firmware). */
	return sum < machine->memory_bytes - machine->memory_bytes / 10;
}

uint64_t machine_free_bytes(const struct machine *machine, unsigned node_position)
{
	uint64_t whole = machine->live ? machine->available_bytes : machine->memory_bytes;
	const struct node *node;
	uint64_t own;

	if (node_position >= machine->nodes_count)
		return whole;
	node = &machine->nodes[node_position];
	own = machine->live ? node->free_bytes : node->bytes;
	if (own > whole ||
		(machine->nodes_count > 1 && !machine_nodes_fall_short(machine)))
		return own;
	return whole;
}
