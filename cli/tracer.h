/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CLI_TRACER_H
#define CLI_TRACER_H

#include "core/allocators.h"

#include <stdbool.h>
#include <stdint.h>

/* An allocator with libescalier-trace.so in front of it. Not to be copied: the allocator
 * points into the texts. */
enum { TRACER_VARIABLES = 3 };
struct tracer {
	struct program_allocator allocator;
	char variables[TRACER_VARIABLES][PATH_MAX + 32];
};

/* Where nothing else is asked for. */
#define TRACE_SAMPLE_BYTES (512ull * 1024)

struct tracer_setup {
	const char *folder;    /* where each process leaves its trace; absolute */
	uint64_t sample_bytes; /* mean distance of the samples for call sites */
	bool count_only;       /* no call sites, no lifetimes */
};

/* 0; -ENOENT where the library is not there; -ENOSPC where no trace has room in the
 * folder; -ENAMETOOLONG. With the complaint. */
int tracer_init(struct tracer *tracer, const struct program_allocator *served,
	const struct tracer_setup *setup, struct complaint *complaint);

#endif
