/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/nominal.h"
#include "analysis/served.h"
#include "analysis/summary.h"
#include "base/number.h"
#include "core/kernel.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* One facet: series [first, end), which differ in the backend only. */
struct table {
	const struct findings *findings;
	const struct series *first, *end;
	struct served served; /* its levels, count 0 without such counters */
	bool tlb, ratios, estimated_cycles;
	int name_width;
	struct nominal nominals[NOMINALS];
	size_t nominals_count;
};

/* Right-aligned in `width` columns, after one space. */
static void print_cell(struct text *text, int width, const char *cell)
{
	text_format(text, " %*s", width, cell);
}

static void print_number(struct text *text, int width, double value)
{
	char number[FINDINGS_NUMBER];

	print_cell(text, width, findings_number(number, value));
}

static void print_fixed(struct text *text, int width, int digits, double value)
{
	if (isfinite(value))
		text_format(text, " %*.*f", width, digits, value);
	else
		print_cell(text, width, "-");
}

/* A level's column: its share is at most 100. */
static int level_width(const struct table *table, size_t level)
{
	int width = (int)strlen(table->served.names[level]);

	return width > 3 ? width : 3;
}

static void print_titles(const struct table *table, struct text *text)
{
	const char *baseline = table->findings->environment->baseline;

	text_format(text, "%5s %-*s", "size", table->name_width, "backend");
	print_cell(text, 5, "ns");
	print_cell(text, 5, "+-%");
	text_append(text, "  ");
	print_cell(text, 5, table->estimated_cycles ? "~cyc" : "cyc");
	for (size_t i = 0; i < table->served.count; i++)
		print_cell(text, level_width(table, i), table->served.names[i]);
	if (table->tlb) {
		print_cell(text, 5, "dTLB");
		print_cell(text, 5, "walks");
	}
	print_cell(text, 4, "page");
	if (table->ratios)
		text_format(text, " to %s", baseline[0] ? baseline : "baseline");
	text_append(text, "\n");
}

/* Draws a rule across the table with the capacity that the next row is beyond. */
static void print_nominal(const struct nominal *nominal, struct text *text)
{
	char reach[NUMBER_TEXT];

	if (nominal->tlb)
		text_format(text, "------ %s = %s\n", nominal->label,
			number_format_bytes(reach, nominal->bytes));
	else
		text_format(text, "------ %s\n", nominal->label);
}

static void print_flags(const struct stair *stair, double target, struct text *text)
{
	char flags[4] = "";
	size_t n = 0;

	if (target > 0 && !stair->converged)
		flags[n++] = '*';
	if (stair->rounds_unclean > 0)
		flags[n++] = '!';
	flags[n] = '\0';
	text_format(text, "%-2s", flags);
}

static void print_ratio(const struct stair *stair, struct text *text)
{
	const struct estimate *ratio = &stair->ratio;

	if (ratio->count == 0)
		return;
	text_format(text, " %5.3f", ratio->median);
	if (isfinite(ratio->low))
		text_format(text, " %5.3f-%5.3f %s", ratio->low, ratio->high,
			verdict_name(stair->verdict));
}

static void print_row(struct table *table, const struct series *series,
	const struct stair *stair, struct text *text)
{
	const struct estimate *estimates = stair->estimates;
	char page[NUMBER_TEXT];

	text_format(text, " %-*s", table->name_width, series->backend);
	if (stair->windows == 0) {
		print_cell(text, 5, "-");
		text_append(text, "  see \"Without a number\"\n");
		return;
	}
	print_number(text, 5, estimates[QUANTITY_NS].median);
	print_fixed(text, 5, 1, 100 * estimate_half_width(&estimates[QUANTITY_NS]));
	print_flags(stair, table->findings->staircase->target, text);
	print_number(text, 5, stair->cycles.median);
	if (table->served.count > 0 && served_shares(stair, &table->served) == 0)
		for (size_t i = 0; i < table->served.count; i++)
			text_format(text, " %*.0f", level_width(table, i),
				100 * table->served.shares[i]);
	else
		for (size_t i = 0; i < table->served.count; i++)
			print_cell(text, level_width(table, i), "-");
	if (table->tlb) {
		print_fixed(text, 5, 3, estimates[QUANTITY_DTLB_L1_MISSES].median);
		print_fixed(text, 5, 3, estimates[QUANTITY_PAGE_WALKS].median);
	}
	print_cell(text, 4,
		stair->page_bytes ? number_format_bytes(page, stair->page_bytes) : "mix");
	if (table->ratios)
		print_ratio(stair, text);
	text_append(text, "\n");
}

