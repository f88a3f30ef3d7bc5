/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CORE_CHECK_SLOTS_H
#define CORE_CHECK_SLOTS_H

#include "base/clock.h"
#include "counters/counters.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * How many counters ("slots") truly count at once. A kernel may hand out more than there
 * are: one that a hypervisor keeps, or that another user holds, reads 0 while its running
 * time says that it ran. Copies of one event in one group are laid over a short loop, and
 * must agree.
 */

/* What one group of copies showed. */
struct slots_trial {
	size_t asked;  /* copies */
	size_t opened; /* of them; the kernel refused the others */
	bool ran;      /* the group was on its counters all the time */
	uint64_t counts[GROUP_EVENTS];
	double expected; /* of each; NaN where only agreement is known */
};

/* Copies that counted what is expected, or, where that is unknown, what the largest did,
 * to 2 %. None where the group did not run. */
size_t slots_alive(const struct slots_trial *trial);

/*
 * Finds, trial by trial, the most copies that count together: each trial tells how many
 * to try next. `copies` is 0 when it is done.
 */
struct slots_search {
	size_t copies;     /* to try next */
	size_t advertised; /* most that the kernel opened */
	size_t proved;     /* the answer, once copies is 0 */
	size_t trials;
};
void slots_search_begin(struct slots_search *search);
void slots_search_take(struct slots_search *search, const struct slots_trial *trial);

/* For one event. */
struct slots_event {
	char event[EVENT_NAME];
	int error; /* of opening even one; then nothing else is set */
	char why[256];
	size_t advertised, proved, trials;
};

enum { SLOTS_BRANCHES, SLOTS_INSTRUCTIONS, SLOTS_CYCLES, SLOTS_EVENTS };
struct slots {
	/* Branches take a programmable counter everywhere; instructions and cycles may
	 * have a fixed one beside those. */
	struct slots_event events[SLOTS_EVENTS];
	size_t events_count;
	/* What a group of any events can rely on: of the first event that opens. 0: no
	 * hardware counter is proved. */
	size_t advertised, proved;
	uint64_t elapsed_ns;
};

/* Probes by the backend's own counters on the calling thread. 0 also where nothing can be
 * opened, the reason then stands with the events; -errno where counters cannot be read.
 */
int slots_probe(struct slots *slots, const struct counter_backend *backend,
	const struct clocks *clocks, void (*loop)(uint64_t turns));

#endif
