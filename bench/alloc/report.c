/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bench/alloc/report.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const double big_program = 64 << 20;

void report_header(const bool *present)
{
	printf("%-17s", "ns per operation");
	for (int i = 0; allocators[i].name; i++)
		if (present[i])
			printf(" %9s", allocators[i].name);
	if (present[allocator_find("hp")])
		printf("  %-29s %-20s", "hp / best of the peers", "hp / glibc");
	printf("\n");
}

static void print_ns(double ns)
{
	if (isnan(ns))
		printf(" %9s", "failed");
	else
		printf(" %9.*f", ns < 1000 ? 1 : 0, ns);
}

static void print_ratio(struct ratio ratio)
{
	char interval[32] = "";

	if (!isnan(ratio.median))
		(void)snprintf(interval, sizeof(interval), "%.2f (%.2f-%.2f)%s",
			ratio.median, ratio.low, ratio.high, ratio.exact ? "" : "?");
	printf(" %-20s", interval);
}

static void print_figure(double value)
{
	if (isnan(value))
		printf(" %9s", "-");
	else
		printf(" %9.1f", value);
}

static void print_memory(const struct row *row, const bool *present)
{
	printf("%-17s", "    peak MiB");
	for (int i = 0; allocators[i].name; i++)
		if (present[i])
			print_figure(row->series[i].peak_bytes / (1 << 20));
	printf("\n");
	if (!row->pattern->memory_only)
		return;
	printf("%-17s", "    returned %");
	for (int i = 0; allocators[i].name; i++)
		if (present[i])
			print_figure(100 * row->series[i].returned);
	printf("\n%-17s", "    can be, %");
	for (int i = 0; allocators[i].name; i++)
		if (present[i])
			print_figure(100 * row->series[i].returnable);
	printf("\n");
}

void report_row(const struct row *row, const bool *present)
{
	int hp = allocator_find("hp");
	int best = row_best_peer(row);

	printf("%-17s", row->pattern->name);
	for (int i = 0; allocators[i].name; i++)
		if (present[i])
			print_ns(series_median_ns(&row->series[i]));
	if (present[hp] && best >= 0) {
		printf(" ");
		print_ratio(row_time_ratio(row, hp, best));
		printf(" %-8s", allocators[best].name);
		print_ratio(row_time_ratio(row, hp, 0));
	}
	printf("\n");
	print_memory(row, present);
	for (int i = 0; allocators[i].name; i++)
		if (row->series[i].failure[0])
			printf("    %s failed: %s\n", allocators[i].name,
				row->series[i].failure);
	(void)fflush(stdout);
}

/* Whether a limit holds; an interval that has it inside decides nothing for certain. */
static const char *verdict(struct ratio ratio, double limit)
{
	if (isnan(ratio.median))
		return "not measured";
	if (ratio.median <= limit)
		return ratio.high <= limit ? "reached" : "reached, not for certain";
	return ratio.low > limit ? "missed" : "missed, not for certain";
}

static void judge_mean(
	const struct results *results, const char *what, int of, int to, double limit)
{
	struct ratio ratio = results_time_mean(results, of, to);

	printf("%-64s %.3f (%.3f-%.3f), at most %.2f: %s\n", what, ratio.median,
		ratio.low, ratio.high, limit, verdict(ratio, limit));
}

/* " NAME RATIO", and a mark where the limit lies within the interval. The characters
 * written. */
static size_t name_above(
	char *names, size_t size, const struct row *row, struct ratio ratio, double limit)
{
	int length = isnan(ratio.median)
			     ? snprintf(names, size, " %s failed", row->pattern->name)
			     : snprintf(names, size, " %s %.2f%s", row->pattern->name,
				       ratio.median, ratio.low <= limit ? "?" : "");

	return (size_t)length < size ? (size_t)length : size - 1;
}

/* Every pattern must keep within the limit; those that do not are named. */
static void judge_each(
	const struct results *results, const char *what, int of, int to, double limit)
{
	unsigned above = 0;
	unsigned judged = 0;
	char names[1024] = "";
	size_t length = 0;

	for (size_t i = 0; i < results->count; i++) {
		const struct row *row = &results->rows[i];
		int other = to >= 0 ? to : row_best_peer(row);
		struct ratio ratio;

		if (row->pattern->memory_only || other < 0 ||
			row->series[other].count == 0)
			continue;
		ratio = row_time_ratio(row, of, other);
		judged++;
		if (ratio.median <= limit)
			continue;
		above++;
		length += name_above(
			names + length, sizeof(names) - length, row, ratio, limit);
	}
	printf("%-64s %u of %u above %.2f%s%s: %s\n", what, above, judged, limit,
		above ? "," : "", names,
		judged == 0 ? "not measured"
		: above     ? "missed"
			    : "reached");
}

static void judge_pair(const struct results *results, int hp, int mimalloc)
{
	for (size_t i = 0; i < results->count; i++) {
		const struct row *row = &results->rows[i];
		struct ratio ratio;

		if (strcmp(row->pattern->name, "pair-64") != 0)
			continue;
		ratio = row_time_ratio(row, hp, mimalloc);
		printf("%-64s %.3f (%.3f-%.3f), at most 1.00: %s\n",
			"a pair of 64 bytes, to mimalloc's", ratio.median, ratio.low,
			ratio.high, verdict(ratio, 1));
	}
}

static void judge_peak(
	const struct results *results, const char *what, int of, double limit)
{
	unsigned count;
	double mean = results_peak_mean(results, of, 0, big_program, &count);

	printf("%-64s %.3f over %u patterns, at most %.2f: %s\n", what, mean, count,
		limit,
		isnan(mean)     ? "not measured"
		: mean <= limit ? "reached"
				: "missed");
}

static void judge_return(const struct results *results, int of)
{
	for (size_t i = 0; i < results->count; i++) {
		const struct row *row = &results->rows[i];
		const struct series *series = &row->series[of];

		if (!row->pattern->memory_only || series->count == 0)
			continue;
		printf("%-17s %-46s %.3f (with the survivors in place %.3f), at least 0.50: "
		       "%s\n",
			row->pattern->name, "of what perfect compaction returns",
			series->returned, series->returnable,
			series->returned >= 0.5 ? "reached" : "missed");
	}
}

void report_verdicts(const struct results *results, const bool *present)
{
	int hp = allocator_find("hp");
	int small = allocator_find("hp-small");

	printf("\n");
	if (!present[hp]) {
		printf("hp was not measured: its library was not found\n");
		return;
	}
	judge_mean(results,
		"time to the best of glibc, jemalloc, mimalloc, tcmalloc, mean", hp, -1,
		1.00);
	judge_each(results, "time to the best of them, each pattern", hp, -1, 1.10);
	judge_each(results, "time to glibc's, each pattern", hp, 0, 1.00);
	judge_pair(results, hp, allocator_find("mimalloc"));
	judge_peak(results, "peak memory to glibc's, above 64 MiB, small pages, mean",
		small, 1.05);
	judge_peak(results, "peak memory to glibc's, above 64 MiB, huge pages, mean", hp,
		1.15);
	judge_return(results, hp);
}
