/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "topology/cpuid.h"

/* No instruction tells a user-space program about TLBs here. */
void cpu_read_tlbs(struct tlb_list *list)
{
	list->count = 0;
}

/* Nor about a hypervisor: what sysfs says stands. */
void cpu_read_hypervisor(char *name, size_t size)
{
	(void)name;
	(void)size;
}
