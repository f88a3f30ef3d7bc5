/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ANALYSIS_PROFILE_H
#define ANALYSIS_PROFILE_H

#include "base/error.h"
#include "base/text.h"
#include "interpose/trace/format.h"

#include <stddef.h>

/*
 * What a program asked of its allocator, from a file of libescalier-trace.so: pure, but
 * for loading the file.
 */
struct profile_site {
	const struct trace_site *site;
	uint64_t median_life_ns; /* of the blocks that were freed, to within a factor of
				    sqrt 2; 0: none was */
};

struct profile {
	struct trace_file *file;                 /* owned */
	struct trace_class total[TRACE_CLASSES]; /* over threads */
	struct trace_times times[TRACE_CALLS];
	uint64_t calls[TRACE_CALLS];
	uint64_t asked_bytes, granted_bytes, freed_bytes;
	uint64_t failed;
	uint64_t threads;
	uint64_t samples, weight_bytes, weight_calls; /* over sites */
	uint64_t lifetimes[TRACE_LIFETIMES];
	struct profile_site *sites; /* by bytes, largest first */
	size_t sites_count;
};

/* 0; -errno of reading; -EINVAL where the file is none, is cut short, or was written by
 * another version. With the complaint. Release after success only. */
int profile_load(struct profile *profile, const char *path, struct complaint *complaint);
void profile_release(struct profile *profile);

/* Calls that ask for a block. */
uint64_t profile_blocks(const uint64_t calls[TRACE_CALLS]);

/* The timeline's moments that are kept, the oldest first. */
uint64_t profile_moments(const struct profile *profile);
const struct trace_moment *profile_moment(const struct profile *profile, uint64_t index);

/* Turns a frame into words: "function at file.c:12", "function in libx.so",
 * "libx.so+0x1234". Borrowed until the next call. */
struct profile_resolver {
	const char *(*resolve)(void *context, uint64_t frame);
	void *context;
};

/* For people: calls and their times, sizes, threads, lifetimes, and the `top` call sites
 * by bytes and by calls. 0 or -ENOMEM. */
int profile_print(const struct profile *profile, const struct profile_resolver *resolver,
	size_t top, struct text *text);

/* What all processes of a traced execution asked for. */
enum { ALLOCATION_LARGE = 2 << 20 };
struct allocation_totals {
	size_t processes;
	uint64_t threads;
	uint64_t allocations; /* calls that gave a block */
	uint64_t asked_bytes;
	uint64_t large_bytes;       /* of that, in blocks of 2 MiB and more */
	uint64_t split_bytes;       /* see trace_split_bytes() */
	uint64_t peak_bytes;        /* live, of the process that had most */
	char allocator[TRACE_PATH]; /* file whose malloc that process called */
};
void allocation_totals_add(
	struct allocation_totals *totals, const struct profile *profile);

/* The allocator's file name where it is not the C library; NULL: it is, or is not known.
 * Borrowed. */
const char *allocation_totals_foreign(const struct allocation_totals *totals);

/* For people, in a few lines: the totals, which sizes are most, and the first call sites
 * of the profile, that of the process that asked for most. 0 or -ENOMEM. */
int profile_print_digest(const struct profile *profile,
	const struct allocation_totals *totals, const struct profile_resolver *resolver,
	struct text *text);

/* CSV with a header line: one row a moment, or a size class. */
int profile_print_timeline(const struct profile *profile, struct text *text);
int profile_print_sizes(const struct profile *profile, struct text *text);

#endif
