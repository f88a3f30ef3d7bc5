/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/self-check.h"

#include "cli/check-key.h"
#include "cli/signals.h"
#include "core/check/counted-loop.h"
#include "core/check/verdict-cache.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The cache, and the file behind it. */
struct kept {
	struct verdict_cache cache;
	struct check_place place;
	bool placed; /* there is somewhere to keep it */
};

/* What cannot be read, or is damaged, or of another boot, is checked again: no failure.
 * Neither is what was found with another number of counters. */
static int open_kept(struct kept *kept, const struct self_check *check,
	const struct counting *counting)
{
	int error;

	kept->placed = check_place_find(&kept->place, check->machine, check->cpu,
			       counting->backend) == 0;
	error = verdict_cache_load(&kept->cache, kept->placed ? kept->place.path : "",
		kept->placed ? kept->place.key : "");
	if (error == -ENOMEM)
		return error;
	if (kept->cache.slots_proved != counting->slots.proved ||
		kept->cache.slots_advertised != counting->slots.advertised)
		verdict_cache_clear(&kept->cache);
	kept->cache.slots_advertised = counting->slots.advertised;
	kept->cache.slots_proved = counting->slots.proved;
	return 0;
}

static int check_anew(const struct self_check *check, const struct counting *counting,
	const struct group *groups, size_t count, struct checked_groups *checked,
	struct complaint *complaint)
{
	const struct check_setup setup = {
		.machine = check->machine,
		.cpu = check->cpu,
		.clocks = &clocks_system,
		.backend = counting->backend,
		.kernels = known_kernels,
		.loop = counted_loop,
		.seed = check->seed,
		.stop = &signals_received,
	};

	return check_groups(checked, &setup, groups, count, complaint);
}

static bool passes(const struct judged_group *judged)
{
	for (size_t e = 0; e < judged->group->events_count; e++)
		if (judged->verdicts[e].passing)
			return true;
	return false;
}

/* A group of which a quieter minute may say more is checked at the next start too. A
 * check that was cut short, or that another user of the counters came into, says
 * nothing of the next start. */
static void keep(struct kept *kept, const struct checked_groups *checked,
	struct environment *environment)
{
	char stamp[CLOCK_STAMP];
	int error = 0;

	if (checked->slots_changed)
		environment_note(environment,
			"during the self-check another user of the counters came or "
			"left: its verdicts are not kept");
	if (signals_received)
		environment_note(environment,
			"the self-check was interrupted: its verdicts are not kept");
	if (signals_received || checked->slots_changed || !kept->placed)
		return;
	(void)clock_stamp(stamp);
	for (size_t g = 0; g < checked->count && !error; g++)
		if (!passes(&checked->judged[g]))
			error = verdict_cache_put(&kept->cache, checked->judged[g].group,
				checked->judged[g].verdicts, stamp);
	if (!error)
		error = verdict_cache_store(
			&kept->cache, kept->place.path, kept->place.key);
	if (error)
		environment_note(environment,
			"the self-check's verdicts are not kept in %.300s: %s",
			kept->place.path, strerror(-error));
}

int self_check_run(const struct self_check *check, const struct counting *counting,
	struct checked_groups *checked, struct environment *environment,
	struct complaint *complaint)
{
	struct kept kept;
	int error = open_kept(&kept, check, counting);

	if (!error)
		error = check_anew(check, counting, counting->groups,
			counting->groups_count, checked, complaint);
	else
		complaint_what(complaint, "no memory for the self-check");
	if (!error)
		keep(&kept, checked, environment);
	verdict_cache_release(&kept.cache);
	return error;
}

static void take_verdicts(struct environment *environment,
	const struct event_verdict *verdicts, size_t count, const char *checked)
{
	for (size_t i = 0; i < count && environment->events_count < ENVIRONMENT_EVENTS;
		i++)
		environment->events[environment->events_count++] = verdicts[i];
	/* The oldest tells: stamps sort by time. */
	if (!environment->checked[0] || strcmp(checked, environment->checked) < 0)
		(void)snprintf(environment->checked, sizeof(environment->checked), "%s",
			checked);
}

/* Takes what the cache has, and moves groups that it has not got to `missing`, the text
 * and all still theirs. Returns how many. */
static size_t take_kept(const struct kept *kept, const struct counting *counting,
	struct group *missing, struct environment *environment)
{
	struct event_verdict verdicts[GROUP_EVENTS];
	char checked[CLOCK_STAMP];
	size_t count = 0;

	for (size_t g = 0; g < counting->groups_count; g++) {
		size_t found = verdict_cache_find(
			&kept->cache, &counting->groups[g], verdicts, checked);

		if (found > 0)
			take_verdicts(environment, verdicts, found, checked);
		else
			missing[count++] = counting->groups[g];
	}
	return count;
}

static void check_missing(const struct self_check *check, const struct counting *counting,
	struct kept *kept, const struct group *missing, size_t count,
	struct environment *environment)
{
	struct complaint complaint = {.what = ""};
	struct checked_groups checked;
	char stamp[CLOCK_STAMP];

	if (check_anew(check, counting, missing, count, &checked, &complaint)) {
		(void)environment_note_complaint(
			environment, "the self-check did not run: ", &complaint);
		return;
	}
	(void)clock_stamp(stamp);
	for (size_t g = 0; g < count; g++)
		take_verdicts(environment, checked.judged[g].verdicts,
			missing[g].events_count, stamp);
	if (checked.slots_changed) {
		environment->slots_advertised = checked.slots.advertised;
		environment->slots_proved = checked.slots.proved;
	}
	keep(kept, &checked, environment);
	checked_groups_release(&checked);
}

void self_check_events(const struct self_check *check, enum self_check_use use,
	const struct counting *counting, struct environment *environment)
{
	struct group *missing;
	struct kept kept;
	size_t count;

	if (use == SELF_CHECK_NONE || counting->groups_count == 0)
		return;
	missing = calloc(counting->groups_count, sizeof(*missing));
	if (open_kept(&kept, check, counting) || !missing) {
		environment_note(environment, "the self-check had no memory");
		goto out;
	}
	if (use == SELF_CHECK_ANEW)
		verdict_cache_clear(&kept.cache);
	count = take_kept(&kept, counting, missing, environment);
	if (count > 0)
		check_missing(check, counting, &kept, missing, count, environment);
out:
	verdict_cache_release(&kept.cache);
	free(missing);
}

void self_check_note_kinds(const struct self_check *check, const struct plan *plan,
	struct environment *environment)
{
	for (size_t k = 0; k < check->machine->cpu_kinds_count; k++) {
		const struct cpus *kind = &check->machine->cpu_kinds[k].cpus;
		size_t i = 0;

		while (i < plan->count && !cpus_has(kind, plan->points[i].cpu))
			i++;
		if (i < plan->count && !cpus_has(kind, check->cpu))
			environment_note(environment,
				"the self-check ran on CPU %u: it proves nothing of CPU "
				"%u, another kind of core",
				check->cpu, plan->points[i].cpu);
	}
}
