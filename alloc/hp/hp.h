/* SPDX-License-Identifier: MIT */
#ifndef HP_H
#define HP_H

/*
 * hp: a general-purpose memory allocator that puts a program's memory on huge pages where
 * they pay. It needs libc and nothing else, and lives beside libc's own malloc.
 *
 * Threads: every function may be called from any thread at any time, before constructors
 * and after destructors too; hp_init and hp_finalize are the exceptions and say so. A
 * block may be freed by another thread than the one that allocated it. A child made by
 * fork() may use everything, whatever the other threads were doing; a child made by
 * vfork() may use nothing.
 *
 * Signals: as with malloc, a handler must not call anything here but hp_owns, unless it
 * is known that it does not interrupt a call of this library in the same thread.
 *
 * errno: set on failure as documented, unchanged on success, by every function.
 *
 * Misuse: a pointer that is not the start of a live block, given to hp_free, hp_realloc
 * or hp_usable_size, ends the process by abort() after a report on file descriptor 2,
 * where it is noticed. Noticed at little cost, and therefore always: addresses outside of
 * hp's memory, on no multiple of 16, or where there are no blocks; two frees in a row;
 * damaged links of free blocks when they are followed; and, when a block goes back from a
 * thread's cache to its span, addresses inside of a block, blocks that were never handed
 * out, and more frees than blocks. HP_CHECK_* notice the rest, and these at once.
 */

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
#define HP_NOTHROW noexcept
extern "C" {
#else
#include <stdbool.h>
#define HP_NOTHROW __attribute__((nothrow))
#endif

#define HP_API __attribute__((visibility("default")))
#define HP_ALLOCATES __attribute__((malloc, warn_unused_result))

/* How memory is divided. */
enum hp_policy_id {
	HP_POLICY_HP,       /* size classes, a heap per thread, few huge pages */
	HP_POLICY_FIRSTFIT, /* "hp-firstfit": one list, first block that fits, one lock */
	HP_POLICY_BUMP,     /* "hp-bump": a cursor; what is freed is never used again */
};

/* Where memory comes from. A source that has nothing steps down to the next one of
 * hugetlb-1g, hugetlb-2m, thp, small; the steps are counted in hp_stats. */
enum hp_source {
	HP_SOURCE_AUTO,       /* pool pages while there are free ones, thp, small */
	HP_SOURCE_HUGETLB_1G, /* 1 GiB pages of the pool */
	HP_SOURCE_HUGETLB_2M, /* 2 MiB pages of the pool */
	HP_SOURCE_THP,        /* transparent huge pages */
	HP_SOURCE_SMALL,      /* base pages, huge pages refused */
	HP_SOURCES,
};

/* What is checked beyond what costs nothing; bits of hp_options.check. */
enum hp_check {
	HP_CHECK_POINTERS = 1,   /* every pointer freed must be a live block: double
				    frees at any distance, interior pointers */
	HP_CHECK_CANARY = 2,     /* bytes past the end of each block must be unchanged
				    when it is freed or reallocated */
	HP_CHECK_POISON = 4,     /* freed bytes are overwritten, and must be unchanged
				    when they are handed out again */
	HP_CHECK_QUARANTINE = 8, /* freed blocks are not reused at once */
	HP_CHECK_ALL = 15,
};

enum { HP_DECAY_DEFAULT_MS = 1000 };

/*
 * Zero-initialise, then set what matters. A member at its default (0, NULL) is taken from
 * the environment; a variable that cannot be understood is named on file descriptor 2 and
 * the default stays.
 *
 *   ESCALIER_HP_POLICY=hp|hp-firstfit|hp-bump
 *   ESCALIER_HP_PAGES=auto|hugetlb-1g|hugetlb-2m|thp|small
 *   ESCALIER_HP_HUGETLBFS=<mount point, or memfd>
 *   ESCALIER_HP_DECAY_MS=<n, -1 for never>
 *   ESCALIER_HP_CHECK=<bits, or a list of pointers,canary,poison,quarantine,all>
 *   ESCALIER_HP_LIMIT=<bytes, with K, M, G or T after them>
 *   ESCALIER_HP_STATS=<number of a file descriptor, or a file>
 */
struct hp_options {
	enum hp_policy_id policy;
	enum hp_source source;
	const char *hugetlbfs; /* where hugetlb pages come from files of this mount, or
				  "memfd"; NULL: anonymous memory. Kept by the caller
				  until hp_finalize */
	int32_t decay_ms;      /* memory unused for so long goes back to the system;
				  0: HP_DECAY_DEFAULT_MS; -1: never; to return it at
				  once, 1 */
	unsigned check;        /* bits of enum hp_check */
	size_t limit_bytes;    /* never map more than this; 0: no limit */
	const char *stats;     /* where hp_stats_print goes when the process exits: the
				  number of a file descriptor, or a file that is
				  appended to (JSON where its name ends in ".json");
				  NULL: nowhere. Kept by the caller */
};

/*
 * Optional: the first allocation does it with the environment's options. To be called
 * before any other thread uses hp. 0; -EINVAL for an unknown value in `options`; -EBUSY
 * when hp is in use already. NULL: all from the environment.
 */
HP_API int hp_init(const struct hp_options *options);

/*
 * Gives all memory back to the system: every block is gone. No other thread may be using
 * hp, now or later; only hp_init may follow.
 */
HP_API void hp_finalize(void);

/*
 * The malloc family, as glibc's: blocks are aligned to 16 bytes, their contents undefined
 * unless said so. `bytes` may be 0: the result is a block of its own, to be freed. NULL
 * with errno ENOMEM when there is no memory or `bytes` exceeds PTRDIFF_MAX.
 */
HP_API void *hp_malloc(size_t bytes) HP_NOTHROW HP_ALLOCATES;

/* count * bytes bytes of 0; ENOMEM also where the product overflows. */
HP_API void *hp_calloc(size_t count, size_t bytes) HP_NOTHROW HP_ALLOCATES;

/*
 * The block made `bytes` long, in place or moved; contents are kept up to the shorter of
 * both sizes. block NULL: as hp_malloc. bytes 0 and block not NULL: the block is freed,
 * the result NULL, and errno unchanged. On failure the block is as before. A moved block
 * is aligned to 16 bytes, whatever it was before.
 */
HP_API void *hp_realloc(void *block, size_t bytes) HP_NOTHROW
	__attribute__((warn_unused_result));

/* hp_realloc(block, count * bytes); ENOMEM where the product overflows. */
HP_API void *hp_reallocarray(void *block, size_t count, size_t bytes) HP_NOTHROW
	__attribute__((warn_unused_result));

/* NULL is ignored. */
HP_API void hp_free(void *block) HP_NOTHROW;

/* hp_free for a caller who knows the size asked for (C23 free_sized). HP_CHECK_POINTERS
 * compares it. */
HP_API void hp_free_sized(void *block, size_t bytes) HP_NOTHROW;

/* Aligned to `alignment`: EINVAL unless a power of two. `bytes` need not be a multiple.
 */
HP_API void *hp_aligned_alloc(size_t alignment, size_t bytes) HP_NOTHROW HP_ALLOCATES;

/* As glibc's memalign: an alignment that is no power of two is rounded up to one; EINVAL
 * above SIZE_MAX / 2 + 1. */
HP_API void *hp_memalign(size_t alignment, size_t bytes) HP_NOTHROW HP_ALLOCATES;

/* 0, EINVAL (alignment no power of two, or no multiple of sizeof(void *)) or ENOMEM; on
 * failure *block is unchanged. errno is never changed. */
HP_API int hp_posix_memalign(void **block, size_t alignment, size_t bytes) HP_NOTHROW
	__attribute__((warn_unused_result));

/* Bytes that may be used, at least what was asked for; 0 for NULL. */
HP_API size_t hp_usable_size(const void *block) HP_NOTHROW;

/* Whether the address, any address, lies in memory that hp manages, in use or not. Reads
 * nothing at the address; safe in signal handlers. */
HP_API bool hp_owns(const void *address) HP_NOTHROW;

/*
 * For a library that stands in for malloc: what to do with blocks that hp does not own,
 * in place of the report. Functions have the meaning of free, realloc and
 * malloc_usable_size, and get foreign addresses only. `foreign` is kept by the caller;
 * NULL: report again. Any time, from any thread.
 */
struct hp_foreign {
	void (*release)(void *block);
	void *(*reallocate)(void *block, size_t bytes);
	size_t (*usable_size)(const void *block);
};

HP_API void hp_set_foreign(const struct hp_foreign *foreign);

/* What holds before hp_set_foreign is called, for a library that links hp statically and
 * defines it: its own constructor may come after the program's first frees. */
extern const struct hp_foreign hp_foreign_default __attribute__((weak));

/*
 * Gives back to the system what is cached and unused, but for about `keep_bytes` of it,
 * without waiting for the decay. Memory inside a huge page in use stays. Caches of other
 * threads are left to them. Bytes given back.
 */
HP_API size_t hp_trim(size_t keep_bytes);

enum {
	HP_STATS_CLASSES = 96, /* upper bound of class_count */
	HP_STATS_NODES = 64,   /* nodes of higher numbers share the last entry */
};

/* Blocks of one size class. */
struct hp_class_stats {
	size_t block_bytes;
	uint64_t live;   /* in the program's hands */
	uint64_t cached; /* free, and kept for this class */
};

/*
 * A picture of now; taken while other threads run, each value was true at some moment of
 * the call. Policies other than hp fill in live_bytes, live_blocks and what concerns
 * pages.
 */
struct hp_stats {
	const char *policy; /* name */

	/* What the program has. */
	uint64_t live_bytes; /* in blocks, rounded up to their size class */
	uint64_t live_blocks;
	uint64_t large_bytes; /* of live_bytes: in blocks beyond the classes */
	uint64_t large_blocks;

	/* What it costs: mapped = live + cached + unused inside of spans and segments +
	 * own records. */
	uint64_t mapped_bytes;   /* address ranges held, purged or not */
	uint64_t peak_bytes;     /* highest mapped_bytes */
	uint64_t cached_bytes;   /* free blocks of all classes, and free large blocks */
	uint64_t wasted_bytes;   /* inside huge pages that hold at least one live block:
				    bytes of no live block */
	uint64_t huge_pages;     /* of 2 MiB that hold at least one live block */
	uint64_t metadata_bytes; /* hp's own records */

	/* Pages, as obtained. */
	uint64_t source_bytes[HP_SOURCES];   /* mapped now, by the source that served */
	uint64_t node_bytes[HP_STATS_NODES]; /* mapped now, by the node preferred;
					       of a page of 1 GiB what is in use */
	uint64_t steps_no_pool;   /* mappings served by a cheaper source: pool empty */
	uint64_t steps_limit;     /* of the control group, or limit_bytes */
	uint64_t steps_refused;   /* the kernel has no such pages, or not for us */
	uint64_t steps_forked;    /* no pool pages for a process that forks */
	uint64_t steps_unaligned; /* smaller than a huge page */
	uint64_t map_failures;    /* not even small pages */

	/* Since the start. */
	uint64_t maps; /* ranges obtained from the system */
	uint64_t unmaps;
	uint64_t purged_bytes;      /* given back with the addresses kept */
	uint64_t decayed_bytes;     /* of all bytes given back: because they were unused
				       for decay_ms */
	uint64_t remote_frees;      /* blocks given back to the thread whose span they
				       are of, by another one; not counted while they
				       are in that one's cache */
	uint64_t heaps;             /* of threads, made; reused ones count once */
	uint64_t fork_copied_bytes; /* moved off pool pages because of a fork */

	int32_t decay_ms;
	unsigned check;

	unsigned class_count; /* 0 for policies without classes */
	struct hp_class_stats classes[HP_STATS_CLASSES];
};

HP_API void hp_stats(struct hp_stats *stats);

enum hp_stats_format { HP_STATS_TEXT, HP_STATS_JSON };

/* Writes the same as one text, or one JSON object and a newline, to a file descriptor.
 * 0 or -errno of write. Uses no stdio and allocates nothing. */
HP_API int hp_stats_print(int fd, enum hp_stats_format format);

#ifdef __cplusplus
}
#endif
#endif
