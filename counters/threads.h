/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef COUNTERS_THREADS_H
#define COUNTERS_THREADS_H

#include "counters/counters.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/*
 * A group counted on every thread of a process, each by itself: which of them misses the
 * caches is lost in a sum. Threads are found in /proc/PID/task; those that start later
 * when counter_threads_follow() is called, from which on they count: what they did before
 * is not known, and `followed_ns` says for how long they may have run uncounted.
 *
 * Each thread takes a descriptor for every event. Threads of one program that was started
 * under a target with `inherit` are counted in its sum from their first instruction.
 */
struct counter_thread {
	pid_t thread;
	char name[16];        /* as the kernel has it when the thread is found */
	bool first;           /* was there at counter_threads_open */
	uint64_t followed_ns; /* at most this long between its start and its counters */
	bool ended;           /* values are those of its whole life */
	struct counters *counters;
	struct counter_value values[GROUP_EVENTS]; /* of the last reading */
};

struct counter_threads {
	const struct counter_backend *backend;
	const struct group *group;
	struct counter_filter filter;
	pid_t process;
	uint64_t looked_ns; /* when the list was last compared */
	struct counter_thread *list;
	size_t count;
	struct counter_event_status status[GROUP_EVENTS]; /* of the first thread */
	struct complaint missed; /* why a thread could not be counted; empty: all are */
};

/* Opens and starts the group on the threads that there are. 0 or -errno with the
 * complaint; -ESRCH where the process is not there. Close after success only. */
int counter_threads_open(struct counter_threads *threads,
	const struct counter_backend *backend, const struct group *group, pid_t process,
	const struct counter_filter *filter, struct complaint *complaint);
void counter_threads_close(struct counter_threads *threads);

/* Finds threads that have started and marks those that have ended. A thread that cannot
 * be counted is left out, with the reason in `missed`. 0 or -errno. */
int counter_threads_follow(struct counter_threads *threads);

/* Updates the values of all. 0 or -errno. */
int counter_threads_read(struct counter_threads *threads);

#endif
