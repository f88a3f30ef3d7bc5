/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/prediction.h"

#include "core/statistics.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* In front of each block of libc's. */
enum { BLOCK_HEADER = 8 };

/* The executions of the reference, and room for a value of each. */
struct taking {
	const struct records *executions;
	const struct execution *first;
	double *sample;
};

static const struct execution *execution_at(const struct taking *t, size_t i)
{
	return &((const struct execution *)t->executions->rows)[i];
}

static bool belongs(
	const struct taking *t, const struct execution *execution, const char *kind)
{
	return strcmp(execution->allocator, t->first->allocator) == 0 &&
	       strcmp(execution->kind, kind) == 0 && execution->wall_ns > 0 &&
	       strcmp(execution->end, t->first->end) == 0 &&
	       execution->code == t->first->code;
}

static double median_of(const struct taking *t, const char *kind,
	double (*get)(const struct execution *execution), size_t *count)
{
	*count = 0;
	for (size_t i = 0; i < t->executions->count; i++) {
		const struct execution *execution = execution_at(t, i);

		if (belongs(t, execution, kind))
			t->sample[(*count)++] = get(execution);
	}
	return statistics_median(t->sample, *count);
}

static double get_wall(const struct execution *e)
{
	return (double)e->wall_ns;
}
static double get_user(const struct execution *e)
{
	return (double)e->user_ns;
}
static double get_system(const struct execution *e)
{
	return (double)e->system_ns;
}
static double get_faults(const struct execution *e)
{
	return (double)e->minor_faults;
}
static double get_files(const struct execution *e)
{
	return fmax(0, (double)e->peak_memory_bytes - (double)e->peak_anonymous_bytes);
}
/* A sample comes late for what is short-lived; the kernel's own peak does not, and what
 * grows behind the last sample is seldom a file. */
static double get_anonymous(const struct execution *e)
{
	const double sampled = (double)e->peak_anonymous_bytes;

	if (!(sampled > 0))
		return 0;
	return fmax(sampled, (double)e->peak_resident_bytes - get_files(e));
}
static double get_huge_share(const struct execution *e)
{
	return e->huge_share;
}
static double get_processes(const struct execution *e)
{
	return (double)e->peak_processes;
}

/* A group's quantities of a whole execution: per read with one read. */
static void read_events(const struct taking *t, const struct reading *reading,
	double sums[QUANTITIES], size_t counts[QUANTITIES])
{
	for (size_t i = 0; i < t->executions->count; i++) {
		const struct execution *execution = execution_at(t, i);
		struct measurement whole = {.reads = 1,
			.wall_ns = execution->wall_ns,
			.cpu_ns = execution->user_ns + execution->system_ns};
		double values[QUANTITIES];

		if (!belongs(t, execution, EXECUTION_WATCHED) ||
			strcmp(execution->group, reading->group->name) != 0)
			continue;
		memcpy(whole.values, execution->values, sizeof(whole.values));
		(void)reading_quantities(reading, &whole, values);
		for (int q = 0; q < QUANTITIES; q++)
			if (isfinite(values[q])) {
				sums[q] += values[q];
				counts[q]++;
			}
	}
}

static int take_events(const struct taking *t, const struct group *groups,
	size_t groups_count, const struct environment *environment,
	struct program_facts *facts)
{
	const struct event_verdict *reasons[QUANTITIES] = {NULL};
	double sums[QUANTITIES] = {0};
	size_t counts[QUANTITIES] = {0};
	bool known[QUANTITIES];
	struct cost_terms terms;

	for (size_t g = 0; g < groups_count; g++) {
		struct reading reading;

		if (reading_init(&reading, &groups[g], &t->executions->events, NULL))
			return -ENOMEM;
		reading_exclude(&reading, environment->events, environment->events_count,
			reasons);
		reading.scaled = environment->scaled;
		read_events(t, &reading, sums, counts);
		reading_release(&reading);
	}
	for (int q = 0; q < QUANTITIES; q++) {
		known[q] = counts[q] > 0;
		sums[q] = known[q] ? sums[q] / (double)counts[q] : NAN;
	}
	cost_terms_init(&terms, known);
	for (int e = 0; e < COST_TERMS; e++)
		facts->events[e] = cost_term_value(&terms, e, sums);
	facts->cycles = sums[QUANTITY_CYCLES];
	facts->walk_cycles = sums[QUANTITY_WALK_CYCLES];
	return 0;
}

/* What libc takes for the blocks that were live at the peak. */
static double heap_of(const struct allocation_totals *totals)
{
	const double blocks = (double)totals->allocations;
	const double asked = (double)totals->asked_bytes;

	return (double)totals->peak_bytes *
	       (asked > 0 ? 1 + BLOCK_HEADER * blocks / asked : 1);
}

int program_facts_take(struct program_facts *facts, const struct records *executions,
	const struct allocation_totals *totals, const struct group *groups,
	size_t groups_count, const struct environment *environment)
{
	struct taking t = {.executions = executions, .first = executions->rows};
	size_t count;
	int error;

	*facts = (struct program_facts){.heap_bytes = NAN, .traced_bytes = NAN};
	if (executions->count == 0)
		return 0;
	t.sample = calloc(executions->count, sizeof(*t.sample));
	if (!t.sample)
		return -ENOMEM;
	facts->wall_ns = median_of(&t, EXECUTION_TIMED, get_wall, &facts->rounds);
	facts->user_ns = median_of(&t, EXECUTION_TIMED, get_user, &count);
	facts->system_ns = median_of(&t, EXECUTION_TIMED, get_system, &count);
	facts->faults = median_of(&t, EXECUTION_TIMED, get_faults, &count);
	facts->anonymous_bytes = median_of(&t, EXECUTION_WATCHED, get_anonymous, &count);
	facts->file_bytes = median_of(&t, EXECUTION_WATCHED, get_files, &count);
	facts->huge_share = median_of(&t, EXECUTION_WATCHED, get_huge_share, &count);
	facts->processes = median_of(&t, EXECUTION_WATCHED, get_processes, &count);
	/* What was handed out and never touched takes no memory. */
	facts->traced = totals != NULL;
	if (totals && totals->processes) {
		facts->traced_bytes = (double)totals->peak_bytes;
		facts->large_bytes = (double)totals->large_bytes;
		facts->split_bytes = (double)totals->split_bytes;
		facts->heap_bytes = fmin(heap_of(totals), facts->anonymous_bytes);
		if (allocation_totals_foreign(totals))
			(void)snprintf(facts->allocator, sizeof(facts->allocator), "%s",
				allocation_totals_foreign(totals));
	}
	error = take_events(&t, groups, groups_count, environment, facts);
	free(t.sample);
	return error;
}
