/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/comparison-print.h"

#include "analysis/comparison-remarks.h"
#include "analysis/json-text.h"
#include "analysis/summary.h"
#include "base/number.h"

#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CELL = COMPARISON_CELL };

/* Three significant digits and more: differences of a few per cent are what is read. */
static void format_time(char cell[CELL], double ns)
{
	static const struct {
		double ns;
		const char *unit;
	} scales[] = {{1e9, "s"}, {1e6, "ms"}, {1e3, "us"}, {1, "ns"}};
	size_t i = 0;

	while (i < 3 && ns < scales[i].ns)
		i++;
	ns /= scales[i].ns;
	(void)snprintf(cell, CELL, "%.*f %s",
		ns < 10    ? 3
		: ns < 100 ? 2
			   : 1,
		ns, scales[i].unit);
}

/* A value with its unit, in few characters; "-" where it is not known. */
static char *format_value(char cell[CELL], const char *unit, double value)
{
	char text[NUMBER_TEXT];

	if (isnan(value))
		(void)snprintf(cell, CELL, "-");
	else if (strcmp(unit, "ns") == 0)
		format_time(cell, value);
	else if (strcmp(unit, "B") == 0)
		(void)snprintf(cell, CELL, "%s",
			number_format_bytes(text, (uint64_t)(value + 0.5)));
	else if (strcmp(unit, "share") == 0)
		(void)snprintf(cell, CELL, "%.0f %%", 100 * value);
	else if (fabs(value) < 1e3 && value != floor(value))
		(void)snprintf(cell, CELL, "%.*f",
			fabs(value) < 10    ? 3
			: fabs(value) < 100 ? 2
					    : 1,
			value);
	else if (value < 1e6)
		(void)snprintf(cell, CELL, "%.0f", value);
	else
		(void)snprintf(cell, CELL, "%.3g", value);
	return cell;
}

static const char *unit_of(size_t quantity)
{
	return quantity < COMPARISON_FIXED ? comparison_quantities[quantity].unit : "";
}

char *comparison_format(char cell[COMPARISON_CELL], size_t quantity, double value)
{
	return format_value(cell, unit_of(quantity), value);
}

static void print_value(
	struct text *text, int width, const struct contender *contender, size_t quantity)
{
	char cell[CELL];

	text_format(text, "  %*s", width,
		format_value(
			cell, unit_of(quantity), contender->values[quantity].median));
}

/* A ratio stands out where something is true of it for sure. */
static void print_ratio(
	struct text *text, const struct estimate *ratio, enum verdict verdict, bool bold)
{
	bool real = verdict == VERDICT_FASTER || verdict == VERDICT_SLOWER;

	if (isnan(ratio->median))
		text_format(text, "  %5s", "-");
	else
		text_format(text, "  %s%5.3f%s", bold && real ? "\033[1m" : "",
			ratio->median, bold && real ? "\033[0m" : "");
	if (isnan(ratio->low))
		text_format(text, "  %11s", "");
	else
		text_format(text, "  %5.3f-%5.3f", ratio->low, ratio->high);
}

static void print_contender(const struct comparison *comparison, size_t index, bool bold,
	int name_width, struct text *text)
{
	const struct contender *one = &comparison->contenders[index];
	char words[64];

	text_format(text, "%-*s", name_width, one->allocator);
	if (one->failed == one->executions) {
		text_format(text, "  fails: %s\n",
			comparison_failure(one, words, sizeof(words)));
		return;
	}
	print_value(text, 9, one, COMPARE_WALL);
	if (index == 0)
		text_format(text, "  %5.3f  %-11s  %-10s", 1.0, "reference", "");
	else {
		print_ratio(text, &one->ratios[COMPARE_WALL], one->verdicts[COMPARE_WALL],
			bold);
		text_format(text, "  %-10s", verdict_name(one->verdicts[COMPARE_WALL]));
	}
	print_value(text, 9, one, COMPARE_USER);
	print_value(text, 9, one, COMPARE_SYSTEM);
	print_value(text, 8, one, COMPARE_FAULTS);
	print_value(text, 6, one, COMPARE_MEMORY);
	print_value(text, 5, one, COMPARE_HUGE_SHARE);
	text_append(text, "\n");
}

static int longest_name(const struct comparison *comparison)
{
	size_t longest = strlen("allocator");

	for (size_t i = 0; i < comparison->count; i++)
		if (strlen(comparison->contenders[i].allocator) > longest)
			longest = strlen(comparison->contenders[i].allocator);
	return (int)longest;
}

static void print_table(const struct comparison *comparison, bool bold, struct text *text)
{
	int width = longest_name(comparison);

	text_format(text, "%-*s  %9s  %5s  %-11s  %-10s  %9s  %9s  %8s  %6s  %5s\n",
		width, "allocator", "time", "ratio", "interval", "", "user", "system",
		"faults", "memory", "huge");
	for (size_t i = 0; i < comparison->count; i++)
		print_contender(comparison, i, bold, width, text);
}

