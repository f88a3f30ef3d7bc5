/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/quantity.h"

#include "analysis/whole-count.h"

#include <math.h>
#include <string.h>

static const char *const metric_names[QUANTITIES] = {
	[QUANTITY_CYCLES] = METRIC_CYCLES,
	[QUANTITY_CLOCK_GHZ] = METRIC_CLOCK,
	[QUANTITY_INSTRUCTIONS] = METRIC_INSTRUCTIONS,
	[QUANTITY_L1_MISSES] = METRIC_L1_MISSES,
	[QUANTITY_FROM_L2] = METRIC_FROM_L2,
	[QUANTITY_FROM_L3] = METRIC_FROM_L3,
	[QUANTITY_FROM_DRAM] = METRIC_FROM_DRAM,
	[QUANTITY_LLC_MISSES] = METRIC_LLC_MISSES,
	[QUANTITY_DTLB_L1_MISSES] = METRIC_DTLB_L1_MISSES,
	[QUANTITY_DTLB_L2_HITS] = METRIC_DTLB_L2_HITS,
	[QUANTITY_PAGE_WALKS] = METRIC_PAGE_WALKS,
	[QUANTITY_WALK_CYCLES] = METRIC_WALK_CYCLES,
	[QUANTITY_WALKER_FROM_L2] = METRIC_WALKER_FROM_L2,
	[QUANTITY_WALKER_FROM_L3] = METRIC_WALKER_FROM_L3,
	[QUANTITY_WALKER_FROM_DRAM] = METRIC_WALKER_FROM_DRAM,
	[QUANTITY_WALKS_4K] = METRIC_WALKS_4K,
	[QUANTITY_WALKS_2M] = METRIC_WALKS_2M,
	[QUANTITY_WALKS_1G] = METRIC_WALKS_1G,
};

/* The window's own variables, behind the group's events. */
enum { OWN_VARIABLES = 4 };

static void set_own_counts(
	struct reading *reading, const struct environment_window_cost *cost)
{
	for (size_t i = 0; i < reading->group->events_count; i++)
		for (size_t e = 0; e < cost->events_count; e++)
			if (strcmp(cost->events[e].event,
				    reading->group->events[i].name) == 0)
				reading->own_counts[i] = cost->events[e].count;
}

void reading_init(struct reading *reading, const struct group *group,
	const struct event_list *events, const struct environment_window_cost *cost)
{
	*reading = (struct reading){.group = group,
		.own_cpu_ns = cost ? cost->cpu_ns : 0,
		.own_wall_ns = cost ? cost->inside_ns : 0};
	if (!group)
		return;
	if (cost)
		set_own_counts(reading, cost);
	for (size_t i = 0; i < group->events_count; i++)
		reading->columns[i] = event_list_find(events, group->events[i].name);
	for (size_t i = 0; i < group->metrics_count; i++)
		for (int q = 0; q < QUANTITIES; q++)
			if (metric_names[q] &&
				strcmp(metric_names[q], group->metrics[i].name) == 0)
				reading->formulas[q] = group->metrics[i].formula;
}

const char *quantity_metric(enum quantity quantity)
{
	return metric_names[quantity];
}

static void exclude(struct reading *reading, size_t event,
	const struct event_verdict *verdict,
	const struct event_verdict *reasons[QUANTITIES])
{
	reading->columns[event] = -1;
	for (int q = 0; q < QUANTITIES; q++)
		if (reading->formulas[q] &&
			group_formula_events(reading->group, reading->formulas[q]) >>
					event &
				1)
			reasons[q] = verdict;
}

void reading_exclude(struct reading *reading, const struct event_verdict *verdicts,
	size_t count, const struct event_verdict *reasons[QUANTITIES])
{
	const struct group *group = reading->group;

	for (size_t i = 0; i < count && group; i++) {
		if (!event_excluded(verdicts[i].judgement) ||
			strcmp(verdicts[i].group, group->name) != 0)
			continue;
		for (size_t e = 0; e < group->events_count; e++)
			if (strcmp(verdicts[i].counter, group->events[e].counter) == 0)
				exclude(reading, e, &verdicts[i], reasons);
	}
}

