/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/check/slots.h"

#include "core/check/counted-loop.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Reading 16 counters takes about 100 branches and 600 instructions on x86-64, more on
 * AArch64: a fraction of the tolerance. Some tens of us. */
enum { LOOP_TURNS = 32768 };
#define TOLERANCE 0.02

/* Events by what a turn of the loop makes of them; 0 unknown. */
static const struct {
	const char *name;
	unsigned per_turn;
} probes[SLOTS_EVENTS] = {
	[SLOTS_BRANCHES] = {"perf::BRANCH-INSTRUCTIONS", 1},
	[SLOTS_INSTRUCTIONS] = {"perf::INSTRUCTIONS", COUNTED_LOOP_INSTRUCTIONS},
	[SLOTS_CYCLES] = {"perf::CYCLES", 0},
};

size_t slots_alive(const struct slots_trial *trial)
{
	const bool known = trial->expected > 0;
	double reference = trial->expected;
	size_t alive = 0;

	if (!trial->ran)
		return 0;
	for (size_t i = 0; i < trial->opened && !known; i++)
		reference = i == 0 ? (double)trial->counts[0]
				   : fmax(reference, (double)trial->counts[i]);
	for (size_t i = 0; i < trial->opened; i++)
		alive += trial->counts[i] > 0 &&
			 fabs((double)trial->counts[i] - reference) <=
				 reference * TOLERANCE;
	return alive;
}

void slots_search_begin(struct slots_search *search)
{
	*search = (struct slots_search){.copies = GROUP_EVENTS};
}

void slots_search_take(struct slots_search *search, const struct slots_trial *trial)
{
	size_t alive = slots_alive(trial);

	search->trials++;
	if (trial->opened > search->advertised)
		search->advertised = trial->opened;
	if (trial->opened == 0 || alive == trial->opened) {
		search->proved = alive;
		search->copies = 0;
		return;
	}
	/* The dead one may be among the first: fewer copies are not sure to avoid it. A
	 * group that was off its counters does not tell how many it lacked. */
	search->copies = trial->ran && alive > 0 ? alive : trial->opened - 1;
}

static void name_copies(struct group *group, const char *event, size_t copies)
{
	*group = (struct group){.name = "slots", .events_count = copies};
	for (size_t i = 0; i < copies; i++) {
		(void)snprintf(group->events[i].counter, sizeof(group->events[i].counter),
			"PMC%u", (unsigned)i % GROUP_EVENTS);
		(void)snprintf(group->events[i].name, sizeof(group->events[i].name), "%s",
			event);
	}
}

/* The loop between two readings of an open, started group. */
static int count_loop(const struct counter_backend *backend, struct counters *counters,
	void (*loop)(uint64_t turns), const struct counter_event_status *status,
	struct slots_trial *trial)
{
	struct counter_value before[GROUP_EVENTS];
	struct counter_value after[GROUP_EVENTS];
	int error = backend->read(counters, before);

	if (error)
		return error;
	loop(LOOP_TURNS);
	error = backend->read(counters, after);
	trial->ran = true;
	for (size_t i = 0; i < trial->asked && !error; i++) {
		uint64_t enabled = after[i].enabled_ns - before[i].enabled_ns;
		uint64_t running = after[i].running_ns - before[i].running_ns;

		if (status[i].error)
			continue;
		trial->ran = trial->ran && running > 0 && running == enabled;
		trial->counts[trial->opened++] = after[i].count - before[i].count;
	}
	return error;
}

static int run_trial(const struct counter_backend *backend, void (*loop)(uint64_t turns),
	struct slots_event *event, struct slots_trial *trial)
{
	struct counter_event_status status[GROUP_EVENTS] = {{.error = 0}};
	struct complaint complaint = {.what = ""};
	struct counters *counters;
	struct group group;
	int error;

	name_copies(&group, event->event, trial->asked);
	error = backend->open(&counters, &group, NULL, status, &complaint);
	if (error) {
		event->error = error;
		if (status[0].why[0])
			(void)snprintf(
				event->why, sizeof(event->why), "%s", status[0].why);
		else
			(void)complaint_line(&complaint, event->why, sizeof(event->why));
		return 0;
	}
	error = backend->start(counters);
	if (!error)
		error = count_loop(backend, counters, loop, status, trial);
	if (!error)
		error = backend->stop(counters);
	backend->close(counters);
	return error;
}

static int probe_event(const struct counter_backend *backend,
	void (*loop)(uint64_t turns), unsigned per_turn, struct slots_event *event)
{
	struct slots_search search;
	int error = 0;

	slots_search_begin(&search);
	while (search.copies > 0 && !error && !event->error) {
		struct slots_trial trial = {
			.asked = search.copies,
			.expected = counted_loop_exact && per_turn
					    ? (double)per_turn * LOOP_TURNS
					    : NAN,
		};

		error = run_trial(backend, loop, event, &trial);
		if (!error && !event->error)
			slots_search_take(&search, &trial);
	}
	event->advertised = search.advertised;
	event->proved = search.proved;
	event->trials = search.trials;
	return error;
}

int slots_probe(struct slots *slots, const struct counter_backend *backend,
	const struct clocks *clocks, void (*loop)(uint64_t turns))
{
	const uint64_t start = clocks->wall_ns();
	bool found = false;
	int error = 0;

	*slots = (struct slots){.events_count = SLOTS_EVENTS};
	for (size_t i = 0; i < SLOTS_EVENTS && !error; i++) {
		struct slots_event *event = &slots->events[i];

		(void)snprintf(event->event, sizeof(event->event), "%s", probes[i].name);
		error = probe_event(backend, loop, probes[i].per_turn, event);
		if (found || event->error)
			continue;
		slots->advertised = event->advertised;
		slots->proved = event->proved;
		found = true;
	}
	slots->elapsed_ns = clocks->wall_ns() - start;
	return error;
}
