/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "topology/cpuid.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

enum { PAGE_4K = 1 << 12, PAGE_2M = 1 << 21, PAGE_1G = 1 << 30 };

void tlb_list_add(struct tlb_list *list, const struct tlb *tlb)
{
	if (tlb->entries > 0 && list->count < TLB_LIST_MAX)
		list->items[list->count++] = *tlb;
}

static void add(struct tlb_list *list, struct tlb tlb, const char *source)
{
	snprintf(tlb.source, sizeof(tlb.source), "CPUID %s", source);
	tlb_list_add(list, &tlb);
}

/* The four bits that AMD uses for every associativity but the first level's. */
static unsigned amd_ways(unsigned code)
{
	/* 0 is "disabled", 7 reserved, 9 "see leaf 0x8000001d": none of them a number of
	 * ways. */
	static const unsigned short ways[16] = {
		0, 1, 2, 3, 4, 6, 8, 0, 16, 0, 32, 48, 64, 96, 128, FULLY_ASSOCIATIVE};

	return ways[code & 15];
}

/* A first-level register: entries and ways in bytes, instructions in the lower half. */
static void amd_first(uint32_t reg, uint64_t page, struct tlb_list *list)
{
	for (unsigned half = 0; half < 2; half++) {
		unsigned bits = reg >> (16 * half);
		unsigned ways = bits >> 8 & 0xff;
		struct tlb tlb = {
			.level = 1,
			.kind = half ? TLB_DATA : TLB_INSTRUCTION,
			.page_bytes = page,
			.entries = bits & 0xff,
			.ways = ways == 0xff ? FULLY_ASSOCIATIVE : ways,
		};

		add(list, tlb, "0x80000005");
	}
}

/* A register of twelve bits of entries and four of ways in each half. */
static void amd_halves(uint32_t reg, unsigned level, uint64_t page, const char *source,
	struct tlb_list *list)
{
	/* A second level with nothing in the data half serves both from the other half.
	 */
	bool unified = level == 2 && reg >> 16 == 0;

	for (unsigned half = 0; half < 2; half++) {
		unsigned bits = reg >> (16 * half);
		struct tlb tlb = {
			.level = level,
			.kind = half ? TLB_DATA : TLB_INSTRUCTION,
			.page_bytes = page,
			.entries = bits & 0xfff,
			.ways = amd_ways(bits >> 12),
		};

		if (unified)
			tlb.kind = TLB_UNIFIED;
		add(list, tlb, source);
	}
}

void cpuid_decode_0x80000005(const struct cpuid *leaf, struct tlb_list *list)
{
	amd_first(leaf->ebx, PAGE_4K, list);
	amd_first(leaf->eax, PAGE_2M, list);
}

void cpuid_decode_0x80000006(const struct cpuid *leaf, struct tlb_list *list)
{
	amd_halves(leaf->ebx, 2, PAGE_4K, "0x80000006", list);
	amd_halves(leaf->eax, 2, PAGE_2M, "0x80000006", list);
}

void cpuid_decode_0x80000019(const struct cpuid *leaf, struct tlb_list *list)
{
	amd_halves(leaf->eax, 1, PAGE_1G, "0x80000019", list);
	amd_halves(leaf->ebx, 2, PAGE_1G, "0x80000019", list);
}

void cpuid_decode_0x18(const struct cpuid *subleaf, struct tlb_list *list)
{
	/* By the type field: none, data, instruction, unified, loads only, stores only. 4
	 * MiB pages (bit 2) do not exist in 64-bit mode. */
	static const enum tlb_kind kinds[] = {
		TLB_DATA, TLB_DATA, TLB_INSTRUCTION, TLB_UNIFIED, TLB_DATA, TLB_STORE};
	static const struct {
		unsigned bit;
		uint64_t bytes;
	} pages[] = {{0, PAGE_4K}, {1, PAGE_2M}, {3, PAGE_1G}};
	unsigned type = subleaf->edx & 31;
	unsigned ways = subleaf->ebx >> 16;
	uint64_t entries = (uint64_t)ways * subleaf->ecx;

	if (type == 0 || type >= sizeof(kinds) / sizeof(kinds[0]) || entries > 1 << 20)
		return;
	for (size_t i = 0; i < sizeof(pages) / sizeof(pages[0]); i++) {
		struct tlb tlb = {
			.level = subleaf->edx >> 5 & 7,
			.kind = kinds[type],
			.page_bytes = pages[i].bytes,
			.entries = (unsigned)entries,
			.ways = subleaf->edx >> 8 & 1 ? FULLY_ASSOCIATIVE : ways,
		};

		if (subleaf->ebx >> pages[i].bit & 1)
			add(list, tlb, "0x18");
	}
}

