/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "topology/topology.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>

/*
 * The machine as one JSON object. Sizes in bytes, sets of CPUs in the kernel's list
 * format, absent facts null. A NULL anywhere on the way (out of memory) makes json_pack
 * give NULL at the end.
 */

static json_t *text_or_null(const char *fact)
{
	return fact[0] ? json_string(fact) : json_null();
}

static json_t *number_or_null(uint64_t fact)
{
	return fact ? json_integer((json_int_t)fact) : json_null();
}

static json_t *ways_json(unsigned ways)
{
	return ways == FULLY_ASSOCIATIVE ? json_string("full") : number_or_null(ways);
}

static json_t *cpus_json(const struct cpus *cpus)
{
	/* Every other CPU of CPUS_MAX is the longest list. */
	char list[CPUS_MAX / 2 * sizeof("4095")];

	return json_string(cpus_format(list, sizeof(list), cpus));
}

static json_t *kind_json(const struct machine *machine, size_t i)
{
	const struct cpu_kind *kind = &machine->cpu_kinds[i];

	return json_pack("{s:o, s:i, s:o, s:o}", "name", text_or_null(kind->name),
		"efficiency", (int)kind->efficiency, "max_mhz",
		number_or_null(kind->max_mhz), "cpus", cpus_json(&kind->cpus));
}

static json_t *cache_json(const struct machine *machine, size_t i)
{
	const struct cache *cache = &machine->caches[i];

	return json_pack("{s:i, s:s, s:o, s:o, s:o, s:i, s:i, s:o}", "level",
		(int)cache->level, "kind", cache_kind_name(cache->kind), "bytes",
		number_or_null(cache->bytes), "line_bytes",
		number_or_null(cache->line_bytes), "ways", ways_json(cache->ways),
		"instances", (int)cache->instances, "shared_cpus",
		(int)cache->shared_cpus, "cpus", cpus_json(&cache->cpus));
}

static json_t *node_json(const struct machine *machine, size_t i)
{
	const struct node *node = &machine->nodes[i];

	return json_pack("{s:I, s:o, s:o, s:o, s:o}", "index", (json_int_t)node->index,
		"kind", text_or_null(node->kind), "bytes", number_or_null(node->bytes),
		"free_bytes",
		machine->live ? json_integer((json_int_t)node->free_bytes) : json_null(),
		"cpus", cpus_json(&node->cpus));
}

static json_t *page_size_json(const struct machine *machine, size_t i)
{
	const struct page_size *page = &machine->page_sizes[i];

	return json_pack("{s:I, s:b, s:o, s:o}", "bytes", (json_int_t)page->bytes,
		"hugetlb", page->hugetlb, "pool_pages",
		page->hugetlb ? json_integer((json_int_t)page->pool_pages) : json_null(),
		"free_pages",
		page->free_known ? json_integer((json_int_t)page->free_pages)
				 : json_null());
}

static json_t *tlb_json(const struct machine *machine, size_t i)
{
	const struct tlb *tlb = &machine->tlbs[i];

	return json_pack("{s:i, s:s, s:I, s:i, s:o, s:I, s:s}", "level", (int)tlb->level,
		"kind", tlb_kind_name(tlb->kind), "page_bytes",
		(json_int_t)tlb->page_bytes, "entries", (int)tlb->entries, "ways",
		ways_json(tlb->ways), "reach_bytes",
		(json_int_t)tlb->entries * (json_int_t)tlb->page_bytes, "source",
		tlb->source);
}

/* An array of count items, or NULL. */
static json_t *list_json(const struct machine *machine, size_t count,
	json_t *(*item)(const struct machine *machine, size_t i))
{
	json_t *list = json_array();

	for (size_t i = 0; i < count; i++) {
		if (json_array_append_new(list, item(machine, i)) != 0) {
			json_decref(list);
			return NULL;
		}
	}
	return list;
}

static json_t *distance_row_json(const struct machine *machine, size_t from)
{
	json_t *row = json_array();

	for (size_t to = 0; to < machine->nodes_count; to++)
		(void)json_array_append_new(row,
			json_integer(
				(json_int_t)machine
					->distances[from * machine->nodes_count + to]));
	return row;
}

static json_t *processor_json(const struct machine *machine)
{
	bool x86 = machine->family != 0;

	return json_pack("{s:o, s:o, s:o, s:o, s:o}", "vendor",
		text_or_null(machine->vendor), "model_name",
		text_or_null(machine->cpu_model), "family",
		number_or_null(machine->family), "model",
		x86 ? json_integer(machine->model) : json_null(), "stepping",
		x86 ? json_integer(machine->stepping) : json_null());
}

static json_t *thp_json(const struct machine *machine)
{
	return json_pack("{s:o, s:o, s:o}", "enabled", text_or_null(machine->thp_enabled),
		"defrag", text_or_null(machine->thp_defrag), "bytes",
		number_or_null(machine->thp_bytes));
}

static json_t *machine_json(const struct machine *machine)
{
	return json_pack("{s:s, s:b, s:o, s:o, s:o, s:o, s:o,"
			 " s:o, s:o, s:i, s:o, s:o, s:o,"
			 " s:o, s:o, s:o, s:o, s:o, s:b, s:o, s:o}",
		"source", machine->source, "live", machine->live, "host",
		text_or_null(machine->host), "kernel", text_or_null(machine->kernel),
		"architecture", text_or_null(machine->architecture), "hypervisor",
		text_or_null(machine->hypervisor), "processor", processor_json(machine),
		"packages", number_or_null(machine->packages), "cores",
		number_or_null(machine->cores), "cpu_count", (int)machine->cpu_count,
		"cpus", cpus_json(&machine->cpus), "memory_bytes",
		number_or_null(machine->memory_bytes), "available_bytes",
		number_or_null(machine->available_bytes), "cpu_kinds",
		list_json(machine, machine->cpu_kinds_count, kind_json), "caches",
		list_json(machine, machine->caches_count, cache_json), "nodes",
		list_json(machine, machine->nodes_count, node_json), "distances",
		machine->distances
			? list_json(machine, machine->nodes_count, distance_row_json)
			: json_null(),
		"page_sizes",
		list_json(machine, machine->page_sizes_count, page_size_json),
		"base_page_assumed", machine->base_page_assumed, "thp", thp_json(machine),
		"tlbs", list_json(machine, machine->tlbs_count, tlb_json));
}

int machine_print_json(const struct machine *machine, struct text *text)
{
	json_t *json = machine_json(machine);
	char *dump = json ? json_dumps(json, JSON_INDENT(2) | JSON_PRESERVE_ORDER) : NULL;

	json_decref(json);
	if (!dump)
		return -ENOMEM;
	text_append(text, dump);
	text_append(text, "\n");
	free(dump);
	return text->error;
}
