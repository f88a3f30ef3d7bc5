/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CORE_KERNEL_H
#define CORE_KERNEL_H

#include "base/error.h"
#include "base/random.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The code that reads memory while the counters run. A kernel holds no timing and takes
 * no decision inside its loop; the same machine code runs over every backend's memory.
 */

/* Reads in one turn of a kernel's loop; `run` takes a multiple of it. */
enum { KERNEL_UNROLL = 32, KERNEL_BUCKETS_MAX = 1 << 12 };

/* One kernel over one buffer. The caller owns the buffer. */
struct kernel_state {
	char *base;
	uint64_t bytes;  /* of the buffer */
	uint64_t stride; /* bytes from one element to the next */
	uint64_t reads;  /* elements: reads in one pass over the buffer; at least 1 */
	uint64_t offset_step; /* of elements inside their stride (struct cycle) */
	void *cursor;         /* where the next read goes */
};

/* Reused from point to point, so that building a cycle allocates once. */
struct kernel_scratch {
	uint32_t *order;
	uint32_t *buckets; /* KERNEL_BUCKETS_MAX + 1 */
	size_t capacity;   /* of order, in elements */
};

struct kernel {
	const char *name;
	const char *summary;
	bool dependent; /* each read needs the one before: time per read is the latency */
	bool per_page;  /* one element a base page, whatever stride is asked for */

	/*
	 * Lays out the buffer that `state` describes and sets `reads` and `cursor`. Every
	 * byte of the buffer may be written. 0, -EINVAL where the buffer holds no
	 * element, -ERANGE where it holds more than the kernel can number, -ENOMEM for
	 * scratch.
	 */
	int (*prepare)(struct kernel_state *state, struct random *random,
		struct kernel_scratch *scratch);
	/* Performs that many reads, a multiple of KERNEL_UNROLL, from the cursor on. */
	void (*run)(struct kernel_state *state, uint64_t reads);
	/* The same loop without its reads: the loop's own cost. Touches no memory of the
	 * buffer. */
	void (*idle)(struct kernel_state *state, uint64_t reads);
	/* Proves the layout: every element is visited exactly once a pass. 0 or -EBADMSG
	 * with what is wrong in the complaint, -ENOMEM. */
	int (*verify)(const struct kernel_state *state, struct complaint *complaint);
};

extern const struct kernel kernel_chase;
extern const struct kernel kernel_strided;
extern const struct kernel kernel_page_chase;
extern const struct kernel *const kernels[]; /* ends with NULL */
const struct kernel *kernel_find(const char *name);

/* Grows the scratch to at least that many elements. 0 or -ENOMEM. */
int kernel_scratch_reserve(struct kernel_scratch *scratch, size_t elements);
void kernel_scratch_release(struct kernel_scratch *scratch);

#endif
