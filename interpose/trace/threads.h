/* SPDX-License-Identifier: MIT */
#ifndef INTERPOSE_TRACE_THREADS_H
#define INTERPOSE_TRACE_THREADS_H

#include "interpose/trace/format.h"

/*
 * The calling thread's slot in the trace file. NULL where it has none: nothing was opened
 * yet, all slots are taken, or the library itself is calling.
 */
extern __thread struct trace_thread *thread_slot
	__attribute__((tls_model("initial-exec"), visibility("hidden")));
/* The same where the next allocator has headers too: what small calls look at. */
extern __thread struct trace_thread *thread_fast
	__attribute__((tls_model("initial-exec"), visibility("hidden")));

/* Gives the thread a slot where it may have one; returns thread_slot. */
struct trace_thread *thread_enter(void);

/* While a thread is inside the library what it allocates is not the program's. */
void thread_begin_own(void);
void thread_end_own(struct trace_thread *slot); /* that it had before; or NULL */

/*
 * For a thread whose slot was given back at its end: what it still frees, and what late
 * destructors allocate, counts with the threads that ended. So do all calls of a thread
 * for which there was no slot. NULL for others; else to be returned at once, since other
 * threads wait for it.
 */
struct trace_thread *thread_borrow_ended(void);
void thread_return_ended(void);

void threads_init(void);       /* once, after the file was opened */
void threads_fork_child(void); /* the other threads are gone */
/* In a child that has just got a file of its own: in pages that it had not written to,
 * the private copy showed what threads of the parent have begun since. */
void threads_forget_parents(void);

/* Adds what the slot has not told yet, and so many bytes, to the process's live ones. */
void thread_tell_live(struct trace_thread *slot, int64_t bytes);

#endif
