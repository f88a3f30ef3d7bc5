/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "topology/columns.h"
#include "topology/topology.h"

#include "base/number.h"

#include <inttypes.h>
#include <stdio.h>

/*
 * The machine for people: one section a subject, a fact that is absent said to be absent.
 * Sizes are rounded for reading; the JSON form holds them in bytes.
 */

enum { LIST_TEXT = 40 };

static const char *plural(uint64_t count)
{
	return count == 1 ? "" : "s";
}

static const char *or_absent(const char *fact)
{
	return fact[0] ? fact : "not known";
}

/* A list of CPUs, cut where a line would become too long to read. */
static const char *cpus_text(char text[LIST_TEXT], const struct cpus *cpus)
{
	return cpus_format(text, LIST_TEXT, cpus);
}

static const char *ways_text(char text[NUMBER_TEXT], unsigned ways)
{
	if (ways == FULLY_ASSOCIATIVE)
		return "full";
	if (ways == 0)
		return "?";
	(void)snprintf(text, NUMBER_TEXT, "%u", ways);
	return text;
}

static void section(struct text *text, const char *title)
{
	text_format(text, "\n%s\n", title);
}

static void print_counts(const struct machine *machine, struct columns *facts)
{
	char list[LIST_TEXT], cores[48] = "", sockets[48] = "";

	if (machine->cores)
		(void)snprintf(cores, sizeof(cores), ", %u core%s", machine->cores,
			plural(machine->cores));
	if (machine->packages)
		(void)snprintf(sockets, sizeof(sockets), ", %u socket%s",
			machine->packages, plural(machine->packages));
	columns_row(facts, "CPUs\t%u (%s)%s%s", machine->cpu_count,
		cpus_text(list, &machine->cpus), cores, sockets);
}

static void print_processor(const struct machine *machine, struct columns *facts)
{
	char family[80] = "";

	if (machine->family)
		(void)snprintf(family, sizeof(family),
			"%sfamily %u, model %u, stepping %u",
			machine->vendor[0] ? ", " : "", machine->family, machine->model,
			machine->stepping);
	if (machine->vendor[0] || family[0])
		columns_row(facts, "processor\t%s (%s%s)", or_absent(machine->cpu_model),
			machine->vendor, family);
	else
		columns_row(facts, "processor\t%s", or_absent(machine->cpu_model));
}

static void print_overview(const struct machine *machine, struct text *text)
{
	char bytes[NUMBER_TEXT], available[NUMBER_TEXT];
	struct columns facts;

	text_format(text, "%s", machine->source);
	if (machine->host[0])
		text_format(text, ": %s", machine->host);
	text_append(text, "\n\n");
	columns_init(&facts, "ll");
	print_processor(machine, &facts);
	columns_row(&facts, "architecture\t%s", or_absent(machine->architecture));
	print_counts(machine, &facts);
	if (machine->memory_bytes == 0)
		columns_row(&facts, "memory\tnot known");
	else if (machine->live)
		columns_row(&facts, "memory\t%s, %s available",
			number_format_bytes(bytes, machine->memory_bytes),
			number_format_bytes(available, machine->available_bytes));
	else
		columns_row(&facts, "memory\t%s",
			number_format_bytes(bytes, machine->memory_bytes));
	columns_row(&facts, "kernel\t%s", or_absent(machine->kernel));
	/* Only a look at the machine itself can tell that there is none. */
	columns_row(&facts, "hypervisor\t%s",
		machine->hypervisor[0] ? machine->hypervisor
		: machine->live        ? "none seen"
				       : "not recorded");
	columns_finish(&facts, text);
}

static void print_kinds(const struct machine *machine, struct text *text)
{
	struct columns table;
	char list[LIST_TEXT];

	if (machine->cpu_kinds_count < 2 && !machine->cpu_kinds[0].name[0])
		return;
	section(text, "Kinds of CPU");
	columns_init(&table, "lrrl");
	columns_row(&table, "kind\tefficiency rank\tmax MHz\tCPUs");
	for (size_t i = 0; i < machine->cpu_kinds_count; i++) {
		const struct cpu_kind *kind = &machine->cpu_kinds[i];
		char mhz[NUMBER_TEXT] = "?";

		if (kind->max_mhz)
			(void)snprintf(mhz, sizeof(mhz), "%u", kind->max_mhz);
		columns_row(&table, "%s\t%u\t%s\t%s",
			kind->name[0] ? kind->name : "unnamed", kind->efficiency, mhz,
			cpus_text(list, &kind->cpus));
	}
	columns_finish(&table, text);
}

static void print_caches(const struct machine *machine, struct text *text)
{
	struct columns table;

	section(text, "Caches");
	if (machine->caches_count == 0) {
		text_append(text, "  not reported by this machine or its hypervisor\n");
		return;
	}
	columns_init(&table, "llrrrrrl");
	columns_row(&table, "level\tkind\tsize\tline\tways\tinstances\tshared by\tCPUs");
	for (size_t i = 0; i < machine->caches_count; i++) {
		const struct cache *cache = &machine->caches[i];
		char size[NUMBER_TEXT], ways[NUMBER_TEXT], list[LIST_TEXT],
			line[NUMBER_TEXT];

		columns_row(&table, "L%u\t%s\t%s\t%s\t%s\t%u\t%u CPU%s\t%s", cache->level,
			cache_kind_name(cache->kind),
			cache->bytes ? number_format_bytes(size, cache->bytes) : "?",
			cache->line_bytes ? number_format_bytes(line, cache->line_bytes)
					  : "?",
			ways_text(ways, cache->ways), cache->instances,
			cache->shared_cpus, plural(cache->shared_cpus),
			cpus_text(list, &cache->cpus));
	}
	columns_finish(&table, text);
}

