/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "topology/cpuid.h"
#include "topology/load.h"

#include "base/number.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * Facts that are info attributes in hwloc: its own, and those that topology_export adds
 * under names that begin with "Escalier". The values of the latter are words "key=value",
 * or plain.
 */

enum { PAGE_SIZES_MAX = 16 };

/* Length of the valid UTF-8 sequence at text, 0 where there is none. */
static size_t sequence_length(const unsigned char *text)
{
	size_t length = text[0] < 0x80 ? 1 : text[0] < 0xe0 ? 2 : text[0] < 0xf0 ? 3 : 4;

	if (text[0] < 0x20 || text[0] == 0x7f || text[0] > 0xf4 ||
		(text[0] >= 0x80 && text[0] < 0xc2))
		return 0;
	for (size_t i = 1; i < length; i++)
		if ((text[i] & 0xc0) != 0x80)
			return 0;
	/* Overlong forms, surrogates, past the last code point. */
	if ((text[0] == 0xe0 && text[1] < 0xa0) || (text[0] == 0xed && text[1] > 0x9f) ||
		(text[0] == 0xf0 && text[1] < 0x90) ||
		(text[0] == 0xf4 && text[1] > 0x8f))
		return 0;
	return length;
}

void machine_copy_text(char *to, size_t size, const char *from)
{
	size_t used = 0;

	while (*from) {
		size_t length = sequence_length((const unsigned char *)from);

		if (used + (length ? length : 1) >= size)
			break;
		if (length == 0) {
			to[used++] = '?';
			from++;
			continue;
		}
		memcpy(to + used, from, length);
		used += length;
		from += length;
	}
	to[used] = '\0';
}

/* Copies the value of a word "key=value"; a key "source" takes the rest of the line. */
static bool find_word(const char *line, const char *key, char *value, size_t size)
{
	size_t length = strlen(key);

	for (const char *at = line; at; at = strchr(at, ' ')) {
		at += *at == ' ';
		if (strncmp(at, key, length) != 0 || at[length] != '=')
			continue;
		machine_copy_text(value, size, at + length + 1);
		if (strcmp(key, "source") != 0)
			value[strcspn(value, " ")] = '\0';
		return true;
	}
	return false;
}

static bool find_number(const char *line, const char *key, uint64_t most, uint64_t *value)
{
	char word[32];
	uint64_t number;

	if (!find_word(line, key, word, sizeof(word)) ||
		number_parse_unsigned(word, &number) != 0 || number > most)
		return false;
	*value = number;
	return true;
}

static bool is_page_size(uint64_t bytes)
{
	return bytes >= 1024 && (bytes & (bytes - 1)) == 0;
}

/* A line of topology_export's; what does not parse is not a fact. */
static void read_tlb(const char *line, struct tlb_list *list)
{
	struct tlb tlb = {0};
	uint64_t level, page, entries, ways;
	char kind[16], word[16];

	if (!find_number(line, "level", 9, &level) ||
		!find_number(line, "page", UINT64_MAX, &page) || !is_page_size(page) ||
		!find_number(line, "entries", 1 << 20, &entries) ||
		!find_word(line, "kind", kind, sizeof(kind)) ||
		!find_word(line, "ways", word, sizeof(word)))
		return;
	if (strcmp(word, "full") == 0)
		ways = FULLY_ASSOCIATIVE;
	else if (number_parse_unsigned(word, &ways) != 0 || ways > FULLY_ASSOCIATIVE)
		return;
	for (enum tlb_kind i = TLB_DATA; i <= TLB_UNIFIED; i++) {
		if (strcmp(kind, tlb_kind_name(i)) != 0)
			continue;
		tlb.level = (unsigned)level;
		tlb.kind = i;
		tlb.page_bytes = page;
		tlb.entries = (unsigned)entries;
		tlb.ways = (unsigned)ways;
		find_word(line, "source", tlb.source, sizeof(tlb.source));
		tlb_list_add(list, &tlb);
	}
}

