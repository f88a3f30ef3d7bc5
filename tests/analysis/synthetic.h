/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef TESTS_ANALYSIS_SYNTHETIC_H
#define TESTS_ANALYSIS_SYNTHETIC_H

#include "base/random.h"
#include "core/environment.h"
#include "core/measurement.h"
#include "counters/group.h"
#include "topology/topology.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * A run on a machine that does not exist, whose truth is known: three caches with
 * effective sizes below the announced ones, two levels of TLB, costs for each, walks that
 * are cheaper with huge pages, a clock that wanders, rounds that differ, windows that are
 * disturbed. The same options give the same run.
 */
enum { SYNTHETIC_NAMES = 6, SYNTHETIC_GROUPS = 3 };

struct synthetic_options {
	const char *kernels[SYNTHETIC_NAMES];
	const char *backends[SYNTHETIC_NAMES]; /* the first is the baseline */
	const char *failing;                   /* backend with error rows only */
	uint64_t strides[SYNTHETIC_NAMES];     /* none: 64 */
	uint64_t min_bytes, max_bytes;         /* 0: 4 KiB, 256 MiB */
	unsigned per_octave;                   /* 0: 4 */
	unsigned nodes;                        /* 0: 1 */
	unsigned rounds;
	unsigned windows; /* a group and round; 0: 8 */
	bool counters;
	bool quiet;          /* no noise at all, no disturbed window */
	bool all_disturbed;  /* round 0 has no clean window */
	bool multiplexed;    /* the page-walk counter ran half of the time */
	bool scaled;         /* and --scale was given */
	bool no_clock;       /* nothing told the clock */
	bool own_cost;       /* windows hold what they cost themselves, and it is known */
	bool checked;        /* the self-check found every event right... */
	const char *dead;    /* ...but this one; NULL none */
	const char *machine; /* hwloc synthetic description; NULL: 32K, 512K, 32M */
	bool no_tlbs;        /* the machine does not announce its TLBs */
};

struct synthetic {
	struct dataset dataset;
	struct environment environment;
	struct machine machine;
	struct group groups[SYNTHETIC_GROUPS];
	size_t groups_count;
	char *machine_xml;
};

/* Fails the test on any error. */
void synthetic_init(struct synthetic *synthetic, const struct synthetic_options *options);
void synthetic_release(struct synthetic *synthetic);

/* The truth: per read of a random chase, before any noise. */
struct synthetic_truth {
	double cycles;
	double from_l2, from_l3, from_dram;
	double dtlb_misses, walks;
};
struct synthetic_truth synthetic_truth(const char *backend, int node, uint64_t bytes);

/* Writes windows.csv, environment.json, machine.xml and groups/ into an existing folder.
 */
void synthetic_write(const struct synthetic *synthetic, const char *folder);

#endif