/* The smallest size above `above` in any of the table's series; false past the last. */
static bool next_size(
	const struct table *table, uint64_t above, bool first, uint64_t *bytes)
{
	bool found = false;

	for (const struct series *s = table->first; s < table->end; s++)
		for (size_t i = 0; i < s->count && s->windows > 0; i++) {
			uint64_t size = s->stairs[i].bytes;

			if ((first || size > above) && (!found || size < *bytes)) {
				*bytes = size;
				found = true;
			}
		}
	return found;
}

static void print_rows(struct table *table, struct text *text)
{
	char size[NUMBER_TEXT];
	size_t nominal = 0;
	uint64_t bytes = 0;

	for (bool first = true; next_size(table, bytes, first, &bytes); first = false) {
		bool named = false;

		for (; nominal < table->nominals_count &&
			table->nominals[nominal].bytes < bytes;
			nominal++)
			if (!first)
				print_nominal(&table->nominals[nominal], text);
		for (const struct series *s = table->first; s < table->end; s++) {
			const struct stair *stair = series_find(s, bytes);

			if (!stair || s->windows == 0)
				continue;
			text_format(text, "%5s",
				named ? "" : number_format_bytes(size, bytes));
			print_row(table, s, stair, text);
			named = true;
		}
	}
}

/* What the columns of this facet are. */
static void set_columns(struct table *table)
{
	table->ratios = false;
	table->estimated_cycles = true;
	table->name_width = (int)strlen("backend");
	for (const struct series *i = table->first; i < table->end; i++) {
		int width = (int)strlen(i->backend);

		if (width > table->name_width)
			table->name_width = width;
		for (size_t k = 0; k < i->count; k++) {
			table->ratios |= i->stairs[k].ratio.count > 0;
			table->estimated_cycles &= !i->stairs[k].cycles_counted;
		}
	}
}

static void print_table(struct table *table, struct text *text)
{
	const struct series *s = table->first;
	const struct kernel *kernel = kernel_find(s->kernel);
	const struct staircase *staircase = table->findings->staircase;
	uint64_t bytes;

	set_columns(table);
	served_levels(staircase, &table->served);
	table->tlb = staircase->known[QUANTITY_DTLB_L1_MISSES] ||
		     staircase->known[QUANTITY_PAGE_WALKS];
	table->nominals_count =
		nominal_list(table->findings->machine, s->cpu, table->nominals);
	text_format(text, "\n%s · stride %" PRIu64 " B · CPU %u", s->kernel, s->stride,
		s->cpu);
	if (s->node >= 0)
		text_format(text, " · memory on node %d", s->node);
	if (kernel)
		text_format(text, " · %s",
			kernel->dependent
				? "dependent reads: time per read is latency"
				: "independent reads: time per read is not latency");
	text_append(text, "\n");
	if (table->findings->environment->groups_count > 0 &&
		table->findings->environment->counter_filter[0])
		text_format(text, "events of %s\n",
			table->findings->environment->counter_filter);
	for (const struct series *i = table->first; i < table->end; i++)
		if (i->windows == 0)
			text_format(text,
				"%s has no number at any size: see \"Without a number\"\n",
				i->backend);
	if (!next_size(table, 0, true, &bytes))
		return;
	print_titles(table, text);
	print_rows(table, text);
}

void summary_print_tables(const struct findings *findings, struct text *text)
{
	const struct staircase *s = findings->staircase;
	struct table table = {.findings = findings};

	for (size_t i = 0, end; i < s->count; i = end) {
		for (end = i + 1; end < s->count; end++)
			if (!series_same_facet(&s->series[i], &s->series[end]))
				break;
		table.first = &s->series[i];
		table.end = &s->series[end];
		print_table(&table, text);
	}
}
