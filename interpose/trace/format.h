/* SPDX-License-Identifier: MIT */
#ifndef INTERPOSE_TRACE_FORMAT_H
#define INTERPOSE_TRACE_FORMAT_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The file that libescalier-trace.so maps and writes, and that Escalier reads: the
 * library keeps all of its state in it, so that the file holds what was known when the
 * program ended, however it ended. Sparse: only what is used takes room on the disk.
 *
 * Sizes are bytes as the allocator grants them (malloc_usable_size) unless they are said
 * to be asked for. Times are CLOCK_MONOTONIC in ns. Counters belong to one thread or are
 * atomic; a reader of a live file sees each of them whole, and their sums a little apart.
 */

#define TRACE_MAGIC 0x3343525443534545u         /* "EESCTRC3" */
#define TRACE_MAGIC_VERSION 0xff00000000000000u /* the last of its characters */

enum {
	/* Size classes: 0 is zero bytes, then two an octave: [2^k, 1.5 x 2^k) and
	 * [1.5 x 2^k, 2^(k+1)), from 1 byte up. */
	TRACE_CLASSES = 2 * 48 + 1,
	/* Below, calls are counted by the size before they are by class. */
	TRACE_SMALL = 1024,
	TRACE_THREADS = 1024,
	TRACE_SITES = 8192,
	TRACE_FRAMES = 24,
	TRACE_SAMPLES = 65536, /* live sampled blocks: a power of two */
	TRACE_TIMELINE = 65536,
	/* Calls of a thread from one tick to the next, at most 128. A prime number, so
	 * that no pattern of calls always has the same of them timed. */
	TRACE_TICK_EVERY = 67,
	TRACE_TICKS_TIMED = 1024,
	TRACE_TICKS_SKIPPED = 8,
	TRACE_TIMES = 65,     /* classes of the time of a call: up to 2^32 ns */
	TRACE_LIFETIMES = 40, /* bucket k: [2^k, 2^(k+1)) ns; the last is open */
	TRACE_MODULES = 512,
	TRACE_PATH = 256,
	TRACE_NAME = 16,
	TRACE_HUGE_PAGE = 2 << 20,
};

enum trace_mode {
	TRACE_COUNT = 1, /* counts, times, live bytes */
	TRACE_SITES_TOO, /* and call sites and lifetimes, by sampling */
};

enum trace_call {
	TRACE_MALLOC, /* malloc, operator new */
	TRACE_CALLOC,
	TRACE_REALLOC, /* that had a block before; without one it counts as malloc */
	TRACE_ALIGNED, /* posix_memalign and its kin */
	TRACE_FREE,
	TRACE_CALLS
};

/* Calls of one thread in one size class: by the bytes asked for; frees by the bytes
 * granted. */
struct trace_class {
	uint64_t calls[TRACE_CALLS];
	uint64_t asked_bytes;   /* in all allocating calls */
	uint64_t granted_bytes; /* to them */
	uint64_t freed_bytes;
};

/* Some calls are timed, the allocator's part alone. By classes of ns as those of bytes: a
 * call that was interrupted says nothing of the others. The call at each of a thread's
 * first TRACE_TICKS_TIMED ticks is, then that at one in TRACE_TICKS_SKIPPED, which counts
 * that many times. */
struct trace_times {
	uint64_t calls; /* that those timed stand for */
	uint64_t ns;
	uint64_t slowest_ns;
	uint64_t classes[TRACE_TIMES];
};

struct trace_thread {
	_Atomic uint32_t used; /* 0 free, 1 in use, 2 the sum of threads that ended */
	uint32_t tid;
	char name[TRACE_NAME];
	uint64_t threads; /* that the slot stands for */
	uint64_t failed;  /* calls that returned NULL for a size above 0 */
	/* Working state of the thread. */
	/* One word, as most calls change no other but one of those below: the bytes by
	 * which those that live have moved without the process being told, and
	 * TRACE_ONE_CALL times the calls, which reach the sign at the next tick. */
	uint32_t pending;
	uint32_t ticks;
	uint64_t small_below;      /* sizes that may be counted so: TRACE_SMALL, or 0 */
	int64_t sample_left_bytes; /* until the next sample */
	uint64_t random;
	uint32_t small_asked; /* by the last call of malloc that was counted as small */
	/* Calls that are not in the classes yet: malloc by the bytes asked for, to each
	 * of which trace_small_granted() went; free by the chunk, in units of 16 bytes,
	 * of which 8 fewer were granted. The stride saves a shift. See trace_settle(). */
	uint16_t small_mallocs[TRACE_SMALL];
	struct trace_small_frees {
		uint64_t calls, unused;
	} small_frees[TRACE_SMALL / 16];
	struct trace_class classes[TRACE_CLASSES];
	struct trace_times times[TRACE_CALLS];
};

/* Where sampled blocks were allocated: the return addresses, innermost first. Weights
 * stand for all blocks: an unbiased estimate. */
struct trace_site {
	_Atomic uint64_t hash; /* 0: free */
	uint64_t frames[TRACE_FRAMES];
	uint32_t depth;
	_Atomic uint32_t ready; /* the frames are written */
	_Atomic uint64_t samples;
	_Atomic uint64_t weight_bytes;
	_Atomic uint64_t weight_calls;
	_Atomic uint64_t live_weight_bytes;
	_Atomic uint64_t lifetimes[TRACE_LIFETIMES]; /* weight_calls that were freed */
};

