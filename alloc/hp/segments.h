/* SPDX-License-Identifier: MIT */
#ifndef ALLOC_HP_SEGMENTS_H
#define ALLOC_HP_SEGMENTS_H

#include "alloc/hp/segment.h"

#include <pthread.h>

/*
 * The segments of one NUMA node, and which of them serves a span: the one with the
 * shortest run of free slices that suffices. So the fullest pages fill up first, and the
 * emptiest get a chance to become empty and to be given back whole.
 */

enum { SEGMENTS_LISTS = SEGMENT_USABLE_SLICES + 1 };

struct segments_config {
	bool small_start; /* begin with base pages: small programs need no huge ones */
	int64_t decay_ms; /* below 0: never */
	size_t limit_bytes;
};

/* Before the first use. */
void segments_configure(const struct segments_config *config);

/* What a new span is for. */
struct span_request {
	unsigned slices;
	unsigned alignment; /* of the first slice, in slices; a power of two */
	unsigned class;     /* or SPAN_SINGLE */
	size_t block_bytes;
	uintptr_t owner;
};

/* NULL where there is no memory, or no segment could hold it (a run aligned to more than
 * fits). The span's list is empty, nothing is carved, and nothing used. */
struct span *segments_take(int node, const struct span_request *request);

/* A span without live blocks. */
void segments_give(struct span *span);

/* Makes a single block's span longer or shorter in place. */
bool segments_resize(struct span *span, unsigned slices);

/* Whether pages of a span may be given back in parts, which they are then. */
bool segments_may_break(const struct span *span);

/* Gives back what has been unused for the decay, looking at most every few ms: whether
 * it was time to look. */
bool segments_decay(uint64_t now_ms);

/* Gives back empty segments but for about keep_bytes, and free slices of segments of base
 * pages. Bytes. */
size_t segments_trim(size_t keep_bytes);

/* Calls visit for every segment, with all locks of this file held. */
void segments_visit(void (*visit)(struct segment *segment, void *context), void *context);

/* How many nodes, from the first on, have ever been asked for. */
int segments_nodes(void);

/* Mapped by all nodes and the large blocks together; the limit is about them. */
bool segments_reserve_bytes(size_t bytes);
void segments_release_bytes(size_t bytes);

/* Bytes given back because of the decay; large blocks add theirs. */
void segments_note_decayed(size_t bytes);
uint64_t segments_decayed_bytes(void);

void segments_finalize(void);
void segments_fork_prepare(void);
void segments_fork_done(void);

#endif
