/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/alloc/hp/model.h"

#include "base/random.h"

#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

/* Blocks up to WHOLE are written to the last byte, larger ones at both ends and a byte of
 * each page. */
enum { WHOLE = 4096, ENDS = 256, PAGE = 4096, ERRNO_MARK = 12345, ALIGNMENT_MIN = 16 };

static bool complain(struct model *model, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static bool complain(struct model *model, const char *format, ...)
{
	va_list list;

	/* The first one is the cause, and what follows may be its effect. */
	if (model->wrong[0])
		return false;
	va_start(list, format);
	(void)vsnprintf(model->wrong, sizeof(model->wrong), format, list);
	va_end(list);
	return false;
}

void model_init(struct model *model, const struct model_heap *heap)
{
	memset(model, 0, sizeof(*model));
	model->heap = heap;
}

static unsigned char byte_at(uint32_t tag, size_t offset)
{
	return (unsigned char)((tag ^ (uint32_t)(offset * 2654435761u)) >> 13);
}

/* The offset that is looked at after this one. */
static size_t next_offset(size_t offset, size_t bytes)
{
	if (bytes <= WHOLE || offset + 1 < ENDS || offset >= bytes - ENDS)
		return offset + 1;
	if (offset + PAGE < bytes - ENDS)
		return offset + PAGE;
	return bytes - ENDS;
}

static void fill(struct model_block *block)
{
	for (size_t i = 0; i < block->usable; i = next_offset(i, block->usable))
		block->at[i] = byte_at(block->tag, i);
}

/* Of a block that was filled when `usable` bytes long, the first `bytes`. */
static bool holds(struct model *model, const unsigned char *at, uint32_t tag,
	size_t usable, size_t bytes, const char *when)
{
	for (size_t i = 0; i < bytes; i = next_offset(i, usable))
		if (at[i] != byte_at(tag, i))
			return complain(model, "%s: byte %zu of a block of %zu changed",
				when, i, usable);
	return true;
}

static bool overlaps(const struct model *model, const struct model_block *block)
{
	for (size_t i = 0; i < MODEL_SLOTS; i++) {
		const struct model_block *other = &model->blocks[i];

		if (other->at && other != block &&
			other->at < block->at + block->usable &&
			block->at < other->at + other->usable)
			return true;
	}
	return false;
}

/* Takes what an allocating call gave into a slot that was empty. */
static bool adopt(struct model *model, struct model_block *block, void *given,
	size_t bytes, size_t alignment, const char *call)
{
	int error = errno;

	if (!given) {
		if (error != ENOMEM)
			return complain(model, "%s(%zu): failed with errno %d", call,
				bytes, error);
		if (bytes > PTRDIFF_MAX)
			return true;
		model->failed++;
		return model->may_fail ||
		       complain(model, "%s(%zu): out of memory", call, bytes);
	}
	if (bytes > PTRDIFF_MAX)
		return complain(model, "%s(%zu): served", call, bytes);
	if (error != ERRNO_MARK)
		return complain(model, "%s(%zu): errno became %d", call, bytes, error);
	if ((uintptr_t)given % alignment != 0)
		return complain(model, "%s(%zu): %p is not aligned to %zu", call, bytes,
			given, alignment);
	block->at = given;
	block->bytes = bytes;
	block->usable = model->heap->usable_size(given);
	block->tag = ++model->tags * 2246822519u;
	if (block->usable < bytes)
		return complain(
			model, "%s(%zu): only %zu usable", call, bytes, block->usable);
	if (overlaps(model, block))
		return complain(model, "%s(%zu): overlaps a live block", call, bytes);
	if (model->heap->owns && !model->heap->owns(given))
		return complain(model, "%s(%zu): not owned", call, bytes);
	model->live_bytes += bytes;
	fill(block);
	return true;
}

static bool verify(struct model *model, const struct model_block *block, const char *when)
{
	if (!holds(model, block->at, block->tag, block->usable, block->usable, when))
		return false;
	if (model->heap->usable_size(block->at) != block->usable)
		return complain(model, "%s: the usable size changed from %zu to %zu",
			when, block->usable, model->heap->usable_size(block->at));
	return true;
}

static bool release(struct model *model, struct model_block *block, bool sized)
{
	bool good;

	if (!block->at)
		return true;
	good = verify(model, block, "before free");
	errno = ERRNO_MARK;
	if (sized)
		model->heap->free_sized(block->at, block->bytes);
	else
		model->heap->free(block->at);
	if (errno != ERRNO_MARK)
		good = complain(model, "free: errno became %d", errno);
	model->live_bytes -= block->bytes;
	block->at = NULL;
	return good;
}

static bool resize(
	struct model *model, struct model_block *block, size_t bytes, bool array)
{
	struct model_block before = *block;
	size_t kept = before.bytes < bytes ? before.bytes : bytes;
	size_t unit = bytes % 3 == 0 ? 3 : 1;
	void *given;

	errno = ERRNO_MARK;
	given = array ? model->heap->reallocarray(before.at, bytes / unit, unit)
		      : model->heap->realloc(before.at, bytes);
	if (before.at && bytes == 0) {
		/* glibc's: frees. */
		if (given)
			return complain(model, "realloc(p, 0): not NULL");
		if (errno != ERRNO_MARK)
			return complain(model, "realloc(p, 0): errno became %d", errno);
		model->live_bytes -= before.bytes;
		block->at = NULL;
		return true;
	}
	if (!given)
		return adopt(model, block, NULL, bytes, ALIGNMENT_MIN, "realloc") &&
		       (!before.at || verify(model, block, "after realloc failed"));
	if (before.at &&
		!holds(model, given, before.tag, before.usable, kept, "after realloc"))
		return false;
	if (before.at)
		model->live_bytes -= before.bytes;
	block->at = NULL;
	return adopt(model, block, given, bytes, ALIGNMENT_MIN, "realloc");
}

static bool make(
	struct model *model, struct model_block *block, const struct model_step *step)
{
	const struct model_heap *heap = model->heap;
	size_t alignment = (size_t)1 << step->alignment % MODEL_ALIGNMENTS;
	size_t bytes = step->bytes;
	void *given = NULL;
	int error;

	errno = ERRNO_MARK;
	switch (step->call) {
	case MODEL_CALLOC:
		given = bytes % 7 == 0 ? heap->calloc(bytes / 7, 7)
				       : heap->calloc(1, bytes);
		for (size_t i = 0; given && i < bytes; i++)
			if (((const unsigned char *)given)[i] != 0)
				return complain(model,
					"calloc: byte %zu of %zu is not zero", i, bytes);
		return adopt(model, block, given, bytes, ALIGNMENT_MIN, "calloc");
	case MODEL_ALIGNED_ALLOC:
		given = heap->aligned_alloc(alignment, bytes);
		return adopt(model, block, given, bytes, alignment, "aligned_alloc");
	case MODEL_POSIX_MEMALIGN:
		if (alignment < sizeof(void *))
			alignment = sizeof(void *);
		error = heap->posix_memalign(&given, alignment, bytes);
		if (error != 0) {
			if (given)
				return complain(
					model, "posix_memalign: wrote on failure");
			errno = error;
		}
		return adopt(model, block, given, bytes, alignment, "posix_memalign");
	default:
		given = heap->malloc(bytes);
		return adopt(model, block, given, bytes, ALIGNMENT_MIN, "malloc");
	}
}

bool model_step(struct model *model, const struct model_step *step)
{
	struct model_block *block = &model->blocks[step->slot % MODEL_SLOTS];

	switch (step->call) {
	case MODEL_FREE:
		return release(model, block, false);
	case MODEL_FREE_SIZED:
		return release(model, block, true);
	case MODEL_VERIFY:
		return !block->at || verify(model, block, "live");
	default:
		break;
	}
	if (model->live_max && step->bytes <= PTRDIFF_MAX &&
		model->live_bytes + step->bytes > model->live_max)
		return release(model, block, false);
	if (step->call == MODEL_REALLOC || step->call == MODEL_REALLOCARRAY)
		return resize(
			model, block, step->bytes, step->call == MODEL_REALLOCARRAY);
	return release(model, block, false) && make(model, block, step);
}

bool model_verify(struct model *model)
{
	for (size_t i = 0; i < MODEL_SLOTS; i++)
		if (model->blocks[i].at &&
			!verify(model, &model->blocks[i], "at the end"))
			return false;
	return true;
}

bool model_release(struct model *model)
{
	bool good = true;

	for (size_t i = 0; i < MODEL_SLOTS; i++)
		good = release(model, &model->blocks[i], i % 2) && good;
	return good;
}

bool model_run(
	struct model *model, uint64_t seed, unsigned long count, unsigned size_bits)
{
	struct random random;

	random_init(&random, seed);
	for (unsigned long i = 0; i < count; i++) {
		unsigned bits = (unsigned)random_below(&random, size_bits + 1);
		struct model_step step = {
			.call = (enum model_call)random_below(&random, MODEL_CALLS),
			.slot = (unsigned)random_below(&random, MODEL_SLOTS),
			.bytes = (size_t)random_below(&random, ((uint64_t)1 << bits) + 1),
			.alignment = (unsigned)random_below(&random, MODEL_ALIGNMENTS),
		};

		if (!model_step(model, &step)) {
			(void)complain(model, "step %lu", i);
			return false;
		}
	}
	return model_verify(model);
}