struct page_list {
	struct page_size items[PAGE_SIZES_MAX];
	size_t count;
};

/* The entry of this size, made where there is none; NULL where the list is full. */
static struct page_size *page_entry(struct page_list *list, uint64_t bytes)
{
	for (size_t i = 0; i < list->count; i++)
		if (list->items[i].bytes == bytes)
			return &list->items[i];
	if (!is_page_size(bytes) || list->count == PAGE_SIZES_MAX)
		return NULL;
	list->items[list->count] = (struct page_size){.bytes = bytes};
	return &list->items[list->count++];
}

/* hwloc's own record: sizes, and pages reserved, node by node. */
static void read_page_types(hwloc_topology_t topology, struct page_list *list)
{
	hwloc_obj_t object = NULL;

	while ((object = hwloc_get_next_obj_by_type(
			topology, HWLOC_OBJ_NUMANODE, object))) {
		const struct hwloc_numanode_attr_s *node = &object->attr->numanode;

		for (unsigned i = 0; i < node->page_types_len; i++) {
			struct page_size *size =
				page_entry(list, node->page_types[i].size);

			if (size)
				size->pool_pages += node->page_types[i].count;
		}
	}
}

static void read_pages(const char *line, struct page_list *list)
{
	uint64_t bytes, reserved, free_pages;
	struct page_size *size;

	if (!find_number(line, "size", UINT64_MAX, &bytes) ||
		!find_number(line, "reserved", UINT64_MAX, &reserved) ||
		!find_number(line, "free", reserved, &free_pages))
		return;
	size = page_entry(list, bytes);
	if (!size)
		return;
	size->pool_pages = reserved;
	size->free_pages = free_pages;
	size->free_known = true;
}

static int compare_page_sizes(const void *left, const void *right)
{
	const struct page_size *a = left, *b = right;

	return (a->bytes > b->bytes) - (a->bytes < b->bytes);
}

int machine_set_page_sizes(
	struct machine *machine, const struct page_size *sizes, size_t count)
{
	struct page_size *copy = calloc(count ? count : 1, sizeof(*copy));

	if (!copy)
		return -ENOMEM;
	if (count)
		memcpy(copy, sizes, count * sizeof(*copy));
	machine->base_page_assumed = count == 0;
	if (count == 0)
		copy[count++].bytes = 4096;
	qsort(copy, count, sizeof(*copy), compare_page_sizes);
	/* The smallest is the base page: the kernel gives it out freely, from no pool. */
	copy[0].pool_pages = copy[0].free_pages = 0;
	copy[0].free_known = false;
	for (size_t i = 0; i < count; i++)
		copy[i].hugetlb = i > 0;
	free(machine->page_sizes);
	machine->page_sizes = copy;
	machine->page_sizes_count = count;
	return 0;
}

static int compare_tlbs(const void *left, const void *right)
{
	const struct tlb *a = left, *b = right;

	if (a->kind != b->kind)
		return a->kind < b->kind ? -1 : 1;
	if (a->level != b->level)
		return a->level < b->level ? -1 : 1;
	if (a->page_bytes != b->page_bytes)
		return a->page_bytes < b->page_bytes ? -1 : 1;
	return (a->entries > b->entries) - (a->entries < b->entries);
}

int machine_set_tlbs(struct machine *machine, const struct tlb *tlbs, size_t count)
{
	struct tlb *copy = calloc(count ? count : 1, sizeof(*copy));

	if (!copy)
		return -ENOMEM;
	if (count) {
		memcpy(copy, tlbs, count * sizeof(*copy));
		qsort(copy, count, sizeof(*copy), compare_tlbs);
	}
	free(machine->tlbs);
	machine->tlbs = copy;
	machine->tlbs_count = count;
	return 0;
}

/* A fact about the whole machine or its processors: in the first package, or at the top.
 */
