/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The chase kernel beside an independent one, over the same pages in the same run: two
 * programs of different construction must agree on the load-to-use latency. The other
 * chase is the textbook's: Sattolo's cycle ("An algorithm to generate a random cyclic
 * permutation", 1986) from rand48, built and followed by code that shares nothing with
 * core/, one load an iteration, timed by the processor's CPU-time clock. The two take
 * turns, each on a fresh cycle, and the ratio of each pair is reported as a median with
 * its 95 % sign-test interval. Also: the time to build a random cycle.
 */
#include "alloc/backend.h"
#include "base/clock.h"
#include "base/cpus.h"
#include "base/number.h"
#include "core/kernel.h"
#include "core/statistics.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { PAIRS = 21, LINE = 64 };

static double seconds(clockid_t id)
{
	struct timespec t;

	(void)clock_gettime(id, &t);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* One read of the independent chase, ns. */
static double independent(char *base, uint64_t bytes, uint64_t reads, unsigned seed)
{
	uint64_t lines = bytes / LINE;
	uint64_t *order = malloc(lines * sizeof(*order));
	unsigned short state[3] = {
		(unsigned short)seed, (unsigned short)(seed >> 16), 0x330e};
	char *p = base;

	if (!order)
		exit(1);
	for (uint64_t i = 0; i < lines; i++)
		order[i] = i;
	for (uint64_t i = lines - 1; i > 0; i--) {
		uint64_t j = (uint64_t)(erand48(state) * (double)i);
		uint64_t moved = order[i];

		order[i] = order[j];
		order[j] = moved;
	}
	for (uint64_t i = 0; i < lines; i++)
		*(char **)(void *)(base + i * LINE) = base + order[i] * LINE;
	free(order);
	for (uint64_t i = 0; i < lines + reads / 4; i++)
		p = *(char *volatile *)(void *)p;
	double start = seconds(CLOCK_THREAD_CPUTIME_ID);

	for (uint64_t i = 0; i < reads; i++)
		p = *(char *volatile *)(void *)p;
	double end = seconds(CLOCK_THREAD_CPUTIME_ID);

	__asm__ volatile("" : : "r"(p));
	return (end - start) * 1e9 / (double)reads;
}

static double ours(char *base, uint64_t bytes, uint64_t reads, uint64_t seed,
	struct kernel_scratch *scratch)
{
	struct kernel_state state = {.base = base, .bytes = bytes, .stride = LINE};
	struct random random;
	uint64_t warm;

	random_init(&random, seed);
	if (kernel_chase.prepare(&state, &random, scratch))
		exit(1);
	warm = (state.reads + reads / 4) / KERNEL_UNROLL * KERNEL_UNROLL;
	kernel_chase.run(&state, warm);
	uint64_t start = clocks_system.cpu_ns();

	kernel_chase.run(&state, reads);
	return (double)(clocks_system.cpu_ns() - start) / (double)reads;
}

static void compare(const struct memory_backend *backend, uint64_t bytes)
{
	struct memory_request request = {bytes, MEMORY_ANY_NODE};
	struct kernel_scratch scratch = {0};
	struct complaint complaint = {0};
	struct memory_grant grant;
	double ratio[PAIRS];
	double a[PAIRS];
	double b[PAIRS];
	double low;
	double high;
	char size[NUMBER_TEXT];
	uint64_t reads = bytes <= 4 << 20 ? 1 << 20 : 1 << 18;

	if (backend->acquire(&request, &grant, &complaint)) {
		printf("%-12s %s: %s\n", backend->name, complaint.what, complaint.why);
		return;
	}
	for (unsigned i = 0; i < PAIRS; i++) {
		/* Who goes first changes from pair to pair. */
		if (i % 2)
			b[i] = independent(grant.base, bytes, reads, 1 + i);
		a[i] = ours(grant.base, bytes, reads, 1 + i, &scratch);
		if (i % 2 == 0)
			b[i] = independent(grant.base, bytes, reads, 1 + i);
		ratio[i] = a[i] / b[i];
	}
	statistics_sort(ratio, PAIRS);
	(void)statistics_median_interval(ratio, PAIRS, 0.95, &low, &high);
	printf("%-12s %8s %10.3f %12.3f %9.4f  %.4f-%.4f\n", backend->name,
		number_format_bytes(size, bytes), statistics_median(a, PAIRS),
		statistics_median(b, PAIRS), statistics_quantile(ratio, PAIRS, 0.5), low,
		high);
	kernel_scratch_release(&scratch);
	backend->release(&grant);
}

static void time_cycle(uint64_t bytes)
{
	struct memory_request request = {bytes, MEMORY_ANY_NODE};
	struct complaint complaint = {0};
	struct kernel_scratch scratch = {0};
	struct memory_grant grant;
	char size[NUMBER_TEXT];
	double took[3];

	if (memory_find("small")->acquire(&request, &grant, &complaint)) {
		printf("random cycle: %s: %s\n", complaint.what, complaint.why);
		return;
	}
	for (int i = 0; i < 3; i++) {
		struct kernel_state state = {
			.base = grant.base, .bytes = bytes, .stride = LINE};
		struct random random;
		double start = seconds(CLOCK_MONOTONIC);

		random_init(&random, (uint64_t)i);
		if (kernel_chase.prepare(&state, &random, &scratch))
			exit(1);
		took[i] = seconds(CLOCK_MONOTONIC) - start;
	}
	printf("random cycle over %s: %.2f, %.2f and %.2f s\n",
		number_format_bytes(size, bytes), took[0], took[1], took[2]);
	kernel_scratch_release(&scratch);
	memory_find("small")->release(&grant);
}

int main(void)
{
	static const uint64_t sizes[] = {
		16 << 10, 192 << 10, 3 << 20, 64 << 20, 128 << 20};
	struct cpus cpus;

	if (cpus_allowed(&cpus) == 0)
		for (unsigned cpu = CPUS_MAX; cpu-- > 0;)
			if (cpus_has(&cpus, cpu)) {
				(void)cpus_pin(cpu);
				break;
			}
	printf("%-12s %8s %10s %12s %9s  95 %% interval\n", "backend", "size",
		"chase, ns", "textbook, ns", "ratio");
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		compare(memory_find("small"), sizes[i]);
		compare(memory_find("thp"), sizes[i]);
	}
	time_cycle(1 << 30);
	return 0;
}
