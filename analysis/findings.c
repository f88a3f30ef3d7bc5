/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/findings.h"

#include "core/kernel.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

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

static void set_headline(struct findings *findings)
{
	const struct plateau *first = &findings->plateaus[0];
	const struct plateau *last = first + findings->plateaus_count - 1;
	const struct series *series = findings->main_series;
	char low[FINDINGS_NUMBER], high[FINDINGS_NUMBER];
	size_t size = sizeof(findings->headline);
	const char *subject =
		findings->latency ? "A read takes" : "Independent reads each take";
	const struct stair *stairs[2] = {NULL, NULL};

	if (!series) {
		(void)snprintf(findings->headline, size, "Nothing could be measured");
		return;
	}
	if (findings->plateaus_count > 1 && last->ns > first->ns) {
		(void)snprintf(findings->headline, size,
			"%s %s ns from %.15s and %s ns from %.15s, %.0f times as long",
			subject, findings_number(low, first->ns), first->name,
			findings_number(high, last->ns), last->name,
			last->ns / first->ns);
		return;
	}
	for (size_t i = 0; i < series->count; i++)
		if (series->stairs[i].windows > 0) {
			if (!stairs[0])
				stairs[0] = &series->stairs[i];
			stairs[1] = &series->stairs[i];
		}
	if (!stairs[0])
		(void)snprintf(findings->headline, size, "Nothing could be measured");
	else if (stairs[0] == stairs[1])
		(void)snprintf(findings->headline, size, "%s %s ns", subject,
			findings_number(low, stairs[0]->estimates[QUANTITY_NS].median));
	else
		(void)snprintf(findings->headline, size,
			"%s %s ns in the smallest buffer, %s ns in the largest", subject,
			findings_number(low, stairs[0]->estimates[QUANTITY_NS].median),
			findings_number(high, stairs[1]->estimates[QUANTITY_NS].median));
}

int findings_init(struct findings *findings, const struct environment *environment,
	const struct machine *machine, const struct staircase *staircase)
{
	*findings = (struct findings){
		.environment = environment, .machine = machine, .staircase = staircase};
	for (size_t i = 0; i < staircase->count; i++) {
		const struct series *series = &staircase->series[i];

		if (series->windows > 0 &&
			(!findings->main_series ||
				is_better(series, findings->main_series)))
			findings->main_series = series;
	}
	if (findings->main_series) {
		int count = plateau_find(
			staircase, findings->main_series, machine, findings->plateaus);

		if (count < 0)
			return count;
		findings->plateaus_count = (size_t)count;
		findings->latency = is_dependent(findings->main_series->kernel);
	}
	set_headline(findings);
	return 0;
}
