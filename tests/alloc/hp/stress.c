/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/alloc/hp/stress.h"

#include "base/random.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

enum { THREADS_MAX = 64, PLACES = 64, LEFT = 20, ON_THE_WAY = 1000 };

/* A block knows its size and repeats a tag of that: at its head, end, and in between. */
struct parcel {
	size_t bytes;
	uint64_t tag;
};

static uint64_t tag_of(size_t bytes, const void *at)
{
	return (bytes ^ (uintptr_t)at) * 0x9e3779b97f4a7c15u;
}

static void *pack(
	const struct model_heap *heap, struct random *random, unsigned size_bits)
{
	unsigned bits = 5 + (unsigned)random_below(random, size_bits - 4);
	size_t bytes = sizeof(struct parcel) + random_below(random, (uint64_t)1 << bits);
	struct parcel *parcel;
	void *aligned = NULL;

	switch (random_below(random, 8)) {
	case 0:
		parcel = heap->calloc(1, bytes);
		if (parcel && (parcel->bytes != 0 || parcel->tag != 0))
			return NULL;
		break;
	case 1:
		if (heap->posix_memalign(&aligned, (size_t)64 << bits % 7, bytes) != 0)
			return NULL;
		parcel = aligned;
		break;
	case 2:
		parcel = heap->realloc(heap->malloc(bytes / 2), bytes);
		break;
	default:
		parcel = heap->malloc(bytes);
	}
	if (!parcel)
		return NULL;
	parcel->bytes = bytes;
	parcel->tag = tag_of(bytes, parcel);
	memset(parcel + 1, (int)(parcel->tag & 0xff), bytes - sizeof(*parcel));
	return parcel;
}

static bool unpack(const struct model_heap *heap, void *block)
{
	const struct parcel *parcel = block;
	size_t bytes = parcel->bytes;
	uint64_t tag = tag_of(bytes, block);
	const unsigned char *data = (const unsigned char *)(parcel + 1);

	if (parcel->tag != tag || heap->usable_size(block) < bytes)
		return false;
	for (size_t i = 0; i < bytes - sizeof(*parcel); i++)
		if (data[i] != (tag & 0xff))
			return false;
	if (tag & 0x100)
		heap->free_sized(block, bytes);
	else
		heap->free(block);
	return true;
}

static char text[sizeof(((struct model *)0)->wrong)];

struct crowd {
	const struct model_heap *heap;
	unsigned long steps;
	unsigned size_bits;
	_Atomic(void *) place[PLACES];
	_Atomic bool wrong;
	_Atomic uint64_t seeds;
};

/* The first one is kept: what follows may be its effect. Read after all were joined. */
static void report(struct crowd *crowd, const char *wrong)
{
	if (!atomic_exchange(&crowd->wrong, true))
		(void)snprintf(text, sizeof(text), "%s", wrong);
}

static const char *verdict(const struct crowd *crowd)
{
	return atomic_load(&crowd->wrong) ? text : NULL;
}

/* Starts `threads` of a function on a crowd and waits for them. */
static void gather(struct crowd *crowd, void *(*function)(void *), unsigned threads)
{
	pthread_t thread[THREADS_MAX];
	unsigned started = 0;

	while (started < threads && started < THREADS_MAX &&
		pthread_create(&thread[started], NULL, function, crowd) == 0)
		started++;
	if (started < threads)
		report(crowd, "a thread could not be started");
	while (started > 0)
		(void)pthread_join(thread[--started], NULL);
}

static void *hand_over(void *argument)
{
	struct crowd *crowd = argument;
	struct random random;

	random_init(&random, atomic_fetch_add(&crowd->seeds, 1));
	for (unsigned long i = 0; i < crowd->steps && !atomic_load(&crowd->wrong); i++) {
		void *block = pack(crowd->heap, &random, crowd->size_bits);

		if (!block) {
			report(crowd, "out of memory, or calloc's was not zero");
			return NULL;
		}
		block = atomic_exchange(
			&crowd->place[random_below(&random, PLACES)], block);
		if (block && !unpack(crowd->heap, block))
			report(crowd, "a block that another thread wrote changed");
	}
	return NULL;
}

