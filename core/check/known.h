/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CORE_CHECK_KNOWN_H
#define CORE_CHECK_KNOWN_H

#include "alloc/backend.h"
#include "base/error.h"
#include "core/kernel.h"
#include "topology/topology.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Kernels with a known answer: code of which it is certain beforehand how often an event
 * happens, so that a counter can be held against it. All memory is on base pages, and
 * each read needs the one before. A `unit` is what READS counts in an expectation.
 *
 *   loop        turns of a loop whose instructions and branches are known exactly
 *   chase-l1    reads of lines that fill half of L1
 *   chase-l2    half of L2; no two lines are neighbours, so that no prefetcher helps
 *   chase-l3    eight times L2, within an eighth of L3 where that is far enough beyond L2
 *   chase-dram  lines that were flushed out of every cache before
 *   pages-l1    reads of one line a page, 16 pages; all of the zero page, so that the
 *               data of the pages-* kernels stays in L1 and only translations differ
 *   pages-l2    as many pages as the second-level TLB surely holds and the first does not
 *   pages-walk  far more pages than any TLB holds
 *   touch       first writes to the pages of a fresh mapping: one page fault each
 *   sleep       short sleeps: one context switch each
 *   migrate     moves of the thread to another CPU
 */
enum { KNOWN_KERNELS = 16 };

struct known_state {
	struct kernel_state
		kernel; /* what run() gets; first, so that it finds the rest */
	uint64_t reads; /* units of one window */
	/* Of one window; NaN where they are not known. */
	double instructions, branches;
	unsigned home_cpu, other_cpu;
	struct memory_grant grant; /* of the chases */
	void *mapping;             /* of the pages; NULL none */
	size_t mapped_bytes;
};

/* What preparing needs beside the state; the scratch is reused. */
struct known_setting {
	const struct machine *machine;
	unsigned cpu;        /* that the thread is pinned to */
	struct cpus allowed; /* that it might run on before it was */
	uint64_t seed;
	struct kernel_scratch scratch;
};

struct known_kernel {
	const char *name;
	const char *summary;
	bool off_cpu; /* leaves the CPU by itself: its windows are never clean */
	/*
	 * How far other users of the machine can move the answer, in events a unit: they
	 * share caches and TLBs, evict lines, and make nothing but the memory slower. A
	 * deviation within it is no proof against a counter.
	 */
	double exposure;

	/* Maps, lays out, warms. 0, or -errno with the reason why this machine has none;
	 * nothing is to be released then. */
	int (*prepare)(struct known_state *state, struct known_setting *setting,
		struct complaint *why);
	int (*arm)(struct known_state *state); /* before each window; NULL: nothing */
	void (*run)(struct kernel_state *state, uint64_t reads);
	void (*release)(struct known_state *state); /* NULL: nothing */
};

extern const struct known_kernel known_loop;
extern const struct known_kernel known_chase_l1, known_chase_l2, known_chase_l3;
extern const struct known_kernel known_chase_dram;
extern const struct known_kernel known_pages_l1, known_pages_l2, known_pages_walk;
extern const struct known_kernel known_touch, known_sleep, known_migrate;
extern const struct known_kernel *const known_kernels[]; /* ends with NULL */

#endif