static const char *info(hwloc_topology_t topology, const char *name)
{
	hwloc_obj_t package = hwloc_get_obj_by_type(topology, HWLOC_OBJ_PACKAGE, 0);
	const char *value = package ? hwloc_obj_get_info_by_name(package, name) : NULL;

	return value ? value
		     : hwloc_obj_get_info_by_name(hwloc_get_root_obj(topology), name);
}

static void read_text(hwloc_topology_t topology, const char *name, char *to, size_t size)
{
	const char *value = info(topology, name);

	if (value)
		machine_copy_text(to, size, value);
}

static uint64_t read_number(hwloc_topology_t topology, const char *name)
{
	const char *value = info(topology, name);
	uint64_t number = 0;

	if (value)
		(void)number_parse_unsigned(value, &number);
	return number;
}

static void read_names(struct machine *machine, hwloc_topology_t topology)
{
	const struct {
		const char *name;
		char *to;
		size_t size;
	} texts[] = {
		{"HostName", machine->host, sizeof(machine->host)},
		{"OSRelease", machine->kernel, sizeof(machine->kernel)},
		{"Architecture", machine->architecture, sizeof(machine->architecture)},
		{"CPUVendor", machine->vendor, sizeof(machine->vendor)},
		{"CPUModel", machine->cpu_model, sizeof(machine->cpu_model)},
		{"EscalierHypervisor", machine->hypervisor, sizeof(machine->hypervisor)},
		{"EscalierTHPEnabled", machine->thp_enabled,
			sizeof(machine->thp_enabled)},
		{"EscalierTHPDefrag", machine->thp_defrag, sizeof(machine->thp_defrag)},
	};
	uint64_t memory = read_number(topology, "EscalierMemoryBytes");

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		read_text(topology, texts[i].name, texts[i].to, texts[i].size);
	machine_name_arm(
		machine, info(topology, "CPUImplementer"), info(topology, "CPUPart"));
	machine->family = (unsigned)read_number(topology, "CPUFamilyNumber");
	machine->model = (unsigned)read_number(topology, "CPUModelNumber");
	machine->stepping = (unsigned)read_number(topology, "CPUStepping");
	machine->thp_bytes = read_number(topology, "EscalierTHPBytes");
	if (memory)
		machine->memory_bytes = memory;
}

/* The kernel's own list of a node's CPUs, where the export recorded it. */
static void read_node_cpus(struct machine *machine, hwloc_topology_t topology)
{
	hwloc_obj_t object = NULL;

	while ((object = hwloc_get_next_obj_by_type(
			topology, HWLOC_OBJ_NUMANODE, object))) {
		const char *list = hwloc_obj_get_info_by_name(object, "EscalierNodeCPUs");

		for (size_t i = 0; list && i < machine->nodes_count; i++) {
			struct cpus cpus = {0};

			if (machine->nodes[i].index != object->os_index)
				continue;
			if (strcmp(list, "none") == 0 || cpus_parse(list, &cpus) == 0)
				machine->nodes[i].cpus = cpus;
		}
	}
}

int facts_read(struct machine *machine, hwloc_topology_t topology)
{
	hwloc_obj_t root = hwloc_get_root_obj(topology);
	struct tlb_list tlbs = {.count = 0};
	struct page_list pages = {.count = 0};
	int error;

	read_names(machine, topology);
	read_node_cpus(machine, topology);
	read_page_types(topology, &pages);
	for (unsigned i = 0; i < root->infos_count; i++) {
		if (strcmp(root->infos[i].name, "EscalierTLB") == 0)
			read_tlb(root->infos[i].value, &tlbs);
		if (strcmp(root->infos[i].name, "EscalierPages") == 0)
			read_pages(root->infos[i].value, &pages);
	}
	error = machine_set_page_sizes(machine, pages.items, pages.count);
	if (!error)
		error = machine_set_tlbs(machine, tlbs.items, tlbs.count);
	return error;
}
