/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "counters/split.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* What must be on the PMU at once: the events of a formula, or of an identity. */
struct demand {
	uint32_t events;
	uint32_t metrics, identities; /* whose they are */
};

enum { DEMANDS = GROUP_METRICS + GROUP_IDENTITIES + GROUP_EVENTS };

static unsigned count_bits(uint32_t bits)
{
	return (unsigned)__builtin_popcount(bits);
}

struct matching {
	const uint32_t *allowed;
	uint32_t tried; /* counters, in the search at hand */
	int holder[32]; /* the event on each counter; -1 none */
};

/* Finds a counter for an event, moving others aside where they have another one. */
static bool place(struct matching *matching, int event)
{
	for (int counter = 0; counter < 32; counter++) {
		const uint32_t bit = 1u << counter;

		if (!(matching->allowed[event] & bit) || matching->tried & bit)
			continue;
		matching->tried |= bit;
		if (matching->holder[counter] < 0 ||
			place(matching, matching->holder[counter])) {
			matching->holder[counter] = event;
			return true;
		}
	}
	return false;
}

/* Whether there is a counter for each of the events at once; `needless` events need none.
 */
static bool fits(uint32_t events, uint32_t needless, const uint32_t *allowed)
{
	struct matching matching = {.allowed = allowed};

	memset(matching.holder, -1, sizeof(matching.holder));
	for (int event = 0; event < GROUP_EVENTS; event++) {
		if (!((events & ~needless) >> event & 1))
			continue;
		matching.tried = 0;
		if (!place(&matching, event))
			return false;
	}
	return true;
}

static uint32_t events_of_metric(const struct group *group, const char *name)
{
	for (size_t i = 0; i < group->metrics_count; i++)
		if (strcmp(group->metrics[i].name, name) == 0)
			return group_formula_events(group, group->metrics[i].formula);
	return 0;
}

static size_t collect_demands(const struct group *group, struct demand demands[DEMANDS])
{
	size_t count = 0;

	for (size_t i = 0; i < group->identities_count; i++) {
		const struct identity *identity = &group->identities[i];

		demands[count++] = (struct demand){
			.events = group_formula_events(group, identity->left) |
				  group_formula_events(group, identity->right),
			.identities = 1u << i};
	}
	for (size_t i = 0; i < group->metrics_count; i++)
		demands[count++] = (struct demand){
			.events = group_formula_events(group, group->metrics[i].formula),
			.metrics = 1u << i};
	for (size_t i = 0; i < group->events_count; i++)
		demands[count++] = (struct demand){.events = 1u << i};
	return count;
}

/* The widest first, since they are the hardest to place; else in the group's order. */
static void sort_demands(struct demand *demands, size_t count)
{
	for (size_t i = 1; i < count; i++) {
		const struct demand demand = demands[i];
		size_t at = i;

		while (at > 0 &&
			count_bits(demands[at - 1].events) < count_bits(demand.events)) {
			demands[at] = demands[at - 1];
			at--;
		}
		demands[at] = demand;
	}
}

struct splitting {
	struct group_split *split;
	const uint32_t *allowed;
	uint32_t needless;
};

/* Puts the events into the part that they add the fewest to, or into a new one. */
static bool satisfy(struct splitting *splitting, uint32_t events)
{
	struct group_split *split = splitting->split;
	size_t best = split->parts_count;
	unsigned least = GROUP_EVENTS + 1;

	for (size_t i = 0; i < split->parts_count; i++) {
		const unsigned added = count_bits(events & ~split->parts[i]);

		if (added < least && fits(split->parts[i] | events, splitting->needless,
					     splitting->allowed)) {
			best = i;
			least = added;
		}
	}
	if (best == split->parts_count) {
		events |= split->common;
		if (best == GROUP_EVENTS ||
			!fits(events, splitting->needless, splitting->allowed))
			return false;
		split->parts[split->parts_count++] = 0;
	}
	split->parts[best] |= events;
	return true;
}

/* Cycles and instructions go along where they leave room for another event. */
static uint32_t choose_common(
	const struct group *group, const struct splitting *splitting)
{
	const uint32_t cycles = events_of_metric(group, METRIC_CYCLES);
	const uint32_t both = cycles | events_of_metric(group, METRIC_INSTRUCTIONS);
	const uint32_t choices[] = {both, cycles};

	for (size_t i = 0; i < 2; i++)
		for (size_t e = 0; e < group->events_count; e++)
			if (!(choices[i] >> e & 1) &&
				fits(choices[i] | 1u << e, splitting->needless,
					splitting->allowed))
				return choices[i];
	return fits(both, splitting->needless, splitting->allowed) ? both : 0;
}

int group_split(struct group_split *split, const struct group *group,
	const uint32_t allowed[GROUP_EVENTS])
{
	struct splitting splitting = {.split = split, .allowed = allowed};
	struct demand demands[DEMANDS];
	size_t count = collect_demands(group, demands);

	*split = (struct group_split){.parts_count = 0};
	for (size_t i = 0; i < group->events_count; i++)
		splitting.needless |= allowed[i] ? 0 : 1u << i;
	split->common = choose_common(group, &splitting);
	sort_demands(demands, count);
	for (size_t i = 0; i < count; i++) {
		const struct demand *demand = &demands[i];

		if (satisfy(&splitting, demand->events))
			continue;
		split->lost_metrics |= demand->metrics;
		split->lost_identities |= demand->identities;
		if (!demand->metrics && !demand->identities)
			split->lost_events |= demand->events;
	}
	return split->parts_count > 0 ? 0 : -ENOSPC;
}

/* Whether all of a formula's counters are among the events. */
static bool is_within(const struct group *group, const char *formula, uint32_t events)
{
	return (group_formula_events(group, formula) & ~events) == 0;
}

static void take_formulas(struct group *part, const struct group *group, uint32_t events)
{
	for (size_t i = 0; i < group->metrics_count; i++)
		if (is_within(group, group->metrics[i].formula, events))
			part->metrics[part->metrics_count++] = group->metrics[i];
	for (size_t i = 0; i < group->identities_count; i++)
		if (is_within(group, group->identities[i].left, events) &&
			is_within(group, group->identities[i].right, events))
			part->identities[part->identities_count++] = group->identities[i];
	for (size_t i = 0; i < group->expectations_count; i++)
		if (is_within(group, group->expectations[i].formula, events))
			part->expectations[part->expectations_count++] =
				group->expectations[i];
}

int group_take_part(struct group *part, const struct group *group,
	const struct group_split *split, size_t index)
{
	const uint32_t events = split->parts[index];
	const bool whole = split->parts_count == 1;
	const uint32_t order[] = {split->common, events & ~split->common};

	*part = (struct group){0};
	memcpy(part->arch, group->arch, sizeof(part->arch));
	if (whole)
		(void)snprintf(part->name, sizeof(part->name), "%s", group->name);
	else
		(void)snprintf(part->name, sizeof(part->name), "%.56s-%zu", group->name,
			index + 1);
	(void)snprintf(part->summary, sizeof(part->summary), "%s", group->summary);
	if (!whole)
		(void)snprintf(part->summary, sizeof(part->summary),
			"%.120s (part %zu of %zu)", group->summary, index + 1,
			split->parts_count);
	for (size_t o = 0; o < 2; o++)
		for (size_t e = 0; e < group->events_count; e++)
			if (order[o] >> e & 1)
				part->events[part->events_count++] = group->events[e];
	take_formulas(part, group, events);
	return group_compose(part, group_notes(group));
}
