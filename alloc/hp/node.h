/* SPDX-License-Identifier: MIT */
#ifndef ALLOC_HP_NODE_H
#define ALLOC_HP_NODE_H

#include <stddef.h>

/*
 * Prefers a node for a mapping that has no pages yet. Does nothing where there is nothing
 * to choose: one node, no NUMA in the kernel, or a policy that the user gave this process
 * (numactl), which stands above ours. Returns the node preferred, or -1.
 */
int node_prefer(void *base, size_t bytes, int node);

#endif
