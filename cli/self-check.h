/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CLI_SELF_CHECK_H
#define CLI_SELF_CHECK_H

#include "base/error.h"
#include "cli/counting.h"
#include "core/check/check.h"

struct self_check {
	const struct machine *machine;
	unsigned cpu;  /* to run on, and whose events are judged */
	uint64_t seed; /* of the random cycles; any will do */
};

/*
 * Checks groups anew and keeps the verdicts for the next start, with a note in the
 * environment where they cannot be kept. 0 or -errno with the complaint; the result is to
 * be released after success, and borrows the groups.
 */
int self_check_run(const struct self_check *check, const struct counting *counting,
	struct checked_groups *checked, struct environment *environment,
	struct complaint *complaint);

/*
 * Fills the environment's verdicts on all events of the groups that count. What keeps the
 * check from running, or from being kept, becomes a note: events are unproven then, and
 * are counted none the less.
 */
void self_check_events(const struct self_check *check, enum self_check_use use,
	const struct counting *counting, struct environment *environment);

/* A note for each kind of core that the plan measures and the check did not run on:
 * another kind counts by other tables. */
void self_check_note_kinds(const struct self_check *check, const struct plan *plan,
	struct environment *environment);

#endif
