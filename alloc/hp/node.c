/* SPDX-License-Identifier: MIT */
#include "alloc/hp/node.h"

#include "alloc/hp/pages.h"

#include <linux/mempolicy.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { NODES_MAX = 1024, WORD_BITS = 8 * sizeof(unsigned long) };

enum choice { CHOICE_UNKNOWN, CHOICE_NONE, CHOICE_OURS };

static enum choice look(void)
{
	unsigned long allowed[NODES_MAX / WORD_BITS] = {0};
	int mode = MPOL_DEFAULT;
	int nodes = 0;

	/* Two calls of a fraction of a microsecond; reading sysfs would cost fifty times
	 * that in every program. */
	if (syscall(SYS_get_mempolicy, &mode, NULL, 0ul, NULL, 0ul) != 0 ||
		mode != MPOL_DEFAULT)
		return CHOICE_NONE;
	if (syscall(SYS_get_mempolicy, NULL, allowed, (unsigned long)NODES_MAX, NULL,
		    (unsigned long)MPOL_F_MEMS_ALLOWED) != 0)
		return CHOICE_NONE;
	for (size_t i = 0; i < NODES_MAX / WORD_BITS; i++)
		nodes += __builtin_popcountl(allowed[i]);
	return nodes > 1 ? CHOICE_OURS : CHOICE_NONE;
}

int node_prefer(void *base, size_t bytes, int node)
{
	static _Atomic int choice;
	unsigned long mask[NODES_MAX / WORD_BITS] = {0};
	int known = atomic_load_explicit(&choice, memory_order_relaxed);

	if (node < 0 || node >= NODES_MAX)
		return PAGES_ANY_NODE;
	if (known == CHOICE_UNKNOWN) {
		known = (int)look();
		atomic_store_explicit(&choice, known, memory_order_relaxed);
	}
	if (known == CHOICE_NONE)
		return PAGES_ANY_NODE;
	mask[(size_t)node / WORD_BITS] = 1ul << ((size_t)node % WORD_BITS);
	/* The kernel reads one bit less than it is told. */
	if (syscall(SYS_mbind, base, bytes, MPOL_PREFERRED, mask, NODES_MAX + 1ul, 0) !=
		0)
		return PAGES_ANY_NODE;
	return node;
}

int pages_current_node(void)
{
	unsigned cpu;
	unsigned node;

	return getcpu(&cpu, &node) == 0 ? (int)node : 0;
}