static bool is_counted(const struct comparison *comparison, size_t quantity)
{
	for (size_t i = 0; i < comparison->count; i++)
		if (comparison->contenders[i].values[quantity].count > 0)
			return true;
	return false;
}

/* What a load got done, where it told. */
static void print_throughput(
	const struct comparison *comparison, bool bold, struct text *text)
{
	if (!is_counted(comparison, COMPARE_THROUGHPUT))
		return;
	text_append(text, "\nthroughput of the load\n");
	for (size_t i = 0; i < comparison->count; i++) {
		const struct contender *one = &comparison->contenders[i];
		char cell[CELL];

		text_format(text, "  %-14s  %9s", one->allocator,
			format_value(cell, "", one->values[COMPARE_THROUGHPUT].median));
		if (i)
			print_ratio(text, &one->ratios[COMPARE_THROUGHPUT],
				one->verdicts[COMPARE_THROUGHPUT], bold);
		text_append(text, "\n");
	}
}

static bool is_zero(const struct comparison *comparison, size_t quantity)
{
	for (size_t i = 0; i < comparison->count; i++)
		if (comparison->contenders[i].values[quantity].count > 0 &&
			comparison->contenders[i].values[quantity].median != 0)
			return false;
	return true;
}

/* Those of which there is nothing to compare. */
static void print_zeros(const struct comparison *comparison, struct text *text)
{
	struct text names;

	text_init(&names);
	for (size_t q = COMPARISON_FIXED; q < comparison->quantities; q++)
		if (is_counted(comparison, q) && is_zero(comparison, q))
			text_format(&names, "%s%s", names.length ? ", " : "",
				comparison_name(comparison, q));
	if (names.length) {
		text_append(text, "\n0 with each allocator, in the median\n  ");
		summary_wrap(text, 2, names.bytes);
		text_append(text, "\n");
	}
	text_release(&names);
}

static void print_events(
	const struct comparison *comparison, bool bold, struct text *text)
{
	const struct contender *reference = &comparison->contenders[0];

	for (size_t q = COMPARISON_FIXED; q < comparison->quantities; q++) {
		char cell[CELL];

		if (!is_counted(comparison, q) || is_zero(comparison, q))
			continue;
		text_format(text, "\n%s\n  %-14s  %9s\n", comparison_name(comparison, q),
			reference->allocator,
			format_value(cell, "", reference->values[q].median));
		for (size_t i = 1; i < comparison->count; i++) {
			const struct contender *one = &comparison->contenders[i];

			text_format(text, "  %-14s  %9s", one->allocator,
				format_value(cell, "", one->values[q].median));
			print_ratio(text, &one->ratios[q], one->verdicts[q], bold);
			text_append(text, "\n");
		}
	}
	print_zeros(comparison, text);
}

static double difference(const struct comparison *comparison,
	const struct contender *contender, enum comparison_quantity quantity)
{
	return contender->values[quantity].median -
	       comparison->contenders[0].values[quantity].median;
}

/* What a difference of time consists of, in the times that the kernel keeps. */
static void explain(const struct comparison *comparison,
	const struct contender *contender, struct text *text)
{
	const struct contender *reference = &comparison->contenders[0];
	char from[CELL], to[CELL];
	double user = difference(comparison, contender, COMPARE_USER) / 1e6;
	double system = difference(comparison, contender, COMPARE_SYSTEM) / 1e6;
	double faults = difference(comparison, contender, COMPARE_FAULTS);

	text_format(text, "  %s: %+.1f ms in user space, %+.1f ms in the kernel",
		contender->allocator, user, system);
	text_format(text, "; page faults %s to %s",
		format_value(from, "", reference->values[COMPARE_FAULTS].median),
		format_value(to, "", contender->values[COMPARE_FAULTS].median));
	/* What a fault costs here, if the kernel's time changed by faults alone. */
	if (faults < 0 && system < 0 && faults < -1000)
		text_format(text, " (%.2f us of kernel time for each that is gone)",
			system * 1e3 / faults);
	text_append(text, "\n");
}

static void print_explanations(const struct comparison *comparison, struct text *text)
{
	bool first = true;

	for (size_t i = 1; i < comparison->count; i++) {
		const struct contender *one = &comparison->contenders[i];

		if (one->verdicts[COMPARE_WALL] != VERDICT_FASTER &&
			one->verdicts[COMPARE_WALL] != VERDICT_SLOWER)
			continue;
		if (first)
			text_append(text, "\nwhere the differences lie\n");
		first = false;
		explain(comparison, one, text);
	}
}

