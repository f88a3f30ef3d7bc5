/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CORE_CHECK_CHECK_H
#define CORE_CHECK_CHECK_H

#include "base/clock.h"
#include "core/check/judge.h"
#include "core/check/slots.h"
#include "topology/topology.h"

#include <signal.h>

/*
 * The self-check: which counters, and which events of the groups at hand, can be believed
 * here and now.
 */
struct check_setup {
	const struct machine *machine;
	unsigned cpu; /* to run on */
	const struct clocks *clocks;
	const struct counter_backend *backend;
	const struct known_kernel *const *kernels; /* ends with NULL */
	void (*loop)(uint64_t turns);              /* of the slot probe */
	uint64_t seed;
	volatile const sig_atomic_t *stop; /* ends it after a kernel; NULL none */
};

struct checked_groups {
	struct judged_group *judged; /* by the groups given */
	size_t count;
	struct slots slots; /* the fewer of before and after */
	bool slots_changed; /* another user took or gave counters meanwhile */
	bool read_cost_known;
	struct counter_read_cost read_cost; /* of the first group that counts */
	uint64_t elapsed_ns;
};

/*
 * Measures and judges. Pins the calling thread and lets it free again. 0, also where
 * nothing can be counted (every event is absent then), or -errno with the complaint where
 * the check cannot go on. The groups outlive the result; release after success only.
 */
int check_groups(struct checked_groups *checked, const struct check_setup *setup,
	const struct group *groups, size_t count, struct complaint *complaint);
void checked_groups_release(struct checked_groups *checked);

#endif
