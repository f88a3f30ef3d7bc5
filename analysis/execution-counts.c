/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/execution-counts.h"

#include "analysis/whole-count.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* How the executions of one group are read. */
struct group_reader {
	struct reading reading;
	struct variable variables[READING_VARIABLES];
	struct {
		struct formula formula;
		size_t metric; /* in execution_counts */
	} derived[GROUP_METRICS];
	size_t derived_count;
};

static void release_reader(struct group_reader *reader)
{
	for (size_t i = 0; i < reader->derived_count; i++)
		formula_release(&reader->derived[i].formula);
	reading_release(&reader->reading);
}

/* A metric of the same name in two groups is one; -1 where there is no room. */
static int metric_index(struct execution_counts *counts, const char *name)
{
	for (size_t i = 0; i < counts->metrics_count; i++)
		if (strcmp(counts->metrics[i], name) == 0)
			return (int)i;
	if (counts->metrics_count == EXECUTION_METRICS)
		return -1;
	counts->metrics[counts->metrics_count] = name;
	return (int)counts->metrics_count++;
}

/* Formulas over READS do not compile: a program's are not known. One of a single step is
 * an event's count by another name. */
static int add_metrics(struct execution_counts *counts, struct group_reader *reader)
{
	const struct group *group = reader->reading.group;
	size_t count = reading_name_variables(group, reader->variables);

	reader->variables[group->events_count].name = "";
	for (size_t i = 0; i < group->metrics_count; i++) {
		struct formula formula;
		int metric;
		int error = formula_compile(
			&formula, group->metrics[i].formula, reader->variables, count);

		if (error == -ENOMEM)
			return error;
		if (error)
			continue;
		metric = formula.count > 1 ? metric_index(counts, group->metrics[i].name)
					   : -1;
		if (metric < 0) {
			formula_release(&formula);
			continue;
		}
		reader->derived[reader->derived_count].formula = formula;
		reader->derived[reader->derived_count++].metric = (size_t)metric;
	}
	return 0;
}

static int init_reader(struct execution_counts *counts, struct group_reader *reader,
	const struct group *group, const struct event_list *events,
	const struct environment *environment)
{
	const struct event_verdict *reasons[QUANTITIES];
	int error = reading_init(&reader->reading, group, events, NULL);

	if (error)
		return error;
	reading_exclude(&reader->reading, environment->events, environment->events_count,
		reasons);
	reader->reading.scaled = environment->scaled;
	error = add_metrics(counts, reader);
	if (error)
		release_reader(reader);
	return error;
}

/* A row does not tell which group an event's count is from. */
static void exclude_events(struct execution_counts *counts,
	const struct event_list *events, const struct environment *environment)
{
	for (size_t i = 0; i < environment->events_count; i++) {
		const struct event_verdict *verdict = &environment->events[i];
		int event = event_excluded(verdict->judgement)
				    ? event_list_find(events, verdict->event)
				    : -1;

		if (event >= 0)
			counts->excluded[event] = verdict;
	}
}

/* The time in which what is counted could happen: a clock of user cycles over all of a
 * program's time would be none. */
static double counted_ns(const struct execution *row, bool user)
{
	return (double)(row->user_ns + (user ? 0 : row->system_ns));
}

/* Sums of the group's that do not hold take a silent counter's value away. */
static void derive(struct execution_counts *counts, struct group_reader *reader,
	const struct execution *row, size_t events, double *values)
{
	const struct reading *reading = &reader->reading;
	struct reading_tally tally = reading_variables(reading, row->values, NAN,
		(double)row->wall_ns, counted_ns(row, counts->user), reader->variables);

	counts->tally.sums += tally.sums;
	counts->tally.sums_broken += tally.sums_broken;
	counts->tally.silent += tally.silent;
	for (size_t i = 0; i < reading->group->events_count; i++)
		if (reading->columns[i] >= 0 && isnan(reader->variables[i].value))
			values[reading->columns[i]] = NAN;
	for (size_t i = 0; i < reader->derived_count; i++)
		values[events + reader->derived[i].metric] =
			formula_value(&reader->derived[i].formula, reader->variables);
}

static void read_row(struct execution_counts *counts, struct group_reader *readers,
	size_t readers_count, const struct execution *row, size_t events, bool scaled,
	double *values)
{
	for (size_t i = 0; i < counts->columns; i++)
		values[i] = NAN;
	if (strcmp(row->kind, EXECUTION_WATCHED) != 0)
		return;
	for (size_t e = 0; e < events; e++) {
		enum whole_count kind;

		if (counts->excluded[e])
			continue;
		kind = whole_count(&row->values[e], scaled, &values[e]);
		counts->tally.rejected += kind == COUNT_REJECTED;
		counts->tally.scaled += kind == COUNT_SCALED;
	}
	for (size_t i = 0; i < readers_count; i++)
		if (strcmp(readers[i].reading.group->name, row->group) == 0)
			derive(counts, &readers[i], row, events, values);
}

int execution_counts_init(struct execution_counts *counts,
	const struct records *executions, const struct environment *environment,
	const struct group *groups, size_t groups_count)
{
	static const struct counter_filter user = {.user = true};
	const struct execution *rows = executions->rows;
	const size_t events = executions->events.count;
	char filter[COUNTER_FILTER_TEXT];
	struct group_reader *readers = calloc(groups_count + 1, sizeof(*readers));
	size_t ready = 0;
	int error = readers ? 0 : -ENOMEM;

	*counts = (struct execution_counts){
		.user = strcmp(environment->counter_filter,
				counter_filter_describe(&user, filter)) == 0};
	exclude_events(counts, &executions->events, environment);
	for (; ready < groups_count && !error; ready += !error)
		error = init_reader(counts, &readers[ready], &groups[ready],
			&executions->events, environment);
	counts->columns = events + counts->metrics_count;
	if (!error)
		counts->values = calloc(
			executions->count * counts->columns + 1, sizeof(*counts->values));
	if (!error && !counts->values)
		error = -ENOMEM;
	for (size_t i = 0; i < executions->count && !error; i++)
		read_row(counts, readers, ready, &rows[i], events, environment->scaled,
			&counts->values[i * counts->columns]);
	for (size_t i = 0; i < ready; i++)
		release_reader(&readers[i]);
	free(readers);
	return error;
}

void execution_counts_release(struct execution_counts *counts)
{
	free(counts->values);
	*counts = (struct execution_counts){0};
}
