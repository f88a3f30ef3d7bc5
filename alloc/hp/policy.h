/* SPDX-License-Identifier: MIT */
#ifndef ALLOC_HP_POLICY_H
#define ALLOC_HP_POLICY_H

#include <stdbool.h>
#include <stddef.h>

struct hp_options;
struct hp_stats;

/*
 * How memory is divided once pages.h has brought it: the seam behind which hp,
 * hp-firstfit and hp-bump stand. One policy serves a process, chosen at initialisation.
 *
 * What all of them can rely on, because the front (hp_malloc and its sisters) sees to it:
 *   - `bytes` is at least 1 and at most PTRDIFF_MAX; `alignment` is a power of two, at
 *     least HP_POLICY_ALIGNMENT and at most PTRDIFF_MAX / 2 + 1;
 *   - pointers given to reallocate, release and usable_bytes are never NULL, and the
 * policy owns them (owns() is true: foreign ones are the front's to deal with);
 *   - errno is the front's: policies neither set it nor promise to keep it.
 * All functions but init are called from any thread at any time.
 *
 * The real policy's fast path does not pass here: the front looks for the thread's cache
 * first, and a process that runs another policy never has one.
 */

enum { HP_POLICY_ALIGNMENT = 16 };

struct hp_policy {
	const char *name;
	const char *summary;

	int (*init)(const struct hp_options *options); /* once; 0 or -errno */

	/* NULL where there is no memory. `zero`: all bytes asked for read as 0. */
	void *(*allocate)(size_t bytes, size_t alignment, bool zero);

	/* In place, or moved with its contents; NULL with the old block untouched. The
	 * result is aligned to HP_POLICY_ALIGNMENT, whatever the old block was. */
	void *(*reallocate)(void *block, size_t bytes);

	/* A pointer that is not a live block of this policy ends the process with a
	 * report on fd 2, where the policy can tell. */
	void (*release)(void *block);

	size_t (*usable_bytes)(const void *block); /* at least as asked for */
	bool (*owns)(const void *pointer); /* any pointer: into memory of the policy? */
	size_t (*trim)(size_t keep_bytes); /* bytes given back to the system */
	void (*stats)(struct hp_stats *stats); /* adds its own part */

	/* Around fork: prepare takes every lock, parent and child give them back. They
	 * call the pages_fork_ functions innermost. */
	void (*fork_prepare)(void);
	void (*fork_parent)(void);
	void (*fork_child)(void);

	void (*thread_exit)(void); /* the calling thread's caches; NULL: has none */
	void (*finalize)(
		void); /* gives back all memory; nothing may be used afterwards */
};

extern const struct hp_policy hp_policy_hp;       /* heap of size classes and caches */
extern const struct hp_policy hp_policy_firstfit; /* header, split, coalesce, one lock */
extern const struct hp_policy hp_policy_bump;     /* a cursor; free does nothing */

#endif
