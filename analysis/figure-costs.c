/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/figure-panel.h"
#include "base/number.h"

#include <math.h>
#include <stdio.h>

/* Of the panel, below its caption, a bar and the space around it. */
enum { HEIGHT = 270 };
#define BAR_HALF 0.34
/* Shares of the width that a name with its number needs, and the number alone. */
#define NAMED_LEAST 0.085
#define NUMBERED_LEAST 0.03

static bool has_costs(const struct figure *figure)
{
	const struct explanation *e = &figure->findings->explanation;

	return e->costs.obstacle == COSTS_POSSIBLE && e->backends_bytes > 0;
}

/* One hue for the levels that serve, another for translation, light to dark. */
static const struct {
	const char *name, *fill, *ink;
} looks[COST_TERMS] = {
	[COST_BASE] = {"base", "#DCE8F5", "#222222"},
	[COST_L2] = {"L2", "#9DC6E6", "#222222"},
	[COST_L3] = {"L3", "#4A90C9", "#ffffff"},
	[COST_DRAM] = {"DRAM", "#08306B", "#ffffff"},
	[COST_TLB_L2] = {"L2 TLB", "#FBE3C5", "#222222"},
	[COST_WALK] = {"walks", "#D55E00", "#ffffff"},
	[COST_WALK_HUGE] = {"huge walks", "#E8894A", "#222222"},
	[COST_WALKER_L2] = {"walker: L2", "#F2B27A", "#222222"},
	[COST_WALKER_L3] = {"walker: L3", "#B84E00", "#ffffff"},
	[COST_WALKER_DRAM] = {"walker: DRAM", "#6E2F00", "#ffffff"},
};

static void draw_part(struct panel *panel, enum cost_term term, double from, double to,
	double y, double width)
{
	if (to - from < 1e-3 * width)
		return;
	text_format(&panel->gp,
		"set object rectangle from first %.6g, first %.3f to first %.6g, first %.3f "
		"fc rgb \"%s\" fs solid border lc rgb \"#ffffff\" front\n",
		from, y - BAR_HALF, to, y + BAR_HALF, looks[term].fill);
	if (to - from < NUMBERED_LEAST * width)
		return;
	text_format(&panel->gp,
		"set label \"%s%s%.3g\" at first %.6g, first %.3f center front font \",12\" "
		"tc rgb \"%s\"\n",
		to - from < NAMED_LEAST * width ? "" : looks[term].name,
		to - from < NAMED_LEAST * width ? "" : " ", to - from, (from + to) / 2, y,
		looks[term].ink);
}

/* Behind the right end, as the curves of the other panels. */
static void draw_name(const struct figure *figure, struct panel *panel,
	const struct series *series, double y)
{
	const char *colour = "#222222";

	for (size_t c = 0; c < figure->curves_count; c++)
		if (figure->curves[c].series == series)
			colour = figure->curves[c].colour;
	text_append(&panel->gp, "set label ");
	figure_quote(&panel->gp, series->backend);
	text_format(&panel->gp,
		" at graph 1.01, first %.3f left font \":Bold,13\" front tc rgb \"%s\"\n",
		y, colour);
}

/* Above and below the bar, so that they hide no number. */
static void draw_measured(struct panel *panel, double cycles, double y)
{
	for (int side = -1; side <= 1; side += 2)
		text_format(&panel->gp,
			"set arrow from first %.6g, first %.3f to first %.6g, first %.3f nohead "
			"lw 3 lc rgb \"#222222\" front\n",
			cycles, y + side * (BAR_HALF - 0.06), cycles,
			y + side * (BAR_HALF + 0.1));
}

static void draw_bar(const struct costs *costs, struct panel *panel,
	const struct cost_mix *mix, double y)
{
	double at = 0;

	for (int k = 0; k < COST_TERMS; k++) {
		const enum cost_term term = cost_display_order[k];
		const double cycles = costs->fit.cycles[term] * mix->events[term];

		if (costs->fit.states[term] != COST_FITTED)
			continue;
		draw_part(panel, term, at, at + cycles, y, panel->y_high);
		at += cycles;
	}
	draw_measured(panel, mix->cycles, y);
	text_format(&panel->gp,
		"set label \"model %.3g · measured %.3g (%+.1f %%)\" at first %.6g, first %.3f "
		"left offset 1, 0 front font \",12\" tc rgb \"#555555\"\n",
		at, mix->cycles, 100 * (at / mix->cycles - 1), fmax(at, mix->cycles), y);
}

static int write_costs(struct figure *figure, struct panel *panel)
{
	const struct explanation *e = &figure->findings->explanation;
	struct cost_mix mixes[ATTRIBUTION_BACKENDS + 1];
	const size_t bars = e->backends_count + 1;
	char caption[200], size[NUMBER_TEXT];
	double widest = 0;

	for (size_t i = 0; i < bars; i++) {
		const struct series *series =
			i == 0 ? e->baseline : e->backends[i - 1].series;

		cost_mix_at(&e->costs, series, e->backends_bytes, &mixes[i]);
		widest = fmax(widest, fmax(mixes[i].cycles, cost_fit_cycles(&e->costs.fit,
								    mixes[i].events)));
	}
	(void)snprintf(caption, sizeof(caption),
		"where the cycles of one read go at %s · costs of events, relative error %.2g "
		"%% (median of %zu rounds of sizes) · black marks: measured",
		number_format_bytes(size, e->backends_bytes),
		100 * e->costs.in_sample.median, e->costs.in_sample.rows);
	figure_caption(figure, panel, caption, 0);
	/* The horizontal axis; bars are a unit high each, from the top. */
	panel->y_high = widest * 1.36;
	for (size_t i = 0; i < bars; i++) {
		const double y = (double)(bars - 1 - i);

		draw_name(figure, panel, i == 0 ? e->baseline : e->backends[i - 1].series,
			y);
		draw_bar(&e->costs, panel, &mixes[i], y);
	}
	text_format(&panel->gp, "costs_wide = %.6g\n", panel->y_high);
	panel->y_low = -0.6;
	panel->y_high = (double)bars - 0.4;
	return 0;
}

const struct panel_kind panel_costs = {"costs", HEIGHT, has_costs, write_costs};
