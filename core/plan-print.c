/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/number.h"
#include "core/plan.h"

#include <string.h>

static void print_names(struct text *text, const char *label, const char *const *names,
	size_t count, const char *none)
{
	text_append(text, label);
	text_pad_to(text, 16);
	for (size_t i = 0; i < count; i++)
		text_format(text, "%s%s", i ? ", " : "", names[i]);
	text_append(text, count ? "\n" : none);
}

static void print_sizes(const struct plan *plan, struct text *text)
{
	char number[NUMBER_TEXT];
	size_t column = 16;

	text_append(text, "sizes");
	text_pad_to(text, 16);
	for (size_t i = 0; i < plan->sizes_count; i++) {
		size_t length = strlen(number_format_bytes(number, plan->sizes[i])) + 1;

		if (column + length > 88) {
			text_append(text, "\n");
			text_pad_to(text, 16);
			column = 16;
		}
		text_format(text, "%s%s", column > 16 ? " " : "", number);
		column += length;
	}
	text_format(text, " (%zu)\n", plan->sizes_count);
}

static void print_places(const struct plan *plan, struct text *text)
{
	text_append(text, "places");
	text_pad_to(text, 16);
	for (size_t i = 0; i < plan->count; i++) {
		const struct point *point = &plan->points[i];

		if (i && point->cpu == plan->points[i - 1].cpu &&
			point->node == plan->points[i - 1].node)
			continue;
		text_format(text, "%sCPU %u", i ? "; " : "", point->cpu);
		if (point->node >= 0)
			text_format(text, " with memory of node %d", point->node);
	}
	text_append(text, "\n");
}

void plan_print(
	const struct plan *plan, const struct plan_options *options, struct text *text)
{
	char number[NUMBER_TEXT];
	char budget[NUMBER_TEXT];
	char scratch[NUMBER_TEXT];

	print_names(text, "kernels", options->kernels, options->kernels_count, "\n");
	print_names(text, "backends", options->backends, options->backends_count, "\n");
	print_names(text, "groups", options->groups, options->groups_count,
		"none: clocks only\n");
	print_places(plan, text);
	print_sizes(plan, text);
	text_append(text, "points");
	text_pad_to(text, 16);
	text_format(text, "%zu a round, %u windows of %s each\n", plan->count,
		options->windows, number_format_duration(number, options->window_ns));
	text_append(text, "rounds");
	text_pad_to(text, 16);
	text_format(text,
		"%u to %u, until every interval is within +-%.3g %%; no new one after %s\n",
		options->rounds_min, options->rounds_max, 100 * options->target,
		number_format_duration(budget, options->budget_ns));
	text_append(text, "seed");
	text_pad_to(text, 16);
	text_format(text, "%llu\n", (unsigned long long)options->seed);
	text_append(text, "memory");
	text_pad_to(text, 16);
	text_format(text, "%s for the largest buffer, %s to build its cycle\n",
		number_format_bytes(number, plan->max_buffer_bytes),
		number_format_bytes(scratch, plan->scratch_bytes));
	for (size_t i = 0; i < plan->pools_count; i++) {
		text_append(text, "huge pages");
		text_pad_to(text, 16);
		text_format(text, "%llu free pages of %s needed at once",
			(unsigned long long)plan->pools[i].pages,
			number_format_bytes(number, plan->pools[i].page_bytes));
		if (plan->pools[i].node >= 0)
			text_format(text, " on node %d", plan->pools[i].node);
		text_append(text, "\n");
	}
	text_append(text, "estimated time");
	text_pad_to(text, 16);
	text_format(text, "%s for %u rounds, at nominal latencies\n",
		number_format_duration(number, plan->estimated_ns), options->rounds_min);
}
