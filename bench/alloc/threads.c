/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Blocks that change threads, threads that come and go: the allocator's caches, the way
 * home of a block that another thread frees, and what remains of a thread that ended.
 */
#include "bench/alloc/pattern.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

enum {
	RING = 4096,
	BATCH = 32,
	SHARED = 1024,
	SLOTS = 1000,
	BURST = 4000,
	GENERATIONS = 20,
	THREAD_BLOCKS = 100,
	THREAD_GIFTS = 10,
	SPINS = 200
};

struct ring {
	void *block[RING];
	_Atomic uint64_t written __attribute__((aligned(128)));
	_Atomic uint64_t read __attribute__((aligned(128)));
};

/* Gives the CPU away once in a while: there may be fewer of them than players. */
static void pause_a_little(unsigned *spins)
{
	if (++*spins % SPINS == 0)
		(void)sched_yield();
	else
		__asm__ volatile("" : : : "memory");
}

static void produce(struct player *player, struct ring *ring, uint64_t operations)
{
	uint64_t written = atomic_load(&ring->written);
	unsigned spins = 0;

	for (uint64_t end = written + operations; written != end;) {
		if (written + BATCH - atomic_load(&ring->read) > RING) {
			pause_a_little(&spins);
			continue;
		}
		for (unsigned i = 0; i < BATCH; i++, written++)
			ring->block[written % RING] =
				block_new(draw_size(player_draw(player), 4, 10), written);
		atomic_store_explicit(&ring->written, written, memory_order_release);
	}
}

static void consume(struct player *player, struct ring *ring, uint64_t operations)
{
	uint64_t read = atomic_load(&ring->read);
	unsigned spins = 0;

	for (uint64_t end = read + operations; read != end;) {
		if (atomic_load_explicit(&ring->written, memory_order_acquire) == read) {
			pause_a_little(&spins);
			continue;
		}
		for (unsigned i = 0; i < BATCH; i++, read++)
			block_free(player, ring->block[read % RING]);
		atomic_store_explicit(&ring->read, read, memory_order_release);
	}
}

/* Players with an even index allocate, and the next one frees. */
static void play_handover(struct player *player, uint64_t operations)
{
	operations -= operations % BATCH;
	if (player->index % 2 == 0)
		produce(player, player->state, operations);
	else
		consume(player, player->all[player->index - 1].state, operations);
	player->done += operations;
}

struct shared {
	_Atomic(void *) slot[SHARED];
};

/* All players put blocks into the same slots and free what they find there. */
static void play_exchange(struct player *player, uint64_t operations)
{
	struct shared *shared = player->all[0].state;

	for (uint64_t done = 0; done < operations; done++) {
		uint64_t draw = player_draw(player);
		void *block = block_new(draw_size(draw, 4, 10), done);

		block = atomic_exchange_explicit(&shared->slot[draw_below(draw, SHARED)],
			block, memory_order_acq_rel);
		if (block)
			block_free(player, block);
	}
	player->done += operations;
}

static void empty_shared(struct player *player)
{
	struct shared *shared = player->state;

	for (unsigned i = 0; player->index == 0 && i < SHARED; i++)
		if (atomic_load(&shared->slot[i]))
			block_free(player, atomic_load(&shared->slot[i]));
}

struct server {
	void *slot[SLOTS];
	uint64_t operations; /* of one generation */
};

static void start(pthread_t *thread, struct player *player, void *(*function)(void *))
{
	pthread_attr_t attributes;
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(player->cpu, &set);
	if (pthread_attr_init(&attributes) != 0 ||
		pthread_attr_setaffinity_np(&attributes, sizeof(set), &set) != 0 ||
		pthread_create(thread, &attributes, function, player) != 0)
		pattern_fail("no thread");
	(void)pthread_attr_destroy(&attributes);
}

static void *serve(void *argument)
{
	struct player *player = argument;
	struct server *server = player->state;

	for (uint64_t i = 0; i < server->operations; i++) {
		uint64_t draw = player_draw(player);
		void **slot = &server->slot[draw_below(draw, SLOTS)];

		if (*slot)
			block_free(player, *slot);
		*slot = block_new(8 + draw_below(draw >> 32, 993), i);
	}
	return NULL;
}

