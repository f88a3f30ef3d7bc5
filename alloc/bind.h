/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ALLOC_BIND_H
#define ALLOC_BIND_H

#include "base/error.h"

#include <stddef.h>

/*
 * Binds whole pages strictly to a NUMA node, moving those that are there already; node -1
 * does nothing. 0 or -errno with the complaint. On a machine of one node, node 0 needs no
 * binding and succeeds even where the kernel does not offer it.
 */
int bind_strictly(const char *backend, void *start, size_t bytes, int node,
	struct complaint *complaint);

/* Takes the binding away again, for pages that go back to an allocator. */
void bind_clear(void *start, size_t bytes, int node);

#endif