/* The descriptors of 64-bit Intel CPUs, from Core to those that have leaf 0x18. */
static const struct descriptor {
	uint8_t code;
	uint8_t level;
	enum tlb_kind kind;
	uint64_t page;
	uint16_t entries;
	uint16_t ways;
} descriptors[] = {
	{0x03, 1, TLB_DATA, PAGE_4K, 64, 4},
	{0x4f, 1, TLB_INSTRUCTION, PAGE_4K, 32, 0},
	{0x55, 1, TLB_INSTRUCTION, PAGE_2M, 7, FULLY_ASSOCIATIVE},
	{0x57, 1, TLB_DATA, PAGE_4K, 16, 4},
	{0x59, 1, TLB_DATA, PAGE_4K, 16, FULLY_ASSOCIATIVE},
	{0x5a, 1, TLB_DATA, PAGE_2M, 32, 4},
	{0x61, 1, TLB_INSTRUCTION, PAGE_4K, 48, FULLY_ASSOCIATIVE},
	{0x63, 1, TLB_DATA, PAGE_2M, 32, 4},
	{0x63, 1, TLB_DATA, PAGE_1G, 4, 4},
	{0x64, 1, TLB_DATA, PAGE_4K, 512, 4},
	{0x6a, 1, TLB_DATA, PAGE_4K, 64, 8},
	{0x6b, 2, TLB_DATA, PAGE_4K, 256, 8},
	{0x6c, 2, TLB_DATA, PAGE_2M, 128, 8},
	{0x6d, 2, TLB_DATA, PAGE_1G, 16, FULLY_ASSOCIATIVE},
	{0x76, 1, TLB_INSTRUCTION, PAGE_2M, 8, FULLY_ASSOCIATIVE},
	{0xa0, 1, TLB_DATA, PAGE_4K, 32, FULLY_ASSOCIATIVE},
	{0xb0, 1, TLB_INSTRUCTION, PAGE_4K, 128, 4},
	{0xb1, 1, TLB_INSTRUCTION, PAGE_2M, 8, 4},
	{0xb2, 1, TLB_INSTRUCTION, PAGE_4K, 64, 4},
	{0xb3, 1, TLB_DATA, PAGE_4K, 128, 4},
	{0xb4, 2, TLB_DATA, PAGE_4K, 256, 4},
	{0xb5, 1, TLB_INSTRUCTION, PAGE_4K, 64, 8},
	{0xb6, 1, TLB_INSTRUCTION, PAGE_4K, 128, 8},
	{0xba, 2, TLB_DATA, PAGE_4K, 64, 4},
	{0xc1, 2, TLB_UNIFIED, PAGE_4K, 1024, 8},
	{0xc1, 2, TLB_UNIFIED, PAGE_2M, 1024, 8},
	{0xc2, 1, TLB_DATA, PAGE_4K, 16, 4},
	{0xc2, 1, TLB_DATA, PAGE_2M, 16, 4},
	{0xc3, 2, TLB_UNIFIED, PAGE_4K, 1536, 6},
	{0xc3, 2, TLB_UNIFIED, PAGE_2M, 1536, 6},
	{0xc3, 2, TLB_UNIFIED, PAGE_1G, 16, 4},
	{0xc4, 1, TLB_DATA, PAGE_2M, 32, 4},
	{0xca, 2, TLB_UNIFIED, PAGE_4K, 512, 4},
};

static void add_descriptor(uint8_t code, struct tlb_list *list)
{
	for (size_t i = 0; i < sizeof(descriptors) / sizeof(descriptors[0]); i++) {
		const struct descriptor *found = &descriptors[i];
		struct tlb tlb = {
			.level = found->level,
			.kind = found->kind,
			.page_bytes = found->page,
			.entries = found->entries,
			.ways = found->ways,
		};

		if (found->code == code)
			add(list, tlb, "0x2");
	}
}

void cpuid_decode_0x2(const struct cpuid *leaf, struct tlb_list *list)
{
	const uint32_t regs[] = {leaf->eax, leaf->ebx, leaf->ecx, leaf->edx};

	for (unsigned i = 0; i < 4; i++) {
		if (regs[i] >> 31) /* the register holds no descriptors */
			continue;
		/* The lowest byte of EAX is a repeat count, always 1. */
		for (unsigned byte = i == 0; byte < 4; byte++)
			add_descriptor(regs[i] >> (8 * byte) & 0xff, list);
	}
}

void cpuid_decode_hypervisor(const struct cpuid *leaf, char *name, size_t size)
{
	static const struct {
		const char *signature, *name;
	} known[] = {
		{"KVMKVMKVM", "KVM"},
		{"Linux KVM Hv", "KVM"},
		{"TCGTCGTCGTCG", "QEMU"},
		{"VMwareVMware", "VMware"},
		{"Microsoft Hv", "Hyper-V"},
		{"XenVMMXenVMM", "Xen"},
		{"bhyve bhyve ", "bhyve"},
		{"ACRNACRNACRN", "ACRN"},
		{"VBoxVBoxVBox", "VirtualBox"},
		{"prl hyperv  ", "Parallels"},
		{" lrpepyh  vr", "Parallels"},
		{" QNXQVMBSQG ", "QNX"},
	};
	const uint32_t regs[] = {leaf->ebx, leaf->ecx, leaf->edx};
	char signature[13] = "";

	for (unsigned i = 0; i < 12; i++)
		signature[i] = (char)(regs[i / 4] >> (8 * (i % 4)) & 0xff);
	snprintf(name, size, "%s", signature);
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (strcmp(signature, known[i].signature) == 0)
			snprintf(name, size, "%s", known[i].name);
	for (unsigned i = 0; signature[i]; i++)
		if (!isprint((unsigned char)signature[i]))
			signature[0] = 0;
	if (!signature[0])
		snprintf(name, size, "unknown hypervisor");
}
