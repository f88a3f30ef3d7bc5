/* SPDX-License-Identifier: MIT */
#ifndef INTERPOSE_TRACE_SMALL_H
#define INTERPOSE_TRACE_SMALL_H

#include "interpose/trace/next.h"
#include "interpose/trace/sites.h"
#include "interpose/trace/threads.h"

/*
 * The calls that most programs make most of: small, served by glibc, and neither timed
 * nor sampled. What such a call adds to its class follows from its size and waits in a
 * table (trace_settle); what it adds to the live bytes, and that it was made, in one
 * word. A call that cannot be counted so changes nothing and says false.
 */

/* Before the call, which is taken to get a chunk of so many bytes. */
static inline bool small_count_malloc(
	struct trace_thread *slot, size_t bytes, size_t chunk, bool sampling)
{
	uint32_t pending = slot->pending + (uint32_t)chunk + (TRACE_ONE_CALL - 8);

	if ((int32_t)pending < 0)
		return false;
	if (sampling) {
		int64_t sample_left = slot->sample_left_bytes - (int64_t)bytes;

		if (sample_left < 0)
			return false;
		slot->sample_left_bytes = sample_left;
	}
	slot->pending = pending;
	slot->small_asked = (uint32_t)bytes;
	return true;
}

static inline bool small_count_free(struct trace_thread *slot, size_t chunk)
{
	uint32_t pending = slot->pending - (uint32_t)chunk + (TRACE_ONE_CALL + 8);

	if ((int32_t)pending < 0)
		return false;
	slot->pending = pending;
	slot->small_frees[chunk / 16].calls++;
	return true;
}

#endif
