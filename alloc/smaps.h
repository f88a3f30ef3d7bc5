/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ALLOC_SMAPS_H
#define ALLOC_SMAPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * How many bytes of a range lie on pages of which size, from the text of /proc/PID/smaps,
 * fed in pieces of any length. A mapping that reaches beyond the range does not tell
 * where in it its pages of each size are: counted is what must lie inside the range at
 * least.
 */
enum { SMAPS_SIZES = 4, SMAPS_LINE = 256 };

struct smaps_share {
	uint64_t page_bytes;
	uint64_t bytes;
};

struct smaps {
	uint64_t start; /* the range, [start, end) */
	uint64_t end;
	uint64_t base_page;
	uint64_t thp_page;
	struct smaps_share shares[SMAPS_SIZES];
	size_t shares_count;
	bool done; /* everything that follows lies above the range */

	/* The mapping being read: where, and its figures in bytes. */
	uint64_t vma_start;
	uint64_t vma_end;
	uint64_t kernel_page;
	uint64_t resident;
	uint64_t thp;
	uint64_t hugetlb;
	char line[SMAPS_LINE];
	size_t length;
};

void smaps_init(struct smaps *smaps, uint64_t start, uint64_t end, uint64_t base_page,
	uint64_t thp_page);

/* Once `done`, further text is ignored. */
void smaps_feed(struct smaps *smaps, const char *text, size_t length);

/* The text is at its end. */
void smaps_finish(struct smaps *smaps);

#endif
