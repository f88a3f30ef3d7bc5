/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef TOPOLOGY_CPUID_H
#define TOPOLOGY_CPUID_H

#include "topology/topology.h"

/*
 * What CPUID says of TLBs and hypervisors. Decoding is apart from reading: registers in,
 * facts out, on every architecture, so that any CPU's registers are test data anywhere.
 */
struct cpuid {
	uint32_t eax, ebx, ecx, edx;
};

enum { TLB_LIST_MAX = 64 };
struct tlb_list {
	struct tlb items[TLB_LIST_MAX]; /* further ones are dropped */
	size_t count;
};

void tlb_list_add(struct tlb_list *list, const struct tlb *tlb);

/* AMD and Hygon: first level, second level, and both levels for 1 GiB pages. */
void cpuid_decode_0x80000005(const struct cpuid *leaf, struct tlb_list *list);
void cpuid_decode_0x80000006(const struct cpuid *leaf, struct tlb_list *list);
void cpuid_decode_0x80000019(const struct cpuid *leaf, struct tlb_list *list);

/* Intel: one sub-leaf of the deterministic address translation parameters. */
void cpuid_decode_0x18(const struct cpuid *subleaf, struct tlb_list *list);
/* Intel before that: descriptors, one byte each. */
void cpuid_decode_0x2(const struct cpuid *leaf, struct tlb_list *list);

/* Name of the hypervisor whose signature leaf 0x40000000 holds; the signature itself
 * where it is not a known one; "unknown hypervisor" where it is not text. */
void cpuid_decode_hypervisor(const struct cpuid *leaf, char *name, size_t size);

/*
 * What this CPU says, by the build's architecture: the list is left empty, the name
 * untouched, where it says nothing.
 */
void cpu_read_tlbs(struct tlb_list *list);
void cpu_read_hypervisor(char *name, size_t size);

#endif
