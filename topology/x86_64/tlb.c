/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "topology/cpuid.h"

#include <cpuid.h>
#include <string.h>

static struct cpuid read_leaf(uint32_t leaf, uint32_t subleaf)
{
	struct cpuid regs;

	__cpuid_count(leaf, subleaf, regs.eax, regs.ebx, regs.ecx, regs.edx);
	return regs;
}

static void read_amd(struct tlb_list *list)
{
	static const struct {
		uint32_t leaf;
		void (*decode)(const struct cpuid *leaf, struct tlb_list *list);
	} leaves[] = {
		{0x80000005, cpuid_decode_0x80000005},
		{0x80000006, cpuid_decode_0x80000006},
		{0x80000019, cpuid_decode_0x80000019},
	};
	uint32_t last = read_leaf(0x80000000, 0).eax;

	for (size_t i = 0; i < sizeof(leaves) / sizeof(leaves[0]); i++) {
		struct cpuid regs = read_leaf(leaves[i].leaf, 0);

		if (leaves[i].leaf <= last)
			leaves[i].decode(&regs, list);
	}
}

static void read_intel(struct tlb_list *list, uint32_t last)
{
	if (last >= 0x18) {
		struct cpuid regs = read_leaf(0x18, 0);
		uint32_t subleaves = regs.eax < TLB_LIST_MAX ? regs.eax : TLB_LIST_MAX;

		for (uint32_t i = 0; i <= subleaves; i++) {
			regs = read_leaf(0x18, i);
			cpuid_decode_0x18(&regs, list);
		}
	}
	if (list->count == 0 && last >= 2) {
		struct cpuid regs = read_leaf(2, 0);

		cpuid_decode_0x2(&regs, list);
	}
}

void cpu_read_tlbs(struct tlb_list *list)
{
	struct cpuid vendor = read_leaf(0, 0);
	char name[13] = "";

	memcpy(name, &vendor.ebx, 4);
	memcpy(name + 4, &vendor.edx, 4);
	memcpy(name + 8, &vendor.ecx, 4);
	list->count = 0;
	if (strcmp(name, "AuthenticAMD") == 0 || strcmp(name, "HygonGenuine") == 0)
		read_amd(list);
	else if (strcmp(name, "GenuineIntel") == 0)
		read_intel(list, vendor.eax);
}

void cpu_read_hypervisor(char *name, size_t size)
{
	struct cpuid regs;

	if (!(read_leaf(1, 0).ecx >> 31)) /* the bit that hypervisors set */
		return;
	regs = read_leaf(0x40000000, 0);
	cpuid_decode_hypervisor(&regs, name, size);
}