/* The count over the whole window; NaN where there is none. */
static double count_of(const struct reading *reading, const struct counter_value *value,
	struct reading_tally *tally)
{
	double count;
	enum whole_count kind = whole_count(value, reading->scaled, &count);

	tally->rejected += kind == COUNT_REJECTED;
	tally->scaled += kind == COUNT_SCALED;
	return count;
}

/* Counts of the group's events as variables. */
static struct reading_tally set_variables(const struct reading *reading,
	const struct measurement *measurement, double cpu_ns, struct variable *variables)
{
	const double wall_ns =
		fmax((double)measurement->wall_ns - reading->own_wall_ns, 0);
	const struct group *group = reading->group;
	struct reading_tally tally = {0};
	size_t n = group->events_count;

	for (size_t i = 0; i < n; i++) {
		variables[i].name = group->events[i].counter;
		variables[i].value = NAN;
		double count;

		if (reading->columns[i] < 0)
			continue;
		count = count_of(
			reading, &measurement->values[reading->columns[i]], &tally);
		if (!isnan(count))
			variables[i].value = fmax(count - reading->own_counts[i], 0);
	}
	variables[n++] = (struct variable){"READS", (double)measurement->reads};
	variables[n++] = (struct variable){"WALL_NS", wall_ns};
	variables[n++] = (struct variable){"CPU_NS", cpu_ns};
	variables[n] = (struct variable){"time", wall_ns / 1e9};
	return tally;
}

/* Fewer events than this say nothing of a sum: interrupts bring some of their own. */
enum { SUM_LEAST = 2000 };

static void check_sum(const struct reading *reading, const struct identity *identity,
	struct variable *variables, struct reading_tally *tally)
{
	const size_t count = reading->group->events_count + OWN_VARIABLES;
	uint32_t events = group_formula_events(reading->group, identity->left) |
			  group_formula_events(reading->group, identity->right);
	double left, right, larger;

	if (formula_evaluate(identity->left, variables, count, &left) ||
		formula_evaluate(identity->right, variables, count, &right))
		return;
	larger = fmax(fabs(left), fabs(right));
	if (!isfinite(left) || !isfinite(right) || larger < SUM_LEAST)
		return;
	tally->sums++;
	if (fabs(left - right) <= identity->tolerance * larger)
		return;
	tally->sums_broken++;
	for (size_t e = 0; e < reading->group->events_count; e++) {
		if (!(events >> e & 1) || variables[e].value > 0)
			continue;
		variables[e].value = NAN;
		tally->silent++;
	}
}

struct reading_tally reading_quantities(const struct reading *reading,
	const struct measurement *measurement, double values[QUANTITIES])
{
	const double cpu_ns = fmax((double)measurement->cpu_ns - reading->own_cpu_ns, 0);
	struct variable variables[GROUP_EVENTS + OWN_VARIABLES];
	struct reading_tally tally = {0};

	for (int q = 0; q < QUANTITIES; q++)
		values[q] = NAN;
	if (measurement->reads > 0)
		values[QUANTITY_NS] = cpu_ns / (double)measurement->reads;
	if (measurement->clock_ghz > 0) {
		values[QUANTITY_CLOCK_GHZ] = measurement->clock_ghz;
		values[QUANTITY_CLOCK_CYCLES] =
			values[QUANTITY_NS] * measurement->clock_ghz;
	}
	if (!reading->group)
		return tally;

	tally = set_variables(reading, measurement, cpu_ns, variables);
	for (size_t i = 0; i < reading->group->identities_count; i++)
		check_sum(reading, &reading->group->identities[i], variables, &tally);
	for (int q = 0; q < QUANTITIES; q++) {
		double value;

		if (!reading->formulas[q])
			continue;
		if (formula_evaluate(reading->formulas[q], variables,
			    reading->group->events_count + OWN_VARIABLES, &value) == 0 &&
			isfinite(value))
			values[q] = value;
	}
	return tally;
}
