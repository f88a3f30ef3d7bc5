/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/findings.h"

#include "base/number.h"
#include "core/kernel.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Characters that a title of the figure holds, but for a last number. */
enum { HEADLINE_LENGTH = 84 };

char *findings_number(char text[FINDINGS_NUMBER], double value)
{
	double size = fabs(value);

	if (!isfinite(value))
		(void)snprintf(text, FINDINGS_NUMBER, "-");
	else
		(void)snprintf(text, FINDINGS_NUMBER, "%.*f",
			size < 9.995   ? 2
			: size < 99.95 ? 1
				       : 0,
			value);
	return text;
}

static bool is_dependent(const char *kernel)
{
	const struct kernel *found = kernel_find(kernel);

	return found && found->dependent && !found->per_page;
}

/* Whether `a` is the better main series: latency first, then the baseline; else the
 * earlier one stays. */
static bool is_better(const struct series *a, const struct series *b)
{
	if (is_dependent(a->kernel) != is_dependent(b->kernel))
		return is_dependent(a->kernel);
	if (!series_same_facet(a, b))
		return false;
	return a->baseline && !b->baseline;
}

/* The largest gain that can be claimed, smaller than the one given (NULL: than any); NULL
 * where there is none. */
static const struct gain *next_gain(
	const struct findings *findings, const struct gain *before)
{
	const struct gain *largest = NULL;

	for (size_t i = 0; i < findings->gains_count; i++) {
		const struct gain *gain = &findings->gains[i];
		double size = fabs(log(gain->ratio.median));

		if (gain->verdict != VERDICT_FASTER && gain->verdict != VERDICT_SLOWER)
			continue;
		if (before && (gain == before || size > fabs(log(before->ratio.median))))
			continue;
		if (!largest || size > fabs(log(largest->ratio.median)))
			largest = gain;
	}
	return largest;
}

/* From the nearest level to the farthest, and what other backends change there: the two
 * that change most, as far as a title holds them. */
static void describe_levels(struct findings *findings, const char *subject,
	const struct level *first, const struct level *last)
{
	const struct gain *gain = next_gain(findings, NULL);
	char low[FINDINGS_NUMBER], high[FINDINGS_NUMBER], bytes[NUMBER_TEXT];
	const double first_ns = first->values[LEVEL_NS].value;
	const double last_ns = last->values[LEVEL_NS].value;
	const size_t size = sizeof(findings->headline);
	int length;

	length = snprintf(findings->headline, size, "%s %s ns from %.15s, %s from %.15s",
		subject, findings_number(low, first_ns), first->name,
		findings_number(high, last_ns), last->name);
	if (!gain) {
		(void)snprintf(findings->headline + length, size - (size_t)length,
			", %.0f times as long", last_ns / first_ns);
		return;
	}
	length += snprintf(findings->headline + length, size - (size_t)length,
		"; past %s %.30s takes %.0f %% %s",
		number_format_bytes(bytes, gain->past_bytes), gain->series->backend,
		100 * fabs(1 - gain->ratio.median),
		gain->ratio.median < 1 ? "less" : "more");
	gain = next_gain(findings, gain);
	if (gain && (size_t)length + strlen(gain->series->backend) < HEADLINE_LENGTH)
		(void)snprintf(findings->headline + length, size - (size_t)length,
			", %.30s %.0f %%%s", gain->series->backend,
			100 * fabs(1 - gain->ratio.median),
			gain->ratio.median < 1 ? "" : " more");
}

/* Where levels cannot be told apart: the ends of the curve. */
static void describe_ends(struct findings *findings, const char *subject)
{
	const struct series *series = findings->main_series;
	const struct stair *first = NULL;
	const struct stair *last = NULL;
	char low[FINDINGS_NUMBER], high[FINDINGS_NUMBER];
	size_t size = sizeof(findings->headline);

	for (size_t i = 0; i < series->count; i++)
		if (series->stairs[i].windows > 0) {
			last = &series->stairs[i];
			if (!first)
				first = last;
		}
	if (!first)
		return;
	if (first == last)
		(void)snprintf(findings->headline, size, "%s %s ns", subject,
			findings_number(low, first->estimates[QUANTITY_NS].median));
	else
		(void)snprintf(findings->headline, size,
			"%s %s ns in the smallest buffer, %s ns in the largest", subject,
			findings_number(low, first->estimates[QUANTITY_NS].median),
			findings_number(high, last->estimates[QUANTITY_NS].median));
}

/* The nearest and the farthest cache or memory with a latency; false below two. */
static bool find_ends(const struct levels *levels, const struct level **first,
	const struct level **last)
{
	*first = *last = NULL;
	for (size_t i = 0; levels && i < levels->caches; i++) {
		if (isnan(levels->list[i].values[LEVEL_NS].value))
			continue;
		*last = &levels->list[i];
		if (!*first)
			*first = *last;
	}
	return *first != *last;
}

static void set_headline(struct findings *findings)
{
	const char *subject =
		findings->latency ? "A read takes" : "Independent reads each take";
	const struct level *first, *last;

	(void)snprintf(findings->headline, sizeof(findings->headline),
		"Nothing could be measured");
	if (!findings->main_series)
		return;
	if (find_ends(findings->main_levels, &first, &last) &&
		last->values[LEVEL_NS].value > first->values[LEVEL_NS].value)
		describe_levels(findings, subject, first, last);
	else
		describe_ends(findings, subject);
}

static void set_main_series(struct findings *findings)
{
	const struct staircase *staircase = findings->staircase;

	for (size_t i = 0; i < staircase->count; i++) {
		const struct series *series = &staircase->series[i];

		if (series->windows > 0 &&
			(!findings->main_series ||
				is_better(series, findings->main_series)))
			findings->main_series = series;
	}
}

int findings_init(struct findings *findings, const struct environment *environment,
	const struct machine *machine, const struct staircase *staircase)
{
	int error;

	*findings = (struct findings){
		.environment = environment, .machine = machine, .staircase = staircase};
	set_main_series(findings);
	error = levels_find_all(
		&findings->levels, &findings->levels_count, staircase, machine);
	if (error)
		return error;
	for (size_t i = 0; i < findings->levels_count; i++)
		if (findings->levels[i].series == findings->main_series)
			findings->main_levels = &findings->levels[i];
	if (findings->main_series) {
		int count = gain_find(
			staircase, findings->main_series, machine, findings->gains);

		if (count < 0)
			error = count;
		else
			findings->gains_count = (size_t)count;
		findings->latency = is_dependent(findings->main_series->kernel);
	}
	set_headline(findings);
	if (!error)
		error = explanation_init(&findings->explanation, staircase,
			findings->main_series,
			findings->main_levels ? findings->main_levels->list : NULL,
			findings->main_levels ? findings->main_levels->caches : 0);
	if (error)
		findings_release(findings);
	return error;
}

const struct levels *findings_page_levels(
	const struct findings *findings, const char *backend)
{
	const struct series *main_series = findings->main_series;

	for (size_t i = 0; i < findings->levels_count; i++) {
		const struct levels *levels = &findings->levels[i];
		const struct series *series = levels->series;

		if (levels->per_page && series != main_series &&
			series->cpu == main_series->cpu &&
			series->node == main_series->node &&
			strcmp(series->backend, backend) == 0)
			return levels;
	}
	return NULL;
}

void findings_release(struct findings *findings)
{
	free(findings->levels);
	findings->levels = NULL;
}
