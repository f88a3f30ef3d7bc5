/* SPDX-License-Identifier: MIT */
#ifndef INTERPOSE_TRACE_FORMAT_H
#define INTERPOSE_TRACE_FORMAT_H

#include <stdatomic.h>
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

#define TRACE_MAGIC 0x3143525443534545u /* "EESCTRC1" */

enum {
	/* Size classes: 0 is zero bytes, then two an octave: [2^k, 1.5 x 2^k) and
	 * [1.5 x 2^k, 2^(k+1)), from 1 byte up. */
	TRACE_CLASSES = 2 * 48 + 1,
	TRACE_THREADS = 1024,
	TRACE_SITES = 8192,
	TRACE_FRAMES = 24,
	TRACE_SAMPLES = 65536, /* live sampled blocks: a power of two */
	TRACE_TIMELINE = 65536,
	TRACE_TIMES = 65,     /* classes of the time of a call: up to 2^32 ns */
	TRACE_LIFETIMES = 40, /* bucket k: [2^k, 2^(k+1)) ns; the last is open */
	TRACE_MODULES = 512,
	TRACE_PATH = 256,
	TRACE_NAME = 16,
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

/* Some calls are timed: one in `timed_every`, the allocator's part alone. By classes of
 * ns as those of bytes: a call that was interrupted says nothing of the others. */
struct trace_times {
	uint64_t calls;
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
	struct trace_class classes[TRACE_CLASSES];
	struct trace_times times[TRACE_CALLS];
	/* Working state of the thread. */
	int64_t live_unflushed_bytes;
	int64_t sample_left_bytes; /* until the next sample */
	uint64_t random;
	uint32_t timed_left;
	uint32_t nesting; /* above 0: inside the library itself */
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
	uint32_t timed_every;
	uint64_t sample_bytes;         /* mean distance of samples */
	uint64_t started_ns, ended_ns; /* ended 0: still running, or died */
	char program[TRACE_PATH];
	char allocator[TRACE_PATH]; /* the file whose malloc is called */
	_Atomic int64_t live_bytes;
	_Atomic int64_t peak_bytes;
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

#endif