/* The rest of what lies in the places. */
static const char *clear(struct crowd *crowd)
{
	for (size_t i = 0; i < PLACES; i++) {
		void *block = atomic_exchange(&crowd->place[i], NULL);

		if (block && !unpack(crowd->heap, block))
			report(crowd, "a block left behind changed");
	}
	return verdict(crowd);
}

const char *stress_handover(const struct model_heap *heap, unsigned threads,
	unsigned long steps, unsigned size_bits)
{
	struct crowd crowd = {.heap = heap, .steps = steps, .size_bits = size_bits};

	gather(&crowd, hand_over, threads);
	return clear(&crowd);
}

static void *run_model(void *argument)
{
	struct crowd *crowd = argument;
	/* Not from the heap under test. */
	struct model *model = mmap(NULL, sizeof(*model), PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (model == MAP_FAILED) {
		report(crowd, "out of memory");
		return NULL;
	}
	model_init(model, crowd->heap);
	model->live_max = (size_t)32 << 20;
	if (!model_run(model, atomic_fetch_add(&crowd->seeds, 1), crowd->steps,
		    crowd->size_bits) ||
		!model_release(model))
		report(crowd, model->wrong);
	(void)munmap(model, sizeof(*model));
	return NULL;
}

const char *stress_models(const struct model_heap *heap, unsigned threads,
	unsigned long steps, unsigned size_bits)
{
	struct crowd crowd = {.heap = heap, .steps = steps, .size_bits = size_bits};

	gather(&crowd, run_model, threads);
	return verdict(&crowd);
}

static void *live_and_leave(void *argument)
{
	struct crowd *crowd = argument;
	struct random random;

	random_init(&random, atomic_fetch_add(&crowd->seeds, 1));
	for (unsigned i = 0; i < 2 * LEFT; i++) {
		void *block = pack(crowd->heap, &random, crowd->size_bits);

		if (block && i % 2)
			block = atomic_exchange(
				&crowd->place[random_below(&random, PLACES)], block);
		else if (!block)
			report(crowd, "out of memory, or calloc's was not zero");
		if (block && !unpack(crowd->heap, block))
			report(crowd, "a block of a thread that ended changed");
	}
	return NULL;
}

const char *stress_generations(
	const struct model_heap *heap, unsigned long count, unsigned at_once)
{
	struct crowd crowd = {.heap = heap, .size_bits = 13};

	for (unsigned long i = 0; i < count && !atomic_load(&crowd.wrong); i += at_once)
		gather(&crowd, live_and_leave, at_once);
	return clear(&crowd);
}

struct pipe {
	struct crowd crowd;
	void *ring[ON_THE_WAY];
	_Atomic unsigned long written;
	_Atomic unsigned long read;
};

static void *produce(void *argument)
{
	struct pipe *pipe = argument;
	struct random random;

	random_init(&random, 1);
	for (unsigned long i = 0; i < pipe->crowd.steps; i++) {
		while (i - atomic_load(&pipe->read) >= ON_THE_WAY)
			(void)sched_yield();
		pipe->ring[i % ON_THE_WAY] =
			pack(pipe->crowd.heap, &random, pipe->crowd.size_bits);
		atomic_store(&pipe->written, i + 1);
	}
	return NULL;
}

const char *stress_pipeline(const struct model_heap *heap, unsigned long blocks)
{
	struct pipe pipe = {.crowd = {.heap = heap, .steps = blocks, .size_bits = 11}};
	const char *wrong = NULL;
	pthread_t producer;

	if (pthread_create(&producer, NULL, produce, &pipe) != 0)
		return "a thread could not be started";
	for (unsigned long i = 0; i < blocks; i++) {
		void *block;

		while (atomic_load(&pipe.written) <= i)
			(void)sched_yield();
		block = pipe.ring[i % ON_THE_WAY];
		if (!block || !unpack(heap, block))
			wrong = "a block changed on the way, or there was none";
		atomic_store(&pipe.read, i + 1);
	}
	(void)pthread_join(producer, NULL);
	return wrong;
}
