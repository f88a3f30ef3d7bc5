/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/figure-panel.h"

#include "base/number.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Of a label: pixels a character, and its distance from what it stands beside. */
#define LABEL_CHARACTER 9.6
#define VERDICT_CHARACTER 8.2
#define LABEL_GAP (4.0 / FIGURE_WIDTH)
/* A resident share of the announced size below which a step is in the colour of
 * warnings. */
#define FAR_BELOW 0.45

/* The screen height of the lowest that any curve or ribbon comes between two screen
 * positions, at most that of `ns_most`; a curve's straight lines count up to the sizes on
 * either side. */
static double lowest_between(const struct figure *figure, const struct panel *panel,
	double left, double right, double ns_most)
{
	double lowest = figure_screen_y(figure, panel, ns_most);

	for (size_t c = 0; c < figure->curves_count; c++) {
		const struct series *series = figure->curves[c].series;

		for (size_t i = 0; i < series->count; i++) {
			size_t next = i + 1 < series->count ? i + 1 : i;
			const struct estimate *ns =
				&series->stairs[i].estimates[QUANTITY_NS];

			if (series->stairs[i].windows == 0 ||
				figure_screen_x(figure,
					(double)series->stairs[next].bytes) < left ||
				figure_screen_x(figure, (double)series->stairs[i].bytes) >
					right)
				continue;
			lowest = fmin(lowest, figure_screen_y(figure, panel,
						      c == 0 ? ns->p10 : ns->median));
		}
	}
	return lowest;
}

/* "  4.8 ns · 12.2 cyc"; cycles that no counter told are marked. */
static void describe_latency(const struct level *level, char *label, size_t size)
{
	char ns[FINDINGS_NUMBER];
	char cycles[FINDINGS_NUMBER];

	if (isfinite(level->values[LEVEL_CYCLES].value))
		(void)snprintf(label, size, "  %s ns · %s%s cyc",
			findings_number(ns, level->values[LEVEL_NS].value),
			level->cycles_counted ? "" : "≈",
			findings_number(cycles, level->values[LEVEL_CYCLES].value));
	else
		(void)snprintf(label, size, "  %s ns",
			findings_number(ns, level->values[LEVEL_NS].value));
}

/* Below the curves where the level serves: in the middle where that is long enough, else
 * from its start to the right, where the curve is higher. */
static void label_latency(
	const struct figure *figure, struct panel *panel, const struct level *level)
{
	double first = figure_screen_x(figure, (double)level->first_bytes);
	double last = figure_screen_x(figure, (double)level->last_bytes);
	char name[LEVEL_LABEL];
	char label[80];
	double width, left;

	describe_latency(level, label, sizeof(label));
	level_label(name, level);
	width = LABEL_CHARACTER / FIGURE_WIDTH * (double)(strlen(name) + strlen(label));
	left = fmax((first + last - width) / 2, first + LABEL_GAP);
	left = fmin(left, (double)FIGURE_RIGHT / FIGURE_WIDTH - width);
	text_format(&panel->gp,
		"set label \"{/:Bold %s}%s\" at screen %.5f, screen %.5f left front font "
		"\",13\"\n",
		name, label, left,
		lowest_between(figure, panel, left, left + width,
			level->values[LEVEL_NS].value) -
			22.0 / figure->height);
}

static void draw_band(
	const struct figure *figure, struct panel *panel, const struct level *level)
{
	double low = fmax(level->values[LEVEL_ONSET].value, figure->x_low);
	double high = fmin(level->values[LEVEL_FULL].value, figure->x_high);

	if (isnan(level->values[LEVEL_ONSET].value))
		low = level->values[LEVEL_HALF].value;
	if (isnan(level->values[LEVEL_FULL].value))
		high = figure->x_high;
	text_format(&panel->gp,
		"set object rectangle from first %.0f, graph 0 to first %.0f, graph 1 "
		"fc rgb \"#F6E8C3\" fs solid noborder behind\n",
		low, high);
}

/* "34K ✓" where it is as announced, "2.2M of 32M ⚠" where it is not. */
static bool describe_verdict(const struct level *level, char *label, size_t size)
{
	char half[LEVEL_NUMBER], announced[NUMBER_TEXT];
	double value = level->values[LEVEL_HALF].value;
	double nominal = (double)level->nominal.bytes;
	bool far =
		nominal > 0 && level->values[LEVEL_RESIDENT].value < FAR_BELOW * nominal;

	level_format_bytes(half, value);
	if (nominal == 0)
		(void)snprintf(label, size, "%s", half);
	else if (far)
		(void)snprintf(label, size, "%s of %s ⚠", half,
			number_format_bytes(announced, level->nominal.bytes));
	else
		(void)snprintf(label, size, "%s ✓", half);
	return far;
}

/* On top of each band, in a second row where two would touch. */
static void label_band(const struct figure *figure, struct panel *panel,
	const struct level *level, const char *label, bool warn, double ends[2])
{
	double middle = figure_screen_x(figure, level->values[LEVEL_HALF].value);
	double half = VERDICT_CHARACTER / 2 / FIGURE_WIDTH * (double)strlen(label);
	unsigned row = 0;

	middle = fmin(middle, (double)FIGURE_RIGHT / FIGURE_WIDTH - half);
	if (middle - half < ends[0])
		row = 1;
	ends[row] = middle + half + LABEL_GAP;
	text_append(&panel->gp, "set label ");
	figure_quote(&panel->gp, label);
	text_format(&panel->gp,
		" at screen %.5f, screen %.5f center front tc rgb \"%s\" font \":Bold,12\"\n",
		middle, 1 - ((double)panel->top + 18 + 20.0 * row) / figure->height,
		warn ? "#B84E00" : "#222222");
}

static bool is_inside(const struct figure *figure, const struct level *level)
{
	double half = level->values[LEVEL_HALF].value;

	return half > figure->x_low && half < figure->x_high;
}

void figure_levels(const struct figure *figure, struct panel *panel)
{
	const struct levels *levels = figure->findings->main_levels;
	double ends[2] = {0, 0};
	char label[64];

	for (size_t i = 0; levels && i < levels->caches; i++) {
		const struct level *level = &levels->list[i];
		bool warn = describe_verdict(level, label, sizeof(label));

		if (level->sizes > 0)
			label_latency(figure, panel, level);
		if (!is_inside(figure, level))
			continue;
		draw_band(figure, panel, level);
		label_band(figure, panel, level, label, warn, ends);
	}
}

/* "242K: L1 dTLB, +2.5 ns" */
void figure_reaches(
	const struct figure *figure, struct panel *panel, const struct levels *levels)
{
	double ends[2] = {0, 0};

	for (size_t i = levels->caches; i < levels->count; i++) {
		const struct level *level = &levels->list[i];
		char bytes[LEVEL_NUMBER], ns[FINDINGS_NUMBER];
		char label[96];

		if (level->kind != LEVEL_TLB || !is_inside(figure, level))
			continue;
		(void)snprintf(label, sizeof(label), "%s: %s, +%s ns",
			level_format_bytes(bytes, level->values[LEVEL_HALF].value),
			level->name, findings_number(ns, level->values[LEVEL_NS].value));
		draw_band(figure, panel, level);
		label_band(figure, panel, level, label, false, ends);
	}
}
