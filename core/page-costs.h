/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CORE_PAGE_COSTS_H
#define CORE_PAGE_COSTS_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * What the first use of anonymous memory costs on this machine, by the page size: the
 * fault, clearing the page, one write to each of its lines, and giving it back, in time
 * on the CPU. In a virtual machine the host's part is in it.
 */
struct page_cost {
	double ns, low, high; /* a page: median, least and most over rounds */
};
struct page_costs {
	uint64_t small_bytes, huge_bytes;
	struct page_cost small, huge; /* huge.ns 0: the kernel gives none */
};

/* Takes about a quarter of a second. `huge_bytes` is the size of a transparent huge page.
 * 0 or -errno with the complaint; no huge page is no error. */
int page_costs_measure(
	struct page_costs *costs, uint64_t huge_bytes, struct complaint *complaint);

#endif
