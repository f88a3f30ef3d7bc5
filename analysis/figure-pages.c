/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/figure-panel.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* The levels of that series; NULL where none were looked for. */
static const struct levels *levels_of(
	const struct figure *figure, const struct series *series)
{
	const struct findings *findings = figure->findings;

	for (size_t i = 0; i < findings->levels_count; i++)
		if (findings->levels[i].series == series)
			return &findings->levels[i];
	return NULL;
}

/* Reads of one line a page, at the main place, on the memory of a curve; NULL. */
static const struct levels *levels_beside(
	const struct figure *figure, const struct curve *curve)
{
	const struct staircase *staircase = figure->findings->staircase;
	const struct series *main_series = figure->findings->main_series;

	for (size_t i = 0; i < staircase->count; i++) {
		const struct series *series = &staircase->series[i];
		const struct levels *levels = levels_of(figure, series);

		if (levels && levels->per_page && series->cpu == main_series->cpu &&
			series->node == main_series->node &&
			strcmp(series->backend, curve->series->backend) == 0)
			return levels;
	}
	return NULL;
}

/* Where no counter tells of the TLBs, and these reads are not the main ones. */
static bool has_pages(const struct figure *figure)
{
	const struct levels *levels =
		figure->curves_count ? levels_beside(figure, figure->curves) : NULL;

	return levels && !levels->tlbs_counted &&
	       levels->series != figure->findings->main_series;
}

/* One curve, and how it widens the panel. */
static int write_curve(
	struct figure *figure, struct panel *panel, struct curve *curve, size_t index)
{
	struct text data;
	char name[48];
	int error;

	for (size_t i = 0; i < curve->series->count; i++) {
		const struct stair *stair = &curve->series->stairs[i];
		double ns = stair->estimates[QUANTITY_NS].median;

		if (stair->windows == 0)
			continue;
		panel->y_low = fmin(panel->y_low, ns);
		panel->y_high = fmax(panel->y_high, ns);
		curve->end_y = ns;
	}
	text_init(&data);
	text_append(&data, "# bytes\tns\tp10\tp90\n");
	figure_stairs(curve->series, QUANTITY_NS, &data);
	(void)snprintf(name, sizeof(name), "pages-%zu.tsv", index);
	error = figure_file(figure->folder, name, &data);
	text_release(&data);
	return error;
}

static void describe(const struct findings *findings, struct text *caption)
{
	struct text split;

	text_init(&split);
	text_append(caption,
		"translation: reads of one line a page · bands: TLB reaches by "
		"time alone");
	if (page_split_backends(findings->levels, findings->levels_count, &split))
		text_format(
			caption, " · pages filled as smaller ones: %.100s", split.bytes);
	text_release(&split);
}

static int write_pages(struct figure *figure, struct panel *panel)
{
	struct curve curves[FIGURE_SERIES];
	const struct curve *labelled[FIGURE_SERIES];
	const struct levels *first = levels_beside(figure, figure->curves);
	struct text caption;
	size_t n = 0;

	panel->y_log = true;
	panel->y_low = INFINITY;
	for (size_t c = 0; c < figure->curves_count; c++) {
		const struct levels *beside = levels_beside(figure, &figure->curves[c]);
		int error;

		if (!beside || figure->curves[c].series->cpu != beside->series->cpu ||
			figure->curves[c].series->node != beside->series->node)
			continue;
		curves[n] = figure->curves[c];
		curves[n].series = beside->series;
		error = write_curve(figure, panel, &curves[n], n + 1);
		if (error)
			return error;
		text_format(&panel->gp,
			"%spages_colour[%zu] = \"%s\"\npages_marker[%zu] = %d\n",
			n ? "" : "array pages_colour[12]\narray pages_marker[12]\n",
			n + 1, curves[n].colour, n + 1, curves[n].marker);
		labelled[n] = &curves[n];
		n++;
	}
	text_format(&panel->gp, "pages_count = %zu\n", n);
	panel->y_low = fmin(panel->y_low * 0.7, panel->y_high / 3);
	panel->y_high *= 2.5;
	text_init(&caption);
	describe(figure->findings, &caption);
	figure_caption(figure, panel, caption.bytes,
		(int)figure_nominals(figure, panel, NOMINAL_TLBS, true));
	text_release(&caption);
	figure_end_labels(figure, panel, labelled, n);
	if (first)
		figure_reaches(figure, panel, first);
	return 0;
}

const struct panel_kind panel_pages = {"pages", 230, has_pages, write_pages};
