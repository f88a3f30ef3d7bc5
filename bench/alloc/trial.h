/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef BENCH_ALLOC_TRIAL_H
#define BENCH_ALLOC_TRIAL_H

#include "bench/alloc/allocator.h"

#include <stdint.h>

/* One pattern under one allocator, in a process of its own. */
struct trial {
	const char *player;  /* path of the program */
	const char *library; /* to preload, or NULL */
	const char *variable;
	const char *pattern;
	uint64_t divisor; /* of the work */
	uint64_t seed;
};

struct outcome {
	uint64_t operations; /* timed, of all players */
	uint64_t all;        /* those of the warm-up too: equal work, equal checksum */
	uint64_t wall_ns;
	uint64_t peak_bytes; /* resident and hugetlb, without the program's own tables */
	uint64_t checksum;
	double ns;                  /* one operation, as its thread sees it */
	double returned;            /* NaN where the pattern does not tell */
	double returnable;          /* NaN too */
	char library[LIBRARY_TEXT]; /* that malloc was found in */
	char failure[128];          /* why there is no result; empty: there is one */
};

/* 0, or -errno where no process could be made; what the process did is in the outcome. */
int trial_run(const struct trial *trial, struct outcome *outcome);

#endif