static void print_distances(const struct machine *machine, struct text *text)
{
	size_t count = machine->nodes_count;
	char align[COLUMNS_MAX + 1];
	struct columns table;

	if (count < 2)
		return;
	if (!machine->distances) {
		text_append(text, "  Distances between nodes: not known.\n");
		return;
	}
	for (size_t i = 0; i < COLUMNS_MAX; i++)
		align[i] = 'r';
	align[COLUMNS_MAX] = '\0';
	text_append(text, "\n");
	columns_init(&table, align);
	text_append(&table.cells, "distance");
	for (size_t to = 0; to < count; to++)
		text_format(&table.cells, "\tto %u", machine->nodes[to].index);
	for (size_t from = 0; from < count; from++) {
		text_format(&table.cells, "\nfrom %u", machine->nodes[from].index);
		for (size_t to = 0; to < count; to++)
			text_format(&table.cells, "\t%" PRIu64,
				machine->distances[from * count + to]);
	}
	text_append(&table.cells, "\n");
	columns_finish(&table, text);
}

static void print_shortfall(const struct machine *machine, struct text *text)
{
	char nodes[NUMBER_TEXT], whole[NUMBER_TEXT];
	uint64_t sum = 0;

	if (!machine_nodes_fall_short(machine))
		return;
	for (size_t i = 0; i < machine->nodes_count; i++)
		sum += machine->nodes[i].bytes;
	text_format(text,
		"  The nodes account for %s of the machine's %s, as where memory was "
		"plugged in\n  after boot: plans go by the machine's.\n",
		number_format_bytes(nodes, sum),
		number_format_bytes(whole, machine->memory_bytes));
}

static void print_nodes(const struct machine *machine, struct text *text)
{
	struct columns table;

	section(text, "NUMA nodes");
	columns_init(&table, machine->live ? "rlrrl" : "rlrl");
	columns_row(&table, "node\tkind\tmemory%s\tCPUs", machine->live ? "\tfree" : "");
	for (size_t i = 0; i < machine->nodes_count; i++) {
		const struct node *node = &machine->nodes[i];
		char memory[NUMBER_TEXT], space[NUMBER_TEXT], list[LIST_TEXT];

		number_format_bytes(memory, node->bytes);
		number_format_bytes(space, node->free_bytes);
		columns_row(&table, "%u\t%s\t%s%s%s\t%s", node->index,
			node->kind[0] ? node->kind : "-", node->bytes ? memory : "?",
			machine->live ? "\t" : "", machine->live ? space : "",
			cpus_count(&node->cpus) ? cpus_text(list, &node->cpus)
						: "none: memory only");
	}
	columns_finish(&table, text);
	print_shortfall(machine, text);
	print_distances(machine, text);
}

static void print_pages(const struct machine *machine, struct text *text)
{
	struct columns table;

	section(text, "Page sizes");
	columns_init(&table, "rlrr");
	columns_row(&table, "size\tfrom\treserved\tfree");
	for (size_t i = 0; i < machine->page_sizes_count; i++) {
		const struct page_size *page = &machine->page_sizes[i];
		char size[NUMBER_TEXT], unused[NUMBER_TEXT];

		number_format_bytes(size, page->bytes);
		if (!page->hugetlb) {
			columns_row(&table, "%s\tbase page%s", size,
				machine->base_page_assumed ? " (assumed)" : "");
			continue;
		}
		(void)snprintf(unused, sizeof(unused), "%" PRIu64, page->free_pages);
		columns_row(&table, "%s\thugetlb pool\t%" PRIu64 "\t%s", size,
			page->pool_pages, page->free_known ? unused : "?");
	}
	columns_finish(&table, text);
}

static void print_thp(const struct machine *machine, struct text *text)
{
	char size[NUMBER_TEXT];
	struct columns facts;

	section(text, "Transparent huge pages");
	if (!machine->thp_enabled[0] && !machine->thp_bytes) {
		text_append(text,
			machine->live ? "  not in this kernel\n" : "  not recorded\n");
		return;
	}
	columns_init(&facts, "ll");
	columns_row(&facts, "enabled\t%s", or_absent(machine->thp_enabled));
	columns_row(&facts, "defrag\t%s", or_absent(machine->thp_defrag));
	columns_row(&facts, "size\t%s",
		machine->thp_bytes ? number_format_bytes(size, machine->thp_bytes)
				   : "not known");
	columns_finish(&facts, text);
}

static void print_tlbs(const struct machine *machine, struct text *text)
{
	struct columns table;

	section(text, "TLBs");
	if (machine->tlbs_count == 0) {
		text_append(text,
			machine->live ? "  not reported by this CPU or its hypervisor\n"
				      : "  not recorded\n");
		return;
	}
	columns_init(&table, "llrrrrl");
	columns_row(&table, "level\tkind\tpage\tentries\tways\treach\tsource");
	for (size_t i = 0; i < machine->tlbs_count; i++) {
		const struct tlb *tlb = &machine->tlbs[i];
		char page[NUMBER_TEXT], ways[NUMBER_TEXT], reach[NUMBER_TEXT];

		columns_row(&table, "L%u\t%s\t%s\t%u\t%s\t%s\t%s", tlb->level,
			tlb_kind_name(tlb->kind),
			number_format_bytes(page, tlb->page_bytes), tlb->entries,
			ways_text(ways, tlb->ways),
			number_format_bytes(reach, tlb->entries * tlb->page_bytes),
			tlb->source);
	}
	columns_finish(&table, text);
}

void machine_print(const struct machine *machine, struct text *text)
{
	print_overview(machine, text);
	print_kinds(machine, text);
	print_caches(machine, text);
	print_nodes(machine, text);
	print_pages(machine, text);
	print_thp(machine, text);
	print_tlbs(machine, text);
}
