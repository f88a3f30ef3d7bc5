/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/figure-panel.h"

#include <math.h>
#include <stdio.h>

/* Beyond these a curve leaves the panel: the edge of a cache can differ by any factor. */
#define RATIO_FLOOR 0.5
#define RATIO_CEILING 1.6

static bool has_ratio(const struct figure *figure)
{
	for (size_t c = 0; c < figure->curves_count; c++)
		for (size_t i = 0; i < figure->curves[c].series->count; i++)
			if (figure->curves[c].series->stairs[i].ratio.count > 0)
				return true;
	return false;
}

static int write_curve(struct figure *figure, struct curve *curve, size_t index,
	double *low, double *high)
{
	char name[48];
	struct text data;
	int error;

	curve->end_y = NAN;
	text_init(&data);
	text_append(&data, "# bytes\tratio\tlow\thigh\n");
	for (size_t i = 0; i < curve->series->count; i++) {
		const struct stair *stair = &curve->series->stairs[i];

		if (stair->ratio.count == 0)
			continue;
		text_format(&data, "%llu", (unsigned long long)stair->bytes);
		figure_value(&data, stair->ratio.median);
		figure_value(&data, stair->ratio.low);
		figure_value(&data, stair->ratio.high);
		text_append(&data, "\n");
		curve->end_y = stair->ratio.median;
		*low = fmin(*low, stair->ratio.median);
		*high = fmax(*high, stair->ratio.median);
	}
	(void)snprintf(name, sizeof(name), "ratio-%zu.tsv", index + 1);
	error = figure_file(figure->folder, name, &data);
	text_release(&data);
	return error;
}

static int write_ratio(struct figure *figure, struct panel *panel)
{
	struct curve curves[FIGURE_SERIES];
	const struct curve *labelled[FIGURE_SERIES];
	const bool tlb_labels =
		!figure->findings->staircase->known[QUANTITY_DTLB_L1_MISSES] &&
		!figure->findings->staircase->known[QUANTITY_PAGE_WALKS] &&
		!panel_pages.wanted(figure);
	double low = 0.9;
	double high = 1.1;
	char caption[200];
	size_t n = 0;

	for (size_t c = 0; c < figure->curves_count; c++) {
		int error;

		curves[c] = figure->curves[c];
		error = write_curve(figure, &curves[c], c, &low, &high);
		if (error)
			return error;
	}
	text_append(&panel->gp, "ratio_curves = \"");
	for (size_t c = figure->curves_count; c-- > 0;)
		if (isfinite(curves[c].end_y))
			text_format(&panel->gp, "%zu ", c + 1);
	text_append(&panel->gp, "\"\n");
	panel->y_log = true;
	panel->y_low = fmax(low * 0.95, RATIO_FLOOR);
	panel->y_high = fmin(high * 1.08, RATIO_CEILING);
	for (size_t c = 0; c < figure->curves_count; c++) {
		if (!isfinite(curves[c].end_y))
			continue;
		curves[c].end_y =
			fmin(fmax(curves[c].end_y, panel->y_low), panel->y_high);
		labelled[n++] = &curves[c];
	}
	(void)snprintf(caption, sizeof(caption),
		"time relative to %.30s, paired by round · ribbon: 95 %% interval · grey: within "
		"%.0f %%",
		figure->findings->environment->baseline, 100 * RATIO_SAME);
	figure_caption(figure, panel, caption,
		(int)figure_nominals(figure, panel, NOMINAL_TLBS, tlb_labels));
	figure_end_labels(figure, panel, labelled, n);
	return 0;
}

const struct panel_kind panel_ratio = {"ratio", 230, has_ratio, write_ratio};
