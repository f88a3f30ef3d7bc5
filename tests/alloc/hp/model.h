/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef TESTS_ALLOC_HP_MODEL_H
#define TESTS_ALLOC_HP_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * What every sequence of calls to an allocator must keep to, whatever it is: a model
 * holds the live blocks, with what was written to them, and checks each call against
 * them.
 *
 *   - a block is aligned as asked (16 bytes where nothing was asked) and overlaps no
 * other
 *   - its usable size is at least what was asked, and all of it may be written
 *   - nothing but its owner changes it; realloc keeps what fits; calloc gives zeros
 *   - a call that succeeds leaves errno alone; one that fails gives NULL and ENOMEM, and
 *     changes nothing
 */

/* The allocator under test. `owns` may be NULL. */
struct model_heap {
	void *(*malloc)(size_t bytes);
	void *(*calloc)(size_t count, size_t bytes);
	void *(*realloc)(void *block, size_t bytes);
	void *(*reallocarray)(void *block, size_t count, size_t bytes);
	void (*free)(void *block);
	void (*free_sized)(void *block, size_t bytes);
	void *(*aligned_alloc)(size_t alignment, size_t bytes);
	int (*posix_memalign)(void **block, size_t alignment, size_t bytes);
	size_t (*usable_size)(void *block);
	bool (*owns)(const void *block);
};
extern const struct model_heap model_hp; /* hp itself (model-hp.c) */

enum model_call {
	MODEL_MALLOC,
	MODEL_CALLOC,
	MODEL_REALLOC,
	MODEL_REALLOCARRAY,
	MODEL_FREE,
	MODEL_FREE_SIZED,
	MODEL_ALIGNED_ALLOC,
	MODEL_POSIX_MEMALIGN,
	MODEL_VERIFY, /* reads the block */
	MODEL_CALLS
};

/* A call; one that makes a block frees first what lies in its slot. */
struct model_step {
	enum model_call call;
	unsigned slot;      /* any number: taken modulo the slots */
	size_t bytes;       /* any */
	unsigned alignment; /* its binary logarithm, taken modulo MODEL_ALIGNMENTS */
};

enum { MODEL_SLOTS = 256, MODEL_ALIGNMENTS = 18 };

struct model_block {
	unsigned char *at; /* NULL: empty slot */
	size_t bytes;      /* asked for */
	size_t usable;     /* all written */
	uint32_t tag;      /* what was written */
};

struct model {
	const struct model_heap *heap;
	struct model_block blocks[MODEL_SLOTS];
	size_t live_bytes;
	size_t live_max; /* a step that would exceed it frees instead; 0: no limit */
	bool may_fail;   /* NULL with ENOMEM is allowed at any time */
	unsigned long failed;
	uint32_t tags;
	char wrong[160]; /* what was found; empty: nothing */
};

void model_init(struct model *model, const struct model_heap *heap);

/* False where the allocator broke a rule, which `wrong` tells. */
bool model_step(struct model *model, const struct model_step *step);

/* `count` steps from a seed: sizes log-uniform up to 2^size_bits, the whole model's mix
 * of calls, verifying everything at the end. False as above. */
bool model_run(
	struct model *model, uint64_t seed, unsigned long count, unsigned size_bits);

/* Verifies all blocks. */
bool model_verify(struct model *model);

/* Verifies and frees all blocks. */
bool model_release(struct model *model);

#endif
