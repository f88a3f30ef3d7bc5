/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/clock.h"
#include "base/cpus.h"
#include "core/check/known.h"

#include <errno.h>
#include <math.h>
#include <string.h>
#include <sys/mman.h>

enum { TOUCH_PAGES = 256, SLEEPS = 8, MOVES = 8 };

/* Longer than the timer needs to be set: one that has run out already is no sleep. */
#define SLEEP_NS 50000

static int prepare_touch(
	struct known_state *state, struct known_setting *setting, struct complaint *why)
{
	uint64_t page = machine_base_page(setting->machine);

	(void)why;
	*state = (struct known_state){.reads = TOUCH_PAGES,
		.instructions = NAN,
		.branches = NAN,
		.mapped_bytes = TOUCH_PAGES * page,
		.kernel = {.stride = page, .bytes = TOUCH_PAGES * page}};
	return 0;
}

static void release_touch(struct known_state *state)
{
	if (state->mapping)
		(void)munmap(state->mapping, state->mapped_bytes);
	state->mapping = NULL;
}

static int arm_touch(struct known_state *state)
{
	void *mapping;

	release_touch(state);
	mapping = mmap(NULL, state->mapped_bytes, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (mapping == MAP_FAILED)
		return -errno;
	/* A kernel without huge pages knows no such advice, and needs none. */
	(void)madvise(mapping, state->mapped_bytes, MADV_NOHUGEPAGE);
	state->mapping = mapping;
	state->kernel.base = mapping;
	return 0;
}

/* A sanitizer's own accesses would fault pages of its own. */
__attribute__((no_sanitize("address", "thread"))) static void run_touch(
	struct kernel_state *state, uint64_t reads)
{
	volatile char *page = state->base;

	for (; reads > 0; reads--) {
		*page = 1;
		page += state->stride;
	}
}

static int prepare_sleep(
	struct known_state *state, struct known_setting *setting, struct complaint *why)
{
	(void)setting;
	(void)why;
	*state = (struct known_state){
		.reads = SLEEPS, .instructions = NAN, .branches = NAN};
	return 0;
}

static void run_sleep(struct kernel_state *state, uint64_t reads)
{
	(void)state;
	for (; reads > 0; reads--)
		clock_sleep_ns(SLEEP_NS);
}

static int prepare_migrate(
	struct known_state *state, struct known_setting *setting, struct complaint *why)
{
	const unsigned home = setting->cpu;

	*state = (struct known_state){
		.reads = MOVES, .instructions = NAN, .branches = NAN, .home_cpu = home};
	for (unsigned cpu = 0; cpu < CPUS_MAX; cpu++) {
		if (cpu == home || !cpus_has(&setting->allowed, cpu))
			continue;
		state->other_cpu = cpu;
		return 0;
	}
	complaint_what(why, "there is no second CPU to move to");
	return -ENOTSUP;
}

/* An even number of moves ends where it began. */
static void run_migrate(struct kernel_state *kernel, uint64_t reads)
{
	const struct known_state *state =
		(const struct known_state *)(const void *)kernel;

	for (; reads > 0; reads--)
		(void)cpus_pin(reads % 2 == 0 ? state->other_cpu : state->home_cpu);
}

const struct known_kernel known_touch = {
	.name = "touch",
	.summary = "first writes to the pages of a fresh mapping",
	.prepare = prepare_touch,
	.arm = arm_touch,
	.run = run_touch,
	.release = release_touch,
};

const struct known_kernel known_sleep = {
	.name = "sleep",
	.summary = "short sleeps, a context switch each",
	.off_cpu = true,
	.prepare = prepare_sleep,
	.run = run_sleep,
};

const struct known_kernel known_migrate = {
	.name = "migrate",
	.summary = "moves of the thread to another CPU and back",
	.off_cpu = true,
	.prepare = prepare_migrate,
	.run = run_migrate,
};
