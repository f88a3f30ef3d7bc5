/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "counters/user-read.h"
#include "counters/user-counter.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* A context switch changes every page once: more tries than this find it no calmer. */
enum { TRIES = 8 };

int user_read_map(struct kernel_group *groups, size_t count)
{
	const size_t size = (size_t)sysconf(_SC_PAGESIZE);

	for (size_t g = 0; g < count; g++) {
		for (size_t m = 0; m < groups[g].count; m++) {
			struct kernel_member *member = &groups[g].members[m];
			void *page = member->page;

			if (!page)
				page = mmap(
					NULL, size, PROT_READ, MAP_SHARED, member->fd, 0);
			if (page == MAP_FAILED)
				return -errno;
			member->page = page;
		}
	}
	return 0;
}

/* Every field is read once, and none before those above it. */
#define LOAD(page, field) __atomic_load_n(&(page)->field, __ATOMIC_ACQUIRE)

/* Nanoseconds since the page was last written. */
static uint64_t elapsed_ns(const struct perf_event_mmap_page *page,
	const struct perf_event_mmap_page *capable)
{
	uint64_t cycles = user_clock_read();
	const unsigned shift = LOAD(page, time_shift);
	const uint64_t mult = LOAD(page, time_mult);
	uint64_t quotient;
	uint64_t remainder;

	if (capable->cap_user_time_short) {
		const uint64_t start = LOAD(page, time_cycles);

		cycles = start + ((cycles - start) & LOAD(page, time_mask));
	}
	quotient = cycles >> shift;
	remainder = cycles & ((1ull << shift) - 1);
	return LOAD(page, time_offset) + quotient * mult + (remainder * mult >> shift);
}

/* The counter's bits, of which only `width` are defined, as a signed difference from what
 * the page holds: a counter that the kernel preset to overflow soon is negative. */
static uint64_t extend(uint64_t bits, unsigned width)
{
	const unsigned above = width > 0 && width < 64 ? 64 - width : 0;

	return (uint64_t)((int64_t)(bits << above) >> above);
}

/* 1 where the member is on a counter now, 0 where it is not, -EOPNOTSUPP. */
static int read_page(const struct perf_event_mmap_page *page, struct counter_value *value,
	const char **why)
{
	/* The bits have their places from the compiler. */
	struct perf_event_mmap_page capable = {.capabilities = LOAD(page, capabilities)};
	const uint32_t index = LOAD(page, index);
	uint64_t since;

	*value = (struct counter_value){
		.count = (uint64_t)LOAD(page, offset),
		.enabled_ns = LOAD(page, time_enabled),
		.running_ns = LOAD(page, time_running),
	};
	if (!capable.cap_user_rdpmc) {
		*why = "the kernel does not allow it: "
		       "/sys/bus/event_source/devices/cpu/rdpmc is 0, or on Arm the "
		       "kernel is older than 5.17";
		return -EOPNOTSUPP;
	}
	if (!capable.cap_user_time) {
		*why = "the kernel gives no clock for it (cap_user_time): the CPU's "
		       "time-stamp counter is not its clock source";
		return -EOPNOTSUPP;
	}
	since = elapsed_ns(page, &capable);
	value->enabled_ns += since;
	if (index == 0)
		return 0;
	value->running_ns += since;
	value->count += extend(user_counter_read(index - 1), LOAD(page, pmc_width));
	return 1;
}

/* 1 with every member on a counter, 0 with none; -EAGAIN for anything between. The
 * leader's times stand for all, as in the kernel's own reading of a group. */
static int read_group(const struct kernel_group *group,
	struct counter_value values[GROUP_EVENTS], const char **why)
{
	int running = -1;

	for (size_t m = 0; m < group->count; m++) {
		int here = read_page(group->members[m].page, &values[m], why);

		if (here < 0)
			return here;
		if (running >= 0 && here != running)
			return -EAGAIN;
		running = here;
		values[m].enabled_ns = values[0].enabled_ns;
		values[m].running_ns = values[0].running_ns;
	}
	return running;
}

static int read_once(const struct kernel_group *groups, size_t count,
	struct counter_value (*values)[GROUP_EVENTS], const char **why)
{
	bool any = false;

	for (size_t g = 0; g < count; g++) {
		int running = read_group(&groups[g], values[g], why);

		if (running < 0)
			return running;
		any = any || running;
	}
	return any ? 0 : -EAGAIN;
}

/* The pages' sequence locks added up: they only grow, so an equal sum means that none
 * changed. Odd while one is being written. */
static uint64_t locks(const struct kernel_group *groups, size_t count, bool *writing)
{
	uint64_t sum = 0;

	*writing = false;
	for (size_t g = 0; g < count; g++) {
		for (size_t m = 0; m < groups[g].count; m++) {
			uint32_t lock = LOAD(groups[g].members[m].page, lock);

			*writing = *writing || (lock & 1);
			sum += lock;
		}
	}
	return sum;
}

int user_read_groups(const struct kernel_group *groups, size_t count,
	struct counter_value (*values)[GROUP_EVENTS], const char **why)
{
	const char *ignored;
	int error = -EAGAIN;

	for (unsigned try = 0; try < TRIES; try++) {
		bool writing;
		uint64_t before = locks(groups, count, &writing);

		if (writing)
			continue;
		error = read_once(groups, count, values, why ? why : &ignored);
		if (locks(groups, count, &writing) == before && !writing)
			return error;
		error = -EAGAIN;
	}
	return error;
}
