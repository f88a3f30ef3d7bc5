/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ANALYSIS_LEVELS_H
#define ANALYSIS_LEVELS_H

#include "analysis/nominal.h"
#include "analysis/staircase.h"
#include "base/text.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The caches and TLB reaches that a series shows. Counters come first: the share of reads
 * that goes beyond a cache or TLB, the median over rounds by size, made monotone, tells
 * where it begins to overflow; the steps of the time (steps.h) are the witness. What no
 * counter tells is taken from the time alone: from the steps of what is left of it where
 * counters explain a part, whose shapes they tell, and of all of it where there are none.
 * Announced caches between two that are counted have to be there, and are placed between
 * them (step-place.h); other steps get their names by what the machine announces. That is
 * a guess, and marked as such.
 */
enum { LEVELS = 16, LEVEL_NAME = 32, LEVEL_BOOTSTRAPS = 200 };

/* LEVEL_STEP: a step of the time between announced caches that nothing explains. */
enum level_kind { LEVEL_CACHE, LEVEL_MEMORY, LEVEL_TLB, LEVEL_STEP };
enum level_witness {
	WITNESS_BOTH,     /* counters, and a step in time within 0.75 octaves */
	WITNESS_COUNTERS, /* no step in time near it */
	WITNESS_TIME,     /* no counter tells of it */
};

/* A number and the range of its middle 90 % over bootstraps; NaN where not known. */
struct level_value {
	double value, low, high;
};

/* Capacities are in bytes, and NaN for memory and where no size goes beyond; latencies
 * are of a read where the level serves at least 80 % of them. Of a TLB they are NaN, but
 * where a kernel reads one line a page: what a read past the step takes longer. */
enum level_value_of {
	LEVEL_ONSET,    /* 5 % of reads go beyond it */
	LEVEL_HALF,     /* half of them */
	LEVEL_FULL,     /* 95 % */
	LEVEL_RESIDENT, /* the most that stays of any size: size x (1 - share beyond) */
	LEVEL_CYCLES,
	LEVEL_NS,
	LEVEL_VALUES
};

struct level {
	enum level_kind kind;
	unsigned number;       /* of the cache or TLB, 1 the nearest; 0 memory, or a step
				  that nothing announces */
	char name[LEVEL_NAME]; /* "L2", "L1 dTLB", "DRAM", "step 2" */
	enum level_witness witness;
	struct level_value values[LEVEL_VALUES];
	bool cycles_counted;
	uint64_t first_bytes, last_bytes; /* sizes where it serves so many */
	size_t sizes;
	double confidence; /* share of bootstraps over rounds that keep it; NaN: fewer
			      than 2 rounds */
	struct nominal nominal; /* what is announced; bytes 0: nothing */
	bool shared;            /* that cache has other CPUs */
	/* By time alone: the announced reach of a TLB lies in the same place, so that the
	 * step may be of either or both. NULL: none. */
	char beside[NOMINAL_LABEL];
};

struct levels {
	const struct series *series;
	/* The kernel reads one line of each page: of the caches, which it fills later,
	 * nothing is told, but all the more of the TLBs. */
	bool per_page;
	struct level list[LEVELS]; /* caches by size, memory, then TLBs, then steps */
	size_t count;
	size_t caches;       /* those and memory, at the front */
	bool caches_counted; /* a counter tells of some cache */
	bool tlbs_counted;   /* of some TLB */
	size_t rounds;
	uint64_t largest_bytes; /* measured */
	struct nominal
		absent[LEVELS]; /* announced caches that the series does not show */
	size_t absent_count;
};

/* Without `intervals` no bootstraps are made:
 * there is neither confidence nor any interval then. 0 or -ENOMEM. */
int levels_find(struct levels *levels, const struct staircase *staircase,
	const struct series *series, const struct machine *machine, bool intervals);

/* Of every series whose time is the latency of reads, in the staircase's order. The
 * caller frees *levels. 0 or -ENOMEM. */
int levels_find_all(struct levels **levels, size_t *count,
	const struct staircase *staircase, const struct machine *machine);

/* A finding about one level in words, "512K announced, 320K stay resident: ...". */
enum { LEVEL_VERDICT = 200 };
void level_verdict(const struct levels *levels, const struct level *level,
	const struct machine *machine, char verdict[LEVEL_VERDICT]);

/* "counters+time", "counters", "time alone" */
const char *level_witness_name(enum level_witness witness);

/* The name, with a question mark where only the machine's announcement gave it. Returns
 * text. */
enum { LEVEL_LABEL = LEVEL_NAME + 2 };
char *level_label(char text[LEVEL_LABEL], const struct level *level);

/* Bytes in two or three digits: a capacity is not known to more. Returns text. */
enum { LEVEL_NUMBER = 24 };
char *level_format_bytes(char text[LEVEL_NUMBER], double bytes);

/*
 * The page size that the TLB was seen to fill, from page walks by size where most reads
 * walk; where these are not counted, and one line a page is read, by the announced reach
 * of entries for smaller pages at which the time steps; and what the kernel says was
 * obtained.
 */
struct page_finding {
	const struct series *series;
	uint64_t obtained_bytes;  /* 0 mixed */
	uint64_t seen_bytes;      /* of nine tenths of the walks; 0 mixed */
	double share;             /* of walks for the page size seen most; NaN: by time */
	const struct level *step; /* by time: of the smaller pages; NULL where none */
};
/* 0; -ENODATA where neither tells. */
int page_finding(struct page_finding *finding, const struct levels *levels);
void page_verdict(const struct page_finding *finding, const struct machine *machine,
	char verdict[LEVEL_VERDICT]);
/* Appends the backends, ", " between, whose pages a TLB was seen to fill as smaller ones.
 * Returns how many. */
size_t page_split_backends(
	const struct levels *levels, size_t count, struct text *backends);

#endif
