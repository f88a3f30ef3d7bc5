/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/check/known.h"

#include <errno.h>
#include <math.h>
#include <string.h>
#include <sys/mman.h>

#ifndef MADV_POPULATE_READ
#define MADV_POPULATE_READ 22 /* Linux 5.14 */
#endif

enum { LINE_BYTES = 64 };

/* What the smallest TLBs known hold, where the machine does not tell. Guests have been
 * seen to be told of a second level of 128: fewer than the least are not believed. */
enum { LEAST_L1_ENTRIES = 32, LEAST_L2_ENTRIES = 1024 };
enum { PAGES_L1 = 16, PAGES_WALK = 1 << 14 };

/*
 * A cycle through n pages finds none in a TLB of E entries that keeps the latest ones,
 * and about exp(-n/E) of them in one that evicts at random.
 */
enum { TIMES_ENTRIES = 8 };
enum { READS_IN_TLB = 1 << 16, READS_WALK = 1 << 14 };

static void release(struct known_state *state)
{
	(void)munmap(state->mapping, state->mapped_bytes);
}

static uint64_t power_of_two_within(uint64_t value)
{
	uint64_t power = 1;

	while (power <= value / 2)
		power *= 2;
	return power;
}

static uint64_t tlb_entries(
	const struct known_setting *setting, unsigned level, uint64_t least)
{
	uint64_t page = machine_base_page(setting->machine);
	uint64_t entries = machine_tlb_reach(setting->machine, level, page) / page;

	return entries > least ? entries : least;
}

/* Every page is the same zero page, so that any number of them costs no memory and their
 * lines stay in L1. */
static int map_zero_pages(struct known_state *state, uint64_t pages, uint64_t page_bytes)
{
	volatile const char *base;

	state->mapped_bytes = pages * page_bytes;
	state->mapping = mmap(NULL, state->mapped_bytes, PROT_READ,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (state->mapping == MAP_FAILED)
		return -errno;
	/* A kernel without huge pages knows no such advice, and needs none. */
	(void)madvise(state->mapping, state->mapped_bytes, MADV_NOHUGEPAGE);
	/* Much cheaper than a fault each in a guest; what it leaves out, reading brings.
	 */
	(void)madvise(state->mapping, state->mapped_bytes, MADV_POPULATE_READ);
	base = state->mapping;
	for (uint64_t i = 0; i < pages; i++)
		(void)base[i * page_bytes];
	return 0;
}

/*
 * A linear congruential sequence of full period (Hull and Dobell, "Random number
 * generators", 1962): all pages once, then again, with no table of them in memory. What
 * was read, a zero, goes into the next address: each read waits for the one before.
 */
static void run(struct kernel_state *state, uint64_t reads)
{
	const uint64_t mask = state->reads - 1;
	const uint64_t lines = state->stride / LINE_BYTES - 1;
	uint64_t page = (uint64_t)(uintptr_t)state->cursor;

	for (; reads > 0; reads--) {
		const char *line = state->base + page * state->stride +
				   (page * 37 & lines) * LINE_BYTES;

		page = (page * 1664525 + 1013904223 +
			       *(const volatile uint64_t *)(const volatile void *)line) &
		       mask;
	}
	state->cursor = (void *)(uintptr_t)page;
}

static int prepare(struct known_state *state, struct known_setting *setting,
	uint64_t pages, uint64_t reads, struct complaint *why)
{
	uint64_t page_bytes = machine_base_page(setting->machine);
	int error;

	*state = (struct known_state){
		.reads = reads, .instructions = NAN, .branches = NAN};
	error = map_zero_pages(state, pages, page_bytes);
	if (error) {
		complaint_what(
			why, "%llu pages cannot be mapped", (unsigned long long)pages);
		complaint_why(why, "%s", strerror(-error));
		return error;
	}
	state->kernel = (struct kernel_state){.base = state->mapping,
		.bytes = state->mapped_bytes,
		.stride = page_bytes,
		.reads = pages};
	run(&state->kernel, 2 * pages);
	return 0;
}

static int prepare_l1(
	struct known_state *state, struct known_setting *setting, struct complaint *why)
{
	return prepare(state, setting, PAGES_L1, READS_IN_TLB, why);
}

static int prepare_l2(
	struct known_state *state, struct known_setting *setting, struct complaint *why)
{
	uint64_t first = tlb_entries(setting, 1, LEAST_L1_ENTRIES);
	uint64_t second = tlb_entries(setting, 2, LEAST_L2_ENTRIES);
	uint64_t pages = TIMES_ENTRIES * first;

	if (pages > second / 2)
		pages = second / 2;
	if (pages >= 2 * first)
		return prepare(
			state, setting, power_of_two_within(pages), READS_IN_TLB, why);
	complaint_what(why, "the second-level TLB is too small beside the first to be "
			    "told from it");
	return -ENOTSUP;
}

static int prepare_walk(
	struct known_state *state, struct known_setting *setting, struct complaint *why)
{
	uint64_t pages = PAGES_WALK;

	while (pages < TIMES_ENTRIES * tlb_entries(setting, 2, LEAST_L2_ENTRIES))
		pages *= 2;
	return prepare(state, setting, pages, READS_WALK, why);
}

const struct known_kernel known_pages_l1 = {
	.name = "pages-l1",
	.summary = "one line a page, pages that the first-level TLB holds",
	.exposure = 0.3,
	.prepare = prepare_l1,
	.run = run,
	.release = release,
};

const struct known_kernel known_pages_l2 = {
	.name = "pages-l2",
	.summary = "one line a page, pages that the second-level TLB alone holds",
	.exposure = 0.5,
	.prepare = prepare_l2,
	.run = run,
	.release = release,
};

const struct known_kernel known_pages_walk = {
	.name = "pages-walk",
	.summary = "one line a page, more pages than any TLB holds",
	.exposure = 0.1,
	.prepare = prepare_walk,
	.run = run,
	.release = release,
};
