/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/summary.h"
#include "base/number.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

static void name_series(const struct series *series, struct text *text)
{
	text_format(text, "%s, %s, stride %" PRIu64 ", CPU %u", series->backend,
		series->kernel, series->stride, series->cpu);
	if (series->node >= 0)
		text_format(text, ", node %d", series->node);
}

static void print_item(struct text *text, const char *item)
{
	text_append(text, "- ");
	summary_wrap(text, 2, item);
	text_append(text, "\n");
}

/* Series by series, and within one by reason: which sizes have error rows, and why. */
static void print_errors(const struct staircase *staircase, struct text *text)
{
	struct text item;
	char low[NUMBER_TEXT], high[NUMBER_TEXT];

	if (staircase->error_rows == 0)
		return;
	text_append(text, "\nWithout a number\n");
	text_init(&item);
	for (size_t i = 0; i < staircase->count; i++) {
		const struct series *series = &staircase->series[i];

		for (size_t k = 0, last; k < series->count; k = last + 1) {
			const struct stair *stair = &series->stairs[k];
			size_t rows = 0;

			last = k;
			if (!stair->error)
				continue;
			while (last + 1 < series->count &&
				series->stairs[last + 1].error &&
				strcmp(series->stairs[last + 1].error, stair->error) == 0)
				last++;
			for (size_t j = k; j <= last; j++)
				rows += series->stairs[j].error_rows;
			text_clear(&item);
			name_series(series, &item);
			text_format(
				&item, ", %s", number_format_bytes(low, stair->bytes));
			if (last > k)
				text_format(&item, " to %s",
					number_format_bytes(
						high, series->stairs[last].bytes));
			text_format(&item, " (%zu row%s): %s", rows, rows == 1 ? "" : "s",
				stair->error);
			print_item(text, item.bytes);
		}
	}
	if (item.error && !text->error)
		text->error = item.error;
	text_release(&item);
}

static void print_unconverged(const struct staircase *staircase, struct text *text)
{
	struct text item;
	char size[NUMBER_TEXT];

	if (staircase->target <= 0 || staircase->stairs_unconverged == 0)
		return;
	if (staircase->stairs_unconverged == staircase->stairs_measured) {
		text_format(text,
			"\nNo size is known to ±%.3g %%, in time or in cycles\n",
			100 * staircase->target);
		return;
	}
	text_format(text, "\nNot known to ±%.3g %%, in time or in cycles\n",
		100 * staircase->target);
	text_init(&item);
	for (size_t i = 0; i < staircase->count; i++) {
		const struct series *series = &staircase->series[i];
		size_t listed = 0;

		text_clear(&item);
		name_series(series, &item);
		text_append(&item, ":");
		for (size_t k = 0; k < series->count; k++) {
			const struct stair *stair = &series->stairs[k];
			double width =
				estimate_half_width(&stair->estimates[QUANTITY_NS]);

			if (stair->windows == 0 || stair->converged)
				continue;
			text_format(
				&item, " %s", number_format_bytes(size, stair->bytes));
			if (isfinite(width))
				text_format(&item, " (±%.0f %%)", 100 * width);
			listed++;
		}
		if (listed > 0)
			print_item(text, item.bytes);
	}
	if (item.error && !text->error)
		text->error = item.error;
	text_release(&item);
}

static void print_recorded(const struct environment *environment, struct text *text)
{
	if (environment->notes_count == 0)
		return;
	text_append(text, "\nNotes of the run\n");
	for (size_t i = 0; i < environment->notes_count; i++)
		print_item(text, environment->notes[i]);
}

static void print_column(struct text *text, const char *name, const char *meaning)
{
	text_append(text, name);
	text_pad_to(text, 12);
	summary_wrap(text, 12, meaning);
	text_append(text, "\n");
}

static void print_legend(const struct findings *findings, struct text *text)
{
	const bool *known = findings->staircase->known;

	text_append(text, "\nWhat the columns mean\n");
	print_column(text, "size",
		"of the buffer that is read; a rule names the announced capacity that the "
		"sizes below it exceed (announced, not measured)");
	print_column(text, "ns",
		"time on the CPU for one read: median over rounds, each a fresh "
		"allocation, of the median over its undisturbed windows");
	print_column(text, "+-%",
		"half of the 95 % interval of that median (sign test over rounds), "
		"relative; - below 6 rounds");
	print_column(text, "*  !",
		"*: not known to the target, in time or in cycles; !: some round had no "
		"undisturbed window, so that all of its windows were used");
	if (known[QUANTITY_CYCLES])
		print_column(text, "cyc",
			"counted, for one read; lower quartile of windows in caches that "
			"no other core shares, median beyond");
	else
		print_column(text, "~cyc",
			"time times the clock seen in a chain of dependent additions "
			"beside the window: an estimate, no counter told it");
	if (known[QUANTITY_L1_MISSES] || known[QUANTITY_FROM_DRAM])
		print_column(text, "L1 ... DRAM", "reads served by that level, %");
	if (known[QUANTITY_DTLB_L1_MISSES] || known[QUANTITY_PAGE_WALKS])
		print_column(text, "dTLB walks",
			"first-level data TLB misses, and page walks, per read");
	print_column(text, "page",
		"size of the pages obtained, by the kernel's own accounting; mix: more "
		"than one size");
	if (findings->environment->baseline[0]) {
		struct text meaning;

		text_init(&meaning);
		text_format(&meaning,
			"time relative to %s: median of the ratios of paired rounds, its "
			"95 %% interval (sign test; each size by itself), and what it "
			"allows to say: same (all of it within %.0f %% of 1), faster or "
			"slower (all of it on one side of 1), else unresolved",
			findings->environment->baseline, 100 * RATIO_SAME);
		print_column(text, "to ...", meaning.bytes);
		text_release(&meaning);
	}
}

void summary_print_notes(const struct findings *findings, struct text *text)
{
	print_errors(findings->staircase, text);
	print_unconverged(findings->staircase, text);
	summary_print_events(findings, text);
	print_recorded(findings->environment, text);
	print_legend(findings, text);
}
