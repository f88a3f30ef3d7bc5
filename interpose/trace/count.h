/* SPDX-License-Identifier: MIT */
#ifndef INTERPOSE_TRACE_COUNT_H
#define INTERPOSE_TRACE_COUNT_H

#include "interpose/trace/format.h"

#include <stdbool.h>
#include <stddef.h>

/* What is noted of a call that is not one of small.h: in its class, of its time, of the
 * process's live bytes. */

#define likely(condition) __builtin_expect(!!(condition), 1)
#define unlikely(condition) __builtin_expect(!!(condition), 0)

void count_init(void);
void count_fork_child(void);

/* An allocation after it was made; `block` NULL for one that failed. */
void count_allocation(
	struct trace_thread *slot, enum trace_call call, size_t asked, void *block);
/* Of a block that takes the place of one of `old` bytes: in one move, since a moment
 * taken between two would not have it. */
void count_instead(struct trace_thread *slot, enum trace_call call, size_t asked,
	void *block, size_t old);
/* For a thread without a slot of its own. */
void count_allocation_for_ended(enum trace_call call, size_t asked, void *block);

/* Before the block is freed. */
void count_free(struct trace_thread *slot, void *block);
/* Bytes that were freed, by a call that allocates none instead or by another. */
void count_freed(struct trace_thread *slot, size_t bytes, bool by_a_call);

/* The live bytes changed by so many. */
void count_moved(struct trace_thread *slot, int64_t bytes);

/* The last call that small.h counted got another chunk than was taken, or none: returns
 * the block. */
void *count_correction(struct trace_thread *slot, void *block);

/* What is due after TRACE_TICK_EVERY calls. Whether this one is to be timed. */
bool count_tick(struct trace_thread *slot);
/* Around the allocator's part of a call. The clock where it is to be timed, 0 else. */
uint64_t count_time_begin(struct trace_thread *slot);
void count_time_end(struct trace_thread *slot, enum trace_call call, uint64_t before);

#endif