void comparison_headline(const struct comparison *comparison, struct text *text)
{
	const struct contender *best = comparison_best(comparison);
	const struct contender *reference = &comparison->contenders[0];
	const struct contender *second =
		comparison->count == 2 ? &comparison->contenders[1] : NULL;

	if (comparison_is_beside_malloc(comparison))
		text_append(text,
			"nothing to compare: the program's memory does not come "
			"from malloc");
	else if (comparison->count == 1)
		text_format(text, "%s alone", reference->allocator);
	else if (best)
		text_format(text, "%s takes %.1f %% less time than %s", best->allocator,
			100 * (1 - best->ratios[COMPARE_WALL].median),
			reference->allocator);
	else if (second && second->verdicts[COMPARE_WALL] == VERDICT_SLOWER)
		text_format(text, "%s takes %.1f %% more time than %s", second->allocator,
			100 * (second->ratios[COMPARE_WALL].median - 1),
			reference->allocator);
	else if (second && second->verdicts[COMPARE_WALL] == VERDICT_SAME)
		text_format(text, "no difference between %s and %s: within 2 %%",
			reference->allocator, second->allocator);
	else
		text_format(
			text, "nothing is faster than %s for sure", reference->allocator);
}

int comparison_print(const struct comparison *comparison,
	const struct environment *environment, bool bold, struct text *text)
{
	comparison_headline(comparison, text);
	text_append(text, "\n\n");
	text_append(text, "command     ");
	summary_wrap(text, 12, environment->command);
	text_format(text, "\nrounds      %zu, ratios paired by round, intervals %.3g %%",
		comparison->rounds, 100 * comparison->wall_confidence);
	text_append(text, " of the median by the sign test\n\n");
	print_table(comparison, bold, text);
	print_throughput(comparison, bold, text);
	print_events(comparison, bold, text);
	print_explanations(comparison, text);
	comparison_print_remarks(comparison, environment, text);
	return text->error;
}

int comparison_print_csv(const struct comparison *comparison, struct text *text)
{
	text_append(
		text, "allocator,quantity,unit,rounds,value,ratio,low,high,verdict\n");
	for (size_t i = 0; i < comparison->count; i++) {
		const struct contender *one = &comparison->contenders[i];

		for (size_t q = 0; q < comparison->quantities; q++) {
			if (!one->values[q].count)
				continue;
			text_format(text, "%s,\"%s\",%s,%zu", one->allocator,
				comparison_name(comparison, q), unit_of(q),
				one->values[q].count);
			csv_number(text, one->values[q].median, 9);
			csv_number(text, one->ratios[q].median, 9);
			csv_number(text, one->ratios[q].low, 9);
			csv_number(text, one->ratios[q].high, 9);
			text_format(text, ",%s\n", verdict_name(one->verdicts[q]));
		}
	}
	return text->error;
}

static json_t *contender_to_json(
	const struct comparison *comparison, const struct contender *one)
{
	json_t *object = json_object();
	json_t *quantities = json_array();

	(void)json_object_set_new(object, "allocator", json_string(one->allocator));
	(void)json_object_set_new(
		object, "executions", json_integer((json_int_t)one->executions));
	(void)json_object_set_new(
		object, "failed", json_integer((json_int_t)one->failed));
	for (size_t q = 0; q < comparison->quantities; q++) {
		json_t *row;

		if (!one->values[q].count)
			continue;
		row = json_object();
		(void)json_object_set_new(
			row, "quantity", json_string(comparison_name(comparison, q)));
		(void)json_object_set_new(row, "unit", json_string(unit_of(q)));
		(void)json_object_set_new(
			row, "rounds", json_integer((json_int_t)one->values[q].count));
		(void)json_object_set_new(
			row, "value", json_number(one->values[q].median));
		(void)json_object_set_new(
			row, "ratio", json_number(one->ratios[q].median));
		(void)json_object_set_new(row, "low", json_number(one->ratios[q].low));
		(void)json_object_set_new(row, "high", json_number(one->ratios[q].high));
		(void)json_object_set_new(
			row, "verdict", json_string(verdict_name(one->verdicts[q])));
		(void)json_array_append_new(quantities, row);
	}
	(void)json_object_set_new(object, "quantities", quantities);
	return object;
}

int comparison_print_json(const struct comparison *comparison,
	const struct environment *environment, struct text *text)
{
	json_t *root = json_object();
	json_t *contenders = json_array();
	struct text headline;

	text_init(&headline);
	comparison_headline(comparison, &headline);
	(void)json_object_set_new(root, "headline", json_string(headline.bytes));
	(void)json_object_set_new(root, "command", json_string(environment->command));
	(void)json_object_set_new(
		root, "confidence", json_real(comparison->wall_confidence));
	(void)json_object_set_new(
		root, "stolen_share", json_real(comparison->stolen_share));
	if (comparison->allocations && comparison->allocations->allocator[0])
		(void)json_object_set_new(root, "traced_allocator",
			json_string(comparison->allocations->allocator));
	for (size_t i = 0; i < comparison->count; i++)
		(void)json_array_append_new(contenders,
			contender_to_json(comparison, &comparison->contenders[i]));
	(void)json_object_set_new(root, "contenders", contenders);
	text_release(&headline);
	return json_print(root, 9, text);
}