/* A sampled block that is alive. */
struct trace_sample {
	_Atomic uint64_t address; /* 0: free; 1: being written or was removed */
	uint64_t born_ns;
	uint64_t weight_bytes;
	uint64_t weight_calls;
	uint32_t site;
	uint32_t process; /* that it was taken in: a fork's ancestor, or its own */
};

struct trace_moment {
	uint64_t at_ns;
	uint64_t live_bytes;
	uint64_t minor_faults, major_faults; /* of the process, so far */
	uint64_t resident_bytes;
};

/* A file of the program's address space, to resolve frames by. */
struct trace_module {
	uint64_t start, end, offset;
	char path[TRACE_PATH];
};

struct trace_file {
	uint64_t magic;
	uint64_t bytes; /* of the whole structure: readers refuse another */
	uint32_t mode;  /* enum trace_mode */
	uint32_t pid;
	uint32_t parent; /* the process that it was forked from; 0 */
	uint32_t unused;
	uint64_t sample_bytes;         /* mean distance of samples */
	uint64_t started_ns, ended_ns; /* ended 0: still running, or died */
	char program[TRACE_PATH];
	char allocator[TRACE_PATH]; /* the file whose malloc is called */
	_Atomic int64_t live_bytes;
	_Atomic int64_t peak_bytes;
	_Atomic uint64_t split_bytes;    /* by trace_split_bytes() */
	_Atomic uint64_t samples_lost;   /* for want of room in the tables */
	_Atomic uint64_t timeline_count; /* moments taken; the oldest are overwritten */
	_Atomic uint64_t timeline_next_ns;
	uint64_t timeline_step_ns;
	_Atomic uint32_t modules_count;
	struct trace_thread threads[TRACE_THREADS];
	struct trace_site sites[TRACE_SITES];
	struct trace_sample samples[TRACE_SAMPLES];
	struct trace_moment timeline[TRACE_TIMELINE];
	struct trace_module modules[TRACE_MODULES];
};

static inline unsigned trace_class_of(uint64_t bytes)
{
	unsigned octave;

	if (bytes == 0)
		return 0;
	octave = 63 - (unsigned)__builtin_clzll(bytes);
	if (octave > 47)
		octave = 47;
	/* The bit below the highest tells the half of the octave. */
	return 1 + 2 * octave + (octave ? (unsigned)(bytes >> (octave - 1)) & 1 : 0);
}

/* Smallest size of a class. */
static inline uint64_t trace_class_bytes(unsigned index)
{
	unsigned octave;

	if (index == 0)
		return 0;
	octave = (index - 1) / 2;
	return (1ull << octave) + ((index - 1) & 1 ? 1ull << octave >> 1 : 0);
}

/*
 * Of a block that is mapped alone and grows by mremap, what lies on no huge page even
 * where those are used, at the mean. Pages are moved as they are, so where small ones end
 * within a huge page, the rest of it becomes small ones too; and where the range ends
 * within one, that is small. Together they are a huge page, or all of a growth by less. A
 * block smaller than a huge page was on small ones.
 */
static inline uint64_t trace_split_bytes(uint64_t old, uint64_t granted)
{
	const uint64_t grown = granted > old ? granted - old : 0;

	if (grown == 0 || granted < TRACE_HUGE_PAGE)
		return 0;
	return (grown < TRACE_HUGE_PAGE ? grown : TRACE_HUGE_PAGE) +
	       (old < TRACE_HUGE_PAGE ? old : 0);
}

#define TRACE_ONE_CALL (UINT32_C(1) << 24)

static inline int64_t trace_pending_live(const struct trace_thread *thread)
{
	return (int32_t)(thread->pending << 8) >> 8;
}

/* The chunk that glibc makes for a size: 8 bytes more, in units of 16, at least 32
 * (request2size in malloc/malloc.c). */
static inline uint64_t trace_small_chunk(uint64_t asked)
{
	uint64_t chunk = (asked + 23) & ~UINT64_C(15);

	return chunk < 32 ? 32 : chunk;
}

/* Exact but where the rest of a chunk was too little to be one: the class then has the
 * difference. */
static inline uint64_t trace_small_granted(uint64_t asked)
{
	return trace_small_chunk(asked) - 8;
}

static inline void trace_count_mallocs(
	struct trace_thread *thread, size_t bytes, uint64_t calls)
{
	struct trace_class *class = &thread->classes[trace_class_of(bytes)];

	class->calls[TRACE_MALLOC] += calls;
	class->asked_bytes += calls * bytes;
	class->granted_bytes += calls * trace_small_granted(bytes);
}

/* Has the classes tell all calls of a thread: of one that ended, or in a reader's copy.
 */
static inline void trace_settle(struct trace_thread *thread)
{
	for (size_t bytes = 0; bytes < TRACE_SMALL; bytes++) {
		if (thread->small_mallocs[bytes])
			trace_count_mallocs(thread, bytes, thread->small_mallocs[bytes]);
		thread->small_mallocs[bytes] = 0;
	}
	for (size_t unit = 1; unit < TRACE_SMALL / 16; unit++) {
		uint64_t bytes = 16 * unit - 8;
		struct trace_class *class = &thread->classes[trace_class_of(bytes)];

		class->calls[TRACE_FREE] += thread->small_frees[unit].calls;
		class->freed_bytes += thread->small_frees[unit].calls * bytes;
		thread->small_frees[unit].calls = 0;
	}
}

#endif
