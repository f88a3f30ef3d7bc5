/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CORE_PLAN_H
#define CORE_PLAN_H

#include "base/error.h"
#include "core/point.h"
#include "topology/topology.h"

#include <stddef.h>
#include <stdint.h>

/*
 * What a sweep will measure, and in which order. Pure: the same machine and options give
 * the same plan, and nothing is touched.
 */
enum { PLAN_NAMES = 32, PLAN_PLACES = 64 };

/* A CPU and the node that it reads from. */
struct place {
	unsigned cpu;
	int node; /* the kernel's number; -1 any */
};

struct plan_options {
	const char *kernels[PLAN_NAMES];
	size_t kernels_count;
	const char *backends[PLAN_NAMES];
	uint64_t backend_pages[PLAN_NAMES]; /* page size that each stands for; 0 the
					       system's */
	bool backend_pools[PLAN_NAMES];     /* takes its pages from a hugetlb pool */
	size_t backends_count;
	const char *groups[PLAN_NAMES];
	size_t groups_count;
	const uint64_t *strides; /* bytes, multiples of 8 */
	size_t strides_count;
	const uint64_t *sizes; /* bytes; none: chosen from the machine */
	size_t sizes_count;
	uint64_t min_bytes,
		max_bytes; /* for chosen sizes; 0: 4 KiB, max(256 MiB, 4 x last cache) */
	unsigned per_octave; /* 0: 4; beyond 256 MiB 1, unless max_bytes is given */
	const struct place *places; /* none: the machine's first allowed CPU and its local
	     node, and from that CPU to each other node with memory */
	size_t places_count;
	unsigned rounds_min, rounds_max;
	unsigned windows;
	uint64_t window_ns;
	double target;      /* relative half-width at which a point is done */
	uint64_t budget_ns; /* no new round starts after this time once rounds_min are
			       done */
	uint64_t seed;
};

struct plan {
	struct point *points; /* one round, in order: place, size, backend, kernel,
				 stride, group */
	size_t count;
	uint64_t *sizes;
	size_t sizes_count;
	uint64_t max_buffer_bytes; /* the largest buffer: memory needed at once, beside
				      scratch */
	uint64_t scratch_bytes;    /* for building the largest cycle */
	struct plan_pool {
		uint64_t page_bytes;
		uint64_t pages; /* needed free in the pool at once, on each node used */
		int node;
	} pools[PLAN_NAMES];
	size_t pools_count;
	uint64_t estimated_ns; /* for rounds_min rounds, at nominal latencies */
};

/* The CPU to measure where none is asked for: the last of the fastest kind. */
unsigned plan_default_cpu(const struct machine *machine);

/* 0, -EINVAL with the complaint (which option, why, what is accepted), -ENOMEM. */
int plan_build(struct plan *plan, const struct machine *machine,
	const struct plan_options *options, struct complaint *complaint);
void plan_release(struct plan *plan);

/* Points, memory, huge pages and time, for people (--dry-run), and every point. */
void plan_print(
	const struct plan *plan, const struct plan_options *options, struct text *text);

#endif
