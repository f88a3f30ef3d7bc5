/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/comparison.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define CONFIDENCE 0.95

static double known(uint64_t value)
{
	return value ? (double)value : NAN;
}

static double get_wall(const struct execution *execution)
{
	return known(execution->wall_ns);
}

static double get_cpu(const struct execution *execution)
{
	return (double)(execution->user_ns + execution->system_ns);
}

static double get_user(const struct execution *execution)
{
	return (double)execution->user_ns;
}

static double get_system(const struct execution *execution)
{
	return (double)execution->system_ns;
}

static double get_faults(const struct execution *execution)
{
	return (double)(execution->minor_faults + execution->major_faults);
}

static double get_switches(const struct execution *execution)
{
	return (double)(execution->voluntary_switches + execution->involuntary_switches);
}

/* A sample comes late for what is short-lived; the kernel's own peak does not, but leaves
 * hugetlb pages and all processes but the largest out. */
static double get_memory(const struct execution *execution)
{
	uint64_t largest = execution->peak_resident_bytes + execution->peak_hugetlb_bytes;

	return known(execution->peak_memory_bytes > largest ? execution->peak_memory_bytes
							    : largest);
}

static double get_hugetlb(const struct execution *execution)
{
	return (double)execution->peak_hugetlb_bytes;
}

static double get_huge_share(const struct execution *execution)
{
	return execution->peak_anonymous_bytes ? execution->huge_share : NAN;
}

static double get_pool(const struct execution *execution)
{
	return (double)execution->pool_bytes;
}

static double get_throughput(const struct execution *execution)
{
	return execution->throughput > 0 ? execution->throughput : NAN;
}

const struct quantity_row comparison_quantities[COMPARISON_FIXED] = {
	[COMPARE_WALL] = {"time", "ns", false, false, get_wall},
	[COMPARE_CPU] = {"CPU time", "ns", false, false, get_cpu},
	[COMPARE_USER] = {"user time", "ns", false, false, get_user},
	[COMPARE_SYSTEM] = {"system time", "ns", false, false, get_system},
	[COMPARE_FAULTS] = {"page faults", "", false, false, get_faults},
	[COMPARE_SWITCHES] = {"context switches", "", false, false, get_switches},
	[COMPARE_MEMORY] = {"peak memory", "B", true, false, get_memory},
	[COMPARE_HUGETLB] = {"on hugetlb pages", "B", true, false, get_hugetlb},
	[COMPARE_HUGE_SHARE] = {"on huge pages", "share", true, true, get_huge_share},
	[COMPARE_POOL] = {"taken from pools", "B", true, false, get_pool},
	[COMPARE_THROUGHPUT] = {"throughput", "1/s", false, true, get_throughput},
};

struct builder {
	const struct comparison *comparison;
	const struct execution *rows;
	size_t count;
	double *sample;
};

static bool is_watched(const struct execution *execution)
{
	return strcmp(execution->kind, EXECUTION_WATCHED) == 0;
}

/* The end that counts as right is the reference's first. */
static bool has_failed(const struct builder *b, const struct execution *execution)
{
	return strcmp(execution->end, "exit") != 0 || execution->code != b->rows[0].code;
}

/* By an interrupt of the run: neither a time nor a failure of the allocator's. */
static bool was_stopped(const struct execution *execution)
{
	return strcmp(execution->end, "stopped") == 0;
}

static struct contender *find_contender(struct comparison *comparison, const char *name)
{
	for (size_t i = 0; i < comparison->count; i++)
		if (strcmp(comparison->contenders[i].allocator, name) == 0)
			return &comparison->contenders[i];
	if (comparison->count == COMPARISON_CONTENDERS)
		return NULL;
	comparison->contenders[comparison->count].allocator = name;
	return &comparison->contenders[comparison->count++];
}

static void count_executions(const struct builder *b, struct comparison *comparison)
{
	for (size_t i = 0; i < b->count; i++) {
		const struct execution *row = &b->rows[i];
		struct contender *contender = find_contender(comparison, row->allocator);

		if (!contender)
			continue;
		contender->executions++;
		if (row->round >= comparison->rounds)
			comparison->rounds = row->round + 1;
		if (!is_watched(row))
			comparison->timed = true;
		if (was_stopped(row))
			continue;
		if (has_failed(b, row)) {
			contender->failed++;
			if (!contender->failure)
				contender->failure = row;
		} else if (row->output_digest != b->rows[0].output_digest ||
			   row->output_bytes != b->rows[0].output_bytes) {
			contender->outputs_differ++;
		}
	}
}

/* NaN where this execution does not tell. */
static double value_of(
	const struct builder *b, const struct execution *row, size_t quantity)
{
	const struct execution_counts *counts = &b->comparison->counts;
	const struct quantity_row *of;

	if (quantity >= COMPARISON_FIXED)
		return counts->values[(size_t)(row - b->rows) * counts->columns +
				      quantity - COMPARISON_FIXED];
	of = &comparison_quantities[quantity];
	if (is_watched(row) != (of->from_watched || !b->comparison->timed))
		return NAN;
	return of->get(row);
}

static bool is_of(const struct execution *row, const char *allocator, uint64_t round)
{
	return row->round == round && strcmp(row->allocator, allocator) == 0;
}

/* Of one allocator in one round; NaN where it has none. */
static double value_in_round(
	struct builder *b, const char *allocator, uint64_t round, size_t quantity)
{
	for (size_t i = 0; i < b->count; i++) {
		double value;

		if (!is_of(&b->rows[i], allocator, round) || has_failed(b, &b->rows[i]))
			continue;
		value = value_of(b, &b->rows[i], quantity);
		if (!isnan(value))
			return value;
	}
	return NAN;
}

