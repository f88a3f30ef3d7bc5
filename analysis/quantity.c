/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/quantity.h"

#include "analysis/whole-count.h"

#include <errno.h>
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

/* Variables behind the group's events. */
enum { OWN_VARIABLES = READING_VARIABLES - GROUP_EVENTS };

static void set_own_counts(
	struct reading *reading, const struct environment_window_cost *cost)
{
	for (size_t i = 0; i < reading->group->events_count; i++)
		for (size_t e = 0; e < cost->events_count; e++)
			if (strcmp(cost->events[e].event,
				    reading->group->events[i].name) == 0)
				reading->own_counts[i] = cost->events[e].count;
}

size_t reading_name_variables(
	const struct group *group, struct variable variables[READING_VARIABLES])
{
	static const char *const own[OWN_VARIABLES] = {
		"READS", "WALL_NS", "CPU_NS", "time"};
	size_t n = group->events_count;

	for (size_t i = 0; i < n; i++)
		variables[i].name = group->events[i].counter;
	for (size_t i = 0; i < OWN_VARIABLES; i++)
		variables[n++].name = own[i];
	return n;
}

/* What does not parse has no steps, and no value. */
static int compile_one(struct formula *formula, const char *text,
	const struct variable *variables, size_t count)
{
	return formula_compile(formula, text, variables, count) == -ENOMEM ? -ENOMEM : 0;
}

static int compile(struct reading *reading)
{
	const struct group *group = reading->group;
	struct variable variables[READING_VARIABLES];
	size_t count = reading_name_variables(group, variables);

	int error = 0;

	for (int q = 0; q < QUANTITIES && !error; q++)
		if (reading->formulas[q])
			error = compile_one(&reading->compiled[q], reading->formulas[q],
				variables, count);
	for (size_t i = 0; i < group->identities_count && !error; i++) {
		const struct identity *identity = &group->identities[i];

		reading->sums[i].events = group_formula_events(group, identity->left) |
					  group_formula_events(group, identity->right);
		error = compile_one(
			&reading->sums[i].left, identity->left, variables, count);
		if (!error)
			error = compile_one(&reading->sums[i].right, identity->right,
				variables, count);
	}
	return error;
}

int reading_init(struct reading *reading, const struct group *group,
	const struct event_list *events, const struct environment_window_cost *cost)
{
	int error;

	*reading = (struct reading){.group = group,
		.own_cpu_ns = cost ? cost->cpu_ns : 0,
		.own_wall_ns = cost ? cost->inside_ns : 0};
	if (!group)
		return 0;
	if (cost)
		set_own_counts(reading, cost);
	for (size_t i = 0; i < group->events_count; i++)
		reading->columns[i] = event_list_find(events, group->events[i].name);
	for (size_t i = 0; i < group->metrics_count; i++)
		for (int q = 0; q < QUANTITIES; q++)
			if (metric_names[q] &&
				strcmp(metric_names[q], group->metrics[i].name) == 0)
				reading->formulas[q] = group->metrics[i].formula;
	error = compile(reading);
	if (error)
		reading_release(reading);
	return error;
}

void reading_release(struct reading *reading)
{
	for (int q = 0; q < QUANTITIES; q++)
		formula_release(&reading->compiled[q]);
	for (size_t i = 0; i < GROUP_IDENTITIES; i++) {
		formula_release(&reading->sums[i].left);
		formula_release(&reading->sums[i].right);
	}
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

void reading_tally_add(struct reading_tally *sum, struct reading_tally tally)
{
	sum->rejected += tally.rejected;
	sum->scaled += tally.scaled;
	sum->sums += tally.sums;
	sum->sums_broken += tally.sums_broken;
	sum->silent += tally.silent;
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

static double above_zero(double value)
{
	return value > 0 ? value : 0;
}

/* Fewer events than this say nothing of a sum: interrupts bring some of their own. */
enum { SUM_LEAST = 2000 };

static void check_sum(const struct reading *reading, size_t index,
	struct variable *variables, struct reading_tally *tally)
{
	const struct identity *identity = &reading->group->identities[index];
	double left = formula_value(&reading->sums[index].left, variables);
	double right = formula_value(&reading->sums[index].right, variables);
	double larger = fmax(fabs(left), fabs(right));

	if (isnan(left) || isnan(right) || larger < SUM_LEAST)
		return;
	tally->sums++;
	if (fabs(left - right) <= identity->tolerance * larger)
		return;
	tally->sums_broken++;
	for (size_t e = 0; e < reading->group->events_count; e++) {
		if (!(reading->sums[index].events >> e & 1) || variables[e].value > 0)
			continue;
		variables[e].value = NAN;
		tally->silent++;
	}
}

struct reading_tally reading_variables(const struct reading *reading,
	const struct counter_value *counts, double reads, double wall_ns, double cpu_ns,
	struct variable variables[READING_VARIABLES])
{
	const struct group *group = reading->group;
	struct reading_tally tally = {0};
	size_t n = group->events_count;

	for (size_t i = 0; i < n; i++) {
		double count;

		variables[i].value = NAN;
		if (reading->columns[i] < 0)
			continue;
		count = count_of(reading, &counts[reading->columns[i]], &tally);
		if (!isnan(count))
			variables[i].value = above_zero(count - reading->own_counts[i]);
	}
	variables[n++].value = reads;
	variables[n++].value = wall_ns;
	variables[n++].value = cpu_ns;
	variables[n].value = wall_ns / 1e9;
	for (size_t i = 0; i < group->identities_count; i++)
		check_sum(reading, i, variables, &tally);
	return tally;
}

struct reading_tally reading_quantities(const struct reading *reading,
	const struct measurement *measurement, double values[QUANTITIES])
{
	const double cpu_ns =
		above_zero((double)measurement->cpu_ns - reading->own_cpu_ns);
	struct variable variables[READING_VARIABLES];
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

	tally = reading_variables(reading, measurement->values,
		(double)measurement->reads,
		above_zero((double)measurement->wall_ns - reading->own_wall_ns), cpu_ns,
		variables);
	for (int q = 0; q < QUANTITIES; q++) {
		double value = reading->formulas[q]
				       ? formula_value(&reading->compiled[q], variables)
				       : NAN;

		if (!isnan(value))
			values[q] = value;
	}
	return tally;
}
