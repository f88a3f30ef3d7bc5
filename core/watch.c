/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/watch.h"

#include "base/clock.h"
#include "core/launch.h"

#include <stdbool.h>

enum { SAMPLING_COST = 100 };

static bool is_stopped(const struct watch *watch)
{
	return watch->stop && *watch->stop;
}

static uint64_t earlier(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* When to take the next sample, after one that began at `begin_ns`. */
static uint64_t next_sample_ns(const struct watch *watch, uint64_t begin_ns)
{
	uint64_t rest = (clocks_system.wall_ns() - begin_ns) * SAMPLING_COST;

	return begin_ns + (rest > watch->sample_ns ? rest : watch->sample_ns);
}

enum watch_end watch_until_end(
	const struct watch *watch, int pidfd, pid_t root, uint64_t start_ns)
{
	uint64_t deadline = watch->timeout_ns ? start_ns + watch->timeout_ns : UINT64_MAX;
	uint64_t next = watch->sample ? start_ns + watch->sample_ns : UINT64_MAX;

	while (!launch_wait(pidfd, earlier(deadline, next))) {
		struct process_tree tree;
		uint64_t now = clocks_system.wall_ns();

		if (is_stopped(watch))
			return WATCH_STOPPED;
		if (now >= deadline)
			return WATCH_TIMED_OUT;
		if (now < next)
			continue;
		process_tree_read("", root, &tree);
		watch->sample(watch->context, now - start_ns, &tree);
		next = next_sample_ns(watch, now);
	}
	return WATCH_ENDED;
}

void watch_end_tree(int pidfd, pid_t root, int number, uint64_t grace_ns)
{
	uint64_t deadline = clocks_system.wall_ns() + grace_ns;
	struct process_tree tree;

	process_tree_read("", root, &tree);
	process_tree_signal(&tree, number);
	while (!launch_wait(pidfd, deadline)) {
		if (clocks_system.wall_ns() < deadline)
			continue;
		process_tree_read("", root, &tree);
		process_tree_signal(&tree, SIGKILL);
		return;
	}
}
