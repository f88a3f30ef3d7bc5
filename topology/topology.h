/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef TOPOLOGY_TOPOLOGY_H
#define TOPOLOGY_TOPOLOGY_H

#include "base/cpus.h"
#include "base/error.h"
#include "base/text.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * What the machine says of itself: nominal facts, none of them measured. Filled from
 * hwloc (caches, NUMA, cores), from CPUID where the CPU tells (TLBs), from sysfs and
 * procfs (page sizes, pools, THP). A loaded machine (XML file, synthetic description) has
 * what its description holds; what it does not hold is absent, never guessed: a count of
 * 0, an empty string.
 */

enum { MACHINE_TEXT = 128 };

/* CACHE_MEMORY_SIDE stands before a node's memory, not in a core's path (MCDRAM, HBM as
 * cache). */
enum cache_kind { CACHE_DATA, CACHE_UNIFIED, CACHE_INSTRUCTION, CACHE_MEMORY_SIDE };

/* As a number of ways. */
enum { FULLY_ASSOCIATIVE = 0xffff };

/* One kind of cache; a hybrid CPU has several of one level and kind. */
struct cache {
	unsigned level;
	enum cache_kind kind;
	uint64_t bytes;       /* of one instance */
	unsigned line_bytes;  /* 0 unknown */
	unsigned ways;        /* 0 unknown; FULLY_ASSOCIATIVE */
	unsigned instances;   /* how many of these there are */
	unsigned shared_cpus; /* CPUs that share one instance */
	struct cpus cpus;     /* all CPUs that have one of these */
};

struct node {
	unsigned index; /* the kernel's number */
	uint64_t bytes; /* as the node itself reports it; may lie in VMs with hot-plugged
			   memory */
	/* Live: free, plus the file cache that the kernel gives up first; 0 for a loaded
	 * machine. */
	uint64_t free_bytes;
	struct cpus cpus; /* empty: a memory-only node (CXL, HBM) */
	char kind[32];    /* hwloc's subtype, "DRAM", "HBM", "CXL-DRAM"; may be empty */
};

/* A page size that the kernel can give, the base page first. */
struct page_size {
	uint64_t bytes;
	uint64_t pool_pages; /* reserved in the hugetlb pool; 0 for the base page */
	uint64_t free_pages; /* of the pool; 0 where free_known is false */
	bool hugetlb;
	bool free_known; /* hwloc's own files record the reserved pages only */
};

/* Some CPUs translate loads (TLB_DATA) and stores (TLB_STORE) in separate first-level
 * TLBs. */
enum tlb_kind { TLB_DATA, TLB_STORE, TLB_INSTRUCTION, TLB_UNIFIED };

/*
 * One TLB for one page size. Entries that serve several page sizes appear once for each;
 * on a hybrid CPU these are the TLBs of the kind of core that read them.
 */
struct tlb {
	unsigned level;
	enum tlb_kind kind;
	uint64_t page_bytes;
	unsigned entries;
	unsigned ways;   /* 0 unknown; FULLY_ASSOCIATIVE */
	char source[48]; /* where it was read: "CPUID 0x80000006" */
};

struct cpu_kind {
	char name[32];       /* "P-core", "E-core", or hwloc's CoreType; may be empty */
	unsigned efficiency; /* hwloc's rank, 0 the most efficient (slowest) kind */
	unsigned max_mhz;
	struct cpus cpus;
};

struct machine {
	char source[MACHINE_TEXT]; /* "this machine", the XML file's name, or the
				      description */
	bool live;                 /* it is the machine the program runs on */
	char host[64];
	char kernel[MACHINE_TEXT]; /* release; empty for a loaded machine without it */
	char architecture[16];     /* "x86_64", "aarch64" */
	char vendor[32];
	char cpu_model[MACHINE_TEXT];
	unsigned family, model, stepping; /* x86; 0 elsewhere */
	char hypervisor[32]; /* "KVM", "VMware", ...; "unknown hypervisor"; empty on bare
				metal */

