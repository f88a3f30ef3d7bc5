/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/figure-panel.h"

#include <math.h>

/* Where no counter tells of the TLBs. */
static bool has_pages(const struct figure *figure)
{
	const struct levels *levels = findings_page_levels(
		figure->findings, figure->findings->main_series->backend);

	return levels && !levels->tlbs_counted;
}

static void widen(struct panel *panel, const struct series *series)
{
	for (size_t i = 0; i < series->count; i++) {
		double ns = series->stairs[i].estimates[QUANTITY_NS].median;

		if (series->stairs[i].windows == 0)
			continue;
		panel->y_low = fmin(panel->y_low, ns);
		panel->y_high = fmax(panel->y_high, ns);
	}
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
	const struct findings *findings = figure->findings;
	const struct levels *main_pages =
		findings_page_levels(findings, findings->main_series->backend);
	struct text caption;
	size_t n = 0;

	panel->y_log = true;
	panel->y_low = INFINITY;
	for (size_t c = 0; c < figure->curves_count; c++) {
		const struct series *series = figure->curves[c].series;
		const struct levels *pages =
			findings_page_levels(findings, series->backend);
		int error;

		if (!pages || series->cpu != pages->series->cpu ||
			series->node != pages->series->node)
			continue;
		curves[n] = figure->curves[c];
		curves[n].series = pages->series;
		widen(panel, pages->series);
		error = figure_times(figure, panel->name, n + 1, &curves[n]);
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
	describe(findings, &caption);
	figure_caption(figure, panel, caption.bytes,
		(int)figure_nominals(figure, panel, NOMINAL_TLBS, true));
	text_release(&caption);
	figure_end_labels(figure, panel, labelled, n);
	if (main_pages)
		figure_reaches(figure, panel, main_pages);
	return 0;
}

const struct panel_kind panel_pages = {"pages", 230, has_pages, write_pages};