/* As in Larson and Krishnan, "Memory allocation for long-running server applications",
 * 1998: the blocks of a thread that ended are inherited, and freed, by the next one. */
static void play_larson(struct player *player, uint64_t operations)
{
	struct server *server = player->state;

	server->operations = operations / GENERATIONS;
	for (unsigned i = 0; i < GENERATIONS; i++) {
		pthread_t thread;

		start(&thread, player, serve);
		(void)pthread_join(thread, NULL);
	}
	player->done += server->operations * GENERATIONS;
}

static void close_server(struct player *player)
{
	struct server *server = player->state;

	for (unsigned i = 0; i < SLOTS; i++)
		if (server->slot[i])
			block_free(player, server->slot[i]);
}

struct burst {
	void *block[BURST];
};

static void play_storm(struct player *player, uint64_t operations)
{
	struct burst *burst = player->state;
	uint64_t target = player->done + operations;

	while (player->done < target) {
		uint64_t draw = player_draw(player);
		unsigned count = BURST / 4 + (unsigned)draw_below(draw, BURST * 3 / 4);
		unsigned low = 4 + (unsigned)(draw >> 62);

		for (unsigned i = 0; i < count; i++)
			burst->block[i] = block_new(
				draw_size(player_draw(player), low, low + 2), i);
		for (unsigned i = 0; i < count; i++)
			block_free(player, burst->block[i]);
		player->done += count;
	}
}

struct errand {
	void *gift[THREAD_GIFTS];
};

static void *run_errand(void *argument)
{
	struct player *player = argument;
	struct errand *errand = player->state;
	void *block[THREAD_BLOCKS];

	for (unsigned i = 0; i < THREAD_BLOCKS; i++)
		block[i] = block_new(draw_size(player_draw(player), 4, 11), i);
	for (unsigned i = 0; i < THREAD_BLOCKS; i++)
		if (i % (THREAD_BLOCKS / THREAD_GIFTS) == 0)
			errand->gift[i / (THREAD_BLOCKS / THREAD_GIFTS)] = block[i];
		else
			block_free(player, block[i]);
	return NULL;
}

/* An operation is a thread that starts, allocates, leaves a few blocks behind and ends.
 */
static void play_short_threads(struct player *player, uint64_t operations)
{
	struct errand *errand = player->state;

	for (uint64_t done = 0; done < operations; done++) {
		pthread_t thread;

		start(&thread, player, run_errand);
		(void)pthread_join(thread, NULL);
		for (unsigned i = 0; i < THREAD_GIFTS; i++)
			block_free(player, errand->gift[i]);
	}
	player->done += operations;
}

const struct pattern pattern_handover = {
	.name = "handover",
	.summary = "16 to 1023 bytes, allocated by one thread and freed by another",
	.state_bytes = sizeof(struct ring),
	.operations = 800000,
	.threads = true,
	.play = play_handover,
};

const struct pattern pattern_exchange = {
	.name = "exchange",
	.summary = "16 to 1023 bytes, all threads free each other's blocks",
	.state_bytes = sizeof(struct shared),
	.operations = 1600000,
	.threads = true,
	.end = empty_shared,
	.play = play_exchange,
};

const struct pattern pattern_larson = {
	.name = "larson",
	.summary = "8 to 1000 bytes, 1000 live a thread, inherited by the next thread",
	.state_bytes = sizeof(struct server),
	.operations = 9000000,
	.threads = true,
	.end = close_server,
	.play = play_larson,
};

const struct pattern pattern_storm = {
	.name = "storm",
	.summary = "bursts of up to 4000 blocks in each thread, of changing sizes",
	.state_bytes = sizeof(struct burst),
	.operations = 12000000,
	.threads = true,
	.play = play_storm,
};

const struct pattern pattern_short_threads = {
	.name = "short-threads",
	.summary = "threads that allocate 100 blocks and leave 10 to free when they end",
	.state_bytes = sizeof(struct errand),
	.operations = 4000,
	.play = play_short_threads,
};