	unsigned packages, cores, cpu_count;
	struct cpus cpus;
	uint64_t memory_bytes;    /* all memory (live: /proc/meminfo MemTotal) */
	uint64_t available_bytes; /* live: MemAvailable; else 0 */

	struct cpu_kind *cpu_kinds; /* at least one */
	size_t cpu_kinds_count;
	struct cache *caches; /* by level, then kind, then size */
	size_t caches_count;
	struct node *nodes; /* by index; at least one */
	size_t nodes_count;
	/* Relative latency between nodes as the firmware tells (SLIT: local is 10), row
	 * from, column to, nodes_count squared; NULL where unknown. */
	uint64_t *distances;
	struct page_size *page_sizes; /* by size, base page first; at least one */
	size_t page_sizes_count;
	bool base_page_assumed; /* the description names no page size: 4 KiB stands in */
	struct tlb *tlbs;       /* by kind, level, page size; may be none */
	size_t tlbs_count;

	char thp_enabled[16]; /* "always", "madvise", "never"; empty unknown */
	char thp_defrag[24];
	uint64_t thp_bytes; /* size of a transparent huge page; 0 none */
};

/*
 * Loads a machine. `description` NULL: the live one. Else a path to an hwloc XML file (as
 * `lstopo --of xml` or `topology_export` writes it), or an hwloc synthetic description
 * such as "pack:2 [numa] l3:1(size=32MiB) core:8 l2:1 l1d:1 pu:2" (hwloc takes "32MB" as
 * 32,000,000). With NULL, hwloc's own environment (HWLOC_XMLFILE, HWLOC_SYNTHETIC) still
 * applies; the machine is then not `live`. The caller releases the machine after success
 * only. 0, or -errno with the complaint filled
 * (-EINVAL for a description that hwloc refuses).
 */
int topology_load(
	struct machine *machine, const char *description, struct complaint *complaint);

/* The same from XML text in memory. */
int topology_load_xml(struct machine *machine, const char *xml, size_t length,
	struct complaint *complaint);

void topology_release(struct machine *machine);

/*
 * The live machine as hwloc XML, with the facts that hwloc does not hold (TLBs, THP,
 * hypervisor, pools, kernel) as info attributes named "Escalier...", so that
 * topology_load gives them back.
 */
int topology_export(const char *path, struct complaint *complaint);

/* "data", "unified", "instruction", "memory-side"; "data", "store", "instruction",
 * "unified". */
const char *cache_kind_name(enum cache_kind kind);
const char *tlb_kind_name(enum tlb_kind kind);

/* The data or unified cache of this level as this CPU sees it, or NULL. */
const struct cache *machine_cache(
	const struct machine *machine, unsigned level, unsigned cpu);
/* The highest level of data or unified cache that this CPU has; 0 none. */
unsigned machine_last_cache_level(const struct machine *machine, unsigned cpu);
/* Bytes covered by all entries of the data and unified TLBs of this level and page size;
 * 0 unknown. */
uint64_t machine_tlb_reach(
	const struct machine *machine, unsigned level, uint64_t page_bytes);
/* The node that this CPU is local to, as an index into machine->nodes; -1 none. */
int machine_node_of(const struct machine *machine, unsigned cpu);
uint64_t machine_base_page(const struct machine *machine);
/* Line size of the first-level data cache that this CPU sees; 64 where unknown. */
unsigned machine_line_bytes(const struct machine *machine, unsigned cpu);
/* The nodes' memory adds up to less than nine tenths of the machine's (hot-plugged in a
 * VM). */
bool machine_nodes_fall_short(const struct machine *machine);

/*
 * Memory that a plan may use on a node: what it says is free (live) or has in total
 * (loaded). Where the nodes' totals fall short of the machine's memory (hot-plugged in a
 * VM), or there is only one node, the larger of that and what the whole machine has. 0
 * only where nothing is known.
 */
uint64_t machine_free_bytes(const struct machine *machine, unsigned node_position);

/* The machine for people (a page of text), and as one JSON object (jansson, stable key
 * order). */
void machine_print(const struct machine *machine, struct text *text);
int machine_print_json(const struct machine *machine, struct text *text);

#endif
