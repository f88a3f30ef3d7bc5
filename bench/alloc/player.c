/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * alloc-player PATTERN DIVISOR SEED: plays one pattern under whatever allocator it was
 * started with, and prints one line of NAME=VALUE. Nothing here calls malloc before the
 * pattern does, and nothing is printed before it ended.
 */
#include "bench/alloc/player.h"
#include "base/cpus.h"
#include "base/random.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

enum { TIMEOUT_S = 60, TIME_MAX_NS = 100000000 };

static struct player players[PLAYERS_MAX];
static pthread_barrier_t barrier;
static uint64_t divisor = 1;
static uint64_t played_ns; /* written by the first player, between two barriers */
static size_t state_bytes; /* of all players */

/* From the first start to the last end. */
static uint64_t span_of_slice(const struct player *player)
{
	uint64_t start = player->start_ns;
	uint64_t end = player->end_ns;

	for (unsigned i = 0; i < player->count; i++) {
		const struct player *other = &player->all[i];

		start = other->start_ns < start ? other->start_ns : start;
		end = other->end_ns > end ? other->end_ns : end;
	}
	return end - start;
}

/* A part of the work, begun and ended together by all players. */
static void play_slice(struct player *player, uint64_t operations)
{
	(void)pthread_barrier_wait(&barrier);
	player->start_ns = pattern_now_ns();
	player->pattern->play(player, operations);
	player->end_ns = pattern_now_ns();
	(void)pthread_barrier_wait(&barrier);
	if (player->index == 0)
		played_ns += span_of_slice(player);
	(void)pthread_barrier_wait(&barrier);
}

/*
 * Slices until the work is done or has taken long enough: for some patterns the slowest
 * allocator needs a thousand times as long as the fastest. An eighth of either, before
 * that, warms up. What `once` marks is one slice.
 */
static void play_all(struct player *player)
{
	const struct pattern *pattern = player->pattern;
	/* Few where each one costs wake-ups. */
	uint64_t slices = pattern->once ? 1 : pattern->threads ? 16 : 256;
	uint64_t operations = pattern->operations / divisor / slices;
	uint64_t limit_ns = TIME_MAX_NS / divisor;

	operations += operations == 0;
	for (uint64_t i = 0; i < slices / 8 && played_ns < limit_ns / 8; i++)
		play_slice(player, operations);
	(void)pthread_barrier_wait(&barrier);
	player->warmed = player->done;
	if (player->index == 0)
		played_ns = 0;
	(void)pthread_barrier_wait(&barrier);
	for (uint64_t i = 0; i < slices && played_ns < limit_ns; i++)
		play_slice(player, operations);
}

static void *perform(void *argument)
{
	struct player *player = argument;

	(void)cpus_pin(player->cpu);
	if (player->pattern->begin)
		player->pattern->begin(player);
	play_all(player);
	if (player->index == 0)
		pattern_note_peak();
	(void)pthread_barrier_wait(&barrier);
	if (player->pattern->end)
		player->pattern->end(player);
	return NULL;
}

/* One on each CPU that is allowed, the last ones first: interrupts prefer the first. */
static unsigned seat_players(const struct pattern *pattern, uint64_t seed)
{
	struct cpus cpus;
	unsigned count = 0;

	if (cpus_allowed(&cpus) != 0)
		pattern_fail("the allowed CPUs cannot be read");
	for (unsigned cpu = CPUS_MAX; cpu-- > 0 && count < PLAYERS_MAX;)
		if (cpus_has(&cpus, cpu))
			players[count++].cpu = cpu;
	if (!pattern->threads)
		count = 1;
	else if (count == 1)
		players[count++].cpu = players[0].cpu;
	else
		count -= count % 2; /* some patterns play in pairs */
	for (unsigned i = 0; i < count; i++) {
		struct player *player = &players[i];

		player->pattern = pattern;
		player->all = players;
		player->index = i;
		player->count = count;
		player->seed = player->drawn = random_derive(seed, i);
		player->state = mmap(NULL, pattern->state_bytes, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
		if (player->state == MAP_FAILED)
			pattern_fail("out of memory");
		state_bytes += pattern->state_bytes;
	}
	return count;
}

static void print_result(unsigned count)
{
	uint64_t checksum = 0;
	uint64_t done = 0;
	uint64_t warmed = 0;
	Dl_info info = {0};
	/* The address that the loader gave, which is the preloaded library's. */
	void *function = dlsym(RTLD_DEFAULT, "malloc");

	for (unsigned i = 0; i < count; i++) {
		checksum += players[i].checksum;
		done += players[i].done;
		warmed += players[i].warmed;
	}
	(void)dladdr(function, &info);
	printf("operations=%llu all=%llu wall_ns=%llu players=%u checksum=%llu peak_bytes=%llu",
		(unsigned long long)(done - warmed), (unsigned long long)done,
		(unsigned long long)played_ns, count, (unsigned long long)checksum,
		(unsigned long long)(player_peak_bytes() - state_bytes));
	player_print_reports();
	printf(" library=%s\n", info.dli_fname ? info.dli_fname : "?");
}

int main(int argc, char **argv)
{
	const struct pattern *pattern = argc == 4 ? pattern_find(argv[1]) : NULL;
	pthread_t threads[PLAYERS_MAX];
	unsigned count;

	if (!pattern)
		pattern_fail("usage: alloc-player PATTERN DIVISOR SEED");
	divisor = strtoull(argv[2], NULL, 10);
	if (divisor == 0)
		pattern_fail("the divisor is above 0");
	(void)alarm(TIMEOUT_S); /* a run that hangs ends, and counts as failed */
	count = seat_players(pattern, strtoull(argv[3], NULL, 10));
	if (pthread_barrier_init(&barrier, NULL, count) != 0)
		pattern_fail("no barrier");
	for (unsigned i = 1; i < count; i++)
		if (pthread_create(&threads[i], NULL, perform, &players[i]) != 0)
			pattern_fail("no thread");
	(void)perform(&players[0]);
	for (unsigned i = 1; i < count; i++)
		(void)pthread_join(threads[i], NULL);
	print_result(count);
	return 0;
}
