/* SPDX-License-Identifier: MIT */
#ifndef ALLOC_HP_PAGES_STATE_H
#define ALLOC_HP_PAGES_STATE_H

#include "alloc/hp/pages.h"
#include "alloc/hp/ranges.h"

#include <pthread.h>
#include <stdatomic.h>

/* What pages.c shares with pages-fork.c. */
struct pages_state {
	struct pages_config config;
	pthread_rwlock_t forking; /* written around fork, read by everything that maps */
	pthread_mutex_t pool_mutex; /* of pool */
	struct ranges pool;         /* what lies on pages of a pool now */
	atomic_bool forks;          /* this process has forked: no pool pages any more */

	_Atomic uint64_t mapped_bytes[PAGES_SOURCES];
	_Atomic uint64_t node_bytes[PAGES_NODES];
	/* Mapped for spans: a page of 1 GiB whole, however little of it they take. */
	_Atomic uint64_t admitted_bytes;
	_Atomic uint64_t peak_bytes;
	_Atomic uint64_t maps;
	_Atomic uint64_t unmaps;
	_Atomic uint64_t purged_bytes;
	_Atomic uint64_t steps[PAGES_CAUSES];
	_Atomic uint64_t failures;
	_Atomic uint64_t fork_copied_bytes;
};

extern struct pages_state pages_state;

/* The bytes ceased to be of a pool of such pages and are ordinary memory now. */
void pages_count_converted(size_t bytes, size_t page_bytes);

#endif