static void estimate_quantity(
	struct builder *b, struct contender *contender, size_t quantity)
{
	const char *reference = b->comparison->contenders[0].allocator;
	double confidence =
		quantity == COMPARE_WALL ? b->comparison->wall_confidence : CONFIDENCE;
	struct estimate *ratio = &contender->ratios[quantity];
	size_t count = 0, pairs = 0;

	for (uint64_t round = 0; round < b->comparison->rounds; round++) {
		double value = value_in_round(b, contender->allocator, round, quantity);

		if (!isnan(value))
			b->sample[count++] = value;
	}
	contender->values[quantity] = estimate_sample(b->sample, count, CONFIDENCE);
	count = 0;
	for (uint64_t round = 0; round < b->comparison->rounds; round++) {
		double value = value_in_round(b, contender->allocator, round, quantity);
		double other = value_in_round(b, reference, round, quantity);
		double ratio_log = log(value / other);

		pairs += !isnan(value) && !isnan(other);
		if (isfinite(ratio_log))
			b->sample[count++] = ratio_log;
	}
	if (!estimate_logs_tell(count, pairs))
		count = 0;
	*ratio = estimate_sample(b->sample, count, confidence);
	estimate_exp(ratio);
	if (contender != b->comparison->contenders)
		contender->verdicts[quantity] = verdict_judge(ratio);
}

static double wall_of_kind(
	const struct builder *b, const char *allocator, uint64_t round, bool watched)
{
	for (size_t i = 0; i < b->count; i++)
		if (is_of(&b->rows[i], allocator, round) &&
			is_watched(&b->rows[i]) == watched && !has_failed(b, &b->rows[i]))
			return get_wall(&b->rows[i]);
	return NAN;
}

static void estimate_tax(struct builder *b, struct contender *contender)
{
	size_t count = 0;

	for (uint64_t round = 0; round < b->comparison->rounds; round++) {
		double tax = log(wall_of_kind(b, contender->allocator, round, true) /
				 wall_of_kind(b, contender->allocator, round, false));

		if (!isnan(tax))
			b->sample[count++] = tax;
	}
	contender->tax = estimate_sample(b->sample, count, CONFIDENCE);
	estimate_exp(&contender->tax);
}

static double stolen_share(const struct builder *b)
{
	double stolen = 0, wall = 0;

	for (size_t i = 0; i < b->count; i++)
		if (!is_watched(&b->rows[i])) {
			stolen += (double)b->rows[i].stolen_ns;
			wall += (double)b->rows[i].wall_ns;
		}
	return wall > 0 ? stolen / wall : 0;
}

int comparison_build(struct comparison *comparison, const struct records *executions,
	const struct environment *environment, const struct group *groups,
	size_t groups_count)
{
	struct builder b = {.comparison = comparison,
		.rows = executions->rows,
		.count = executions->count};
	int error;

	*comparison = (struct comparison){
		.executions = executions, .scaled = environment->scaled};
	if (b.count == 0)
		return -ENODATA;
	error = execution_counts_init(
		&comparison->counts, executions, environment, groups, groups_count);
	if (error)
		return error;
	comparison->quantities = COMPARISON_FIXED + comparison->counts.columns;
	count_executions(&b, comparison);
	comparison->wall_confidence =
		1 - (1 - CONFIDENCE) /
			    (double)(comparison->count > 2 ? comparison->count - 1 : 1);
	b.sample = calloc(comparison->rounds, sizeof(*b.sample));
	if (!b.sample) {
		comparison_release(comparison);
		return -ENOMEM;
	}
	for (size_t i = 0; i < comparison->count; i++) {
		for (size_t q = 0; q < comparison->quantities; q++)
			estimate_quantity(&b, &comparison->contenders[i], q);
		estimate_tax(&b, &comparison->contenders[i]);
	}
	free(b.sample);
	comparison->stolen_share = stolen_share(&b);
	return 0;
}

void comparison_release(struct comparison *comparison)
{
	execution_counts_release(&comparison->counts);
}

double comparison_value(const struct comparison *comparison, const char *allocator,
	uint64_t round, size_t quantity)
{
	struct builder b = {.comparison = comparison,
		.rows = comparison->executions->rows,
		.count = comparison->executions->count};

	return value_in_round(&b, allocator, round, quantity);
}

const char *comparison_name(const struct comparison *comparison, size_t quantity)
{
	const struct event_list *events = &comparison->executions->events;

	if (quantity < COMPARISON_FIXED)
		return comparison_quantities[quantity].name;
	quantity -= COMPARISON_FIXED;
	return quantity < events->count
		       ? events->names[quantity]
		       : comparison->counts.metrics[quantity - events->count];
}

const struct contender *comparison_best(const struct comparison *comparison)
{
	const struct contender *best = NULL;

	for (size_t i = 1; i < comparison->count; i++) {
		const struct contender *one = &comparison->contenders[i];

		if (one->failed == 0 && one->verdicts[COMPARE_WALL] == VERDICT_FASTER &&
			(!best || one->ratios[COMPARE_WALL].median <
					  best->ratios[COMPARE_WALL].median))
			best = one;
	}
	return best;
}

bool comparison_is_beside_malloc(const struct comparison *comparison)
{
	enum { SOME_BYTES = 8 << 20, FRACTION = 50 };
	const struct allocation_totals *totals = comparison->allocations;
	double memory = comparison->contenders[0].values[COMPARE_MEMORY].median;

	if (!totals)
		return false;
	return totals->allocations == 0 ||
	       (memory > SOME_BYTES && (double)totals->peak_bytes * FRACTION < memory);
}
