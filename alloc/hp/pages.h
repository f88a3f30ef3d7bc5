/* SPDX-License-Identifier: MIT */
#ifndef ALLOC_HP_PAGES_H
#define ALLOC_HP_PAGES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Where hp's memory comes from. Every function is safe to call from any thread, keeps
 * errno, allocates nothing through libc, and never hands out an address whose first touch
 * could raise SIGBUS: a page of a pool is faulted in before its address is known to
 * anybody. Pointers are never NULL unless said so.
 */

enum pages_source {
	PAGES_AUTO,       /* pool pages while there are free ones, then thp, then small */
	PAGES_HUGETLB_1G, /* 1 GiB pages of the pool, handed out in parts of
			     PAGES_HUGE_BYTES */
	PAGES_HUGETLB_2M, /* 2 MiB pages of the pool */
	PAGES_THP,        /* aligned, and advised with MADV_HUGEPAGE */
	PAGES_SMALL,      /* base pages, huge pages refused with MADV_NOHUGEPAGE */
	PAGES_SOURCES,
};

enum {
	PAGES_ANY_NODE = -1,
	PAGES_NODES =
		64, /* nodes of their own in the counters; higher ones share the last */
	PAGES_HUGE_BYTES = 2 << 20,
};

/* Why one mapping got pages of a cheaper kind than asked for. */
enum pages_cause {
	PAGES_NO_POOL, /* the pool is empty, exhausted, or all promised to others */
	PAGES_LIMIT,   /* of the control group, when faulting in; limit_bytes */
	PAGES_REFUSED, /* the kernel has no such pages, or does not let us have them */
	PAGES_FORKED,  /* this process forks: pool pages cannot be copied on write safely
			*/
	PAGES_UNALIGNED, /* smaller than one huge page */
	PAGES_CAUSES,
};

struct pages_config {
	enum pages_source source;
	const char *hugetlbfs; /* mount point for files of hugetlb-2m and -1g, NULL:
				  anonymous; kept by the caller */
	size_t limit_bytes;    /* of all spans together; 0: none */
};

/* To be called once, before the first pages_map; PAGES_AUTO and anonymous otherwise. */
void pages_configure(const struct pages_config *config);

/* Every other function works without; this one only reads what costs nothing. */
size_t pages_base_bytes(void); /* of the base page */

struct pages_span {
	void *base;
	size_t bytes;      /* at least as asked: all of it is the caller's */
	size_t page_bytes; /* of the pages asked for: 1 GiB, 2 MiB, or the base page */
	enum pages_source source; /* that served it; never PAGES_AUTO */
	int node;                 /* preferred by the binding, or PAGES_ANY_NODE */
	bool zeroed;              /* all bytes read as 0 (fresh from the kernel) */
};

/*
 * Maps at least `bytes`, aligned to `alignment` (a power of two). From PAGES_HUGE_BYTES
 * on, the source that was configured is tried first and the cheaper ones after it
 * (hugetlb-1g, hugetlb-2m, thp, small); a step down is counted, never an error. Below,
 * base pages serve. Pool pages round `bytes` up to whole huge pages; the others round up
 * to base pages, so that the tail of an odd size lies on small pages. `node`: allocate
 * from it, and from others when it is full (MPOL_PREFERRED). 0, or -ENOMEM where not even
 * small pages are to be had; then the span is untouched.
 */
int pages_map(size_t bytes, size_t alignment, int node, struct pages_span *span);

/* For the allocator's own records: small pages, whatever is configured. They are the only
 * pages that a child made by fork may rely on before pages_fork_child has returned. */
int pages_map_metadata(size_t bytes, size_t alignment, struct pages_span *span);

/* Gives back a whole span as pages_map or pages_resize filled it in. */
void pages_unmap(const struct pages_span *span);

/*
 * Makes a span `bytes` long, keeping its contents; where it cannot stay where it is, it
 * moves to an address of the same alignment (`may_move`), without copying. 0; -ENOTSUP
 * where the source cannot (pool pages: copy instead); -ENOMEM. On failure nothing has
 * changed. New bytes read as 0. A span of small pages that was too small for others
 * becomes one of transparent huge pages when it has grown to one.
 */
int pages_resize(struct pages_span *span, size_t bytes, size_t alignment, bool may_move);

/*
 * Gives the physical memory of a part back and keeps the addresses; what was there reads
 * as 0 afterwards. Only whole pages inside the part are purged: of PAGES_HUGE_BYTES, or
 * base pages where the span has page_bytes of these. What is purged of a pool goes back
 * to the pool, and comes back as transparent huge or small pages: never as a page that
 * may be missing. Returns the bytes purged; 0, and the contents are as before, where
 * nothing can be: parts of pages of 1 GiB, locked memory.
 */
size_t pages_purge(const struct pages_span *span, void *base, size_t bytes);

/*
 * Around fork, innermost: call prepare last and parent or child first. No other function
 * of this file may run in this process between prepare and parent or child; the caller's
 * locks see to that.
 *
 * A private page of a pool is copied on write into a second page of the pool, and a child
 * that finds none is killed. So, while pool pages are in use,
 *   - a process with one thread moves their contents into ordinary memory, at the same
 *     addresses, before it forks (one copy of what lies on them, once; the pages go back
 * to the pool), and takes no more pages of pools from then on (PAGES_FORKED);
 *   - a process with several threads forks as it is; the child, before anything else,
 * moves its view into ordinary memory, while the forking thread of the parent waits.
 * Children start without pool pages. vfork and posix_spawn share the address space, run
 * no handlers and need none.
 */
void pages_fork_prepare(void);
void pages_fork_parent(void);
void pages_fork_child(void);

int pages_current_node(void); /* of the CPU this thread runs on; 0 without NUMA */
uint64_t pages_now_ms(void);  /* monotonic, coarse: a few ns a call */

/* Counted since the start; read while others run: each value is exact, their sum not
 * quite. */
struct pages_stats {
	uint64_t mapped_bytes[PAGES_SOURCES]; /* now, by source; [PAGES_AUTO] is 0 */
	uint64_t node_bytes[PAGES_NODES];     /* now, by the node preferred */
	uint64_t peak_bytes;                  /* highest sum of all spans */
	uint64_t maps;                        /* spans obtained */
	uint64_t unmaps;
	uint64_t purged_bytes;        /* given back by pages_purge, in total */
	uint64_t steps[PAGES_CAUSES]; /* down to a cheaper source */
	uint64_t failures;            /* pages_map that found nothing at all */
	uint64_t fork_copied_bytes;   /* moved off pool pages because of a fork */
};

void pages_stats(struct pages_stats *stats);
const char *pages_source_name(enum pages_source source); /* "hugetlb-2m" */
const char *pages_cause_name(enum pages_cause cause);

#endif
