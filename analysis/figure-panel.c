/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/figure-panel.h"

#include "base/file.h"

#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { LABEL_PIXELS = 22 };
/* Of labels above a panel: from it to the first row, and to the next. */
enum { LABEL_ABOVE = 11, LABEL_ROW = 20 };

void figure_quote(struct text *text, const char *string)
{
	/* Single quotes: between double ones gnuplot would run what stands in backticks.
	 * A quote inside becomes an apostrophe, since gnuplot 5.4 misreads two doubled
	 * ones in a row, and a backslash its code, since two of them are two. */
	struct text shown;

	text_init(&shown);
	text_append_visible(&shown, string);
	text_append(text, "'");
	for (const char *c = shown.bytes; *c; c++) {
		if (*c == '\'')
			text_append(text, "’");
		else if (*c == '\\')
			text_append(text, "\\134");
		else if (strchr("_^@{}&~", *c))
			text_format(text, "\\%c", *c);
		else
			text_append_bytes(text, c, 1);
	}
	text_append(text, "'");
	text_release(&shown);
}

void figure_value(struct text *text, double value)
{
	if (isfinite(value))
		text_format(text, "\t%.6g", value);
	else
		text_append(text, "\tNaN");
}

int figure_file(const char *folder, const char *name, const struct text *text)
{
	char path[PATH_MAX];

	if (snprintf(path, sizeof(path), "%s/%s", folder, name) >= (int)sizeof(path))
		return -ENAMETOOLONG;
	return file_write_all(path, text);
}

double figure_screen_x(const struct figure *figure, double bytes)
{
	double share = log(bytes / figure->x_low) / log(figure->x_high / figure->x_low);

	return (FIGURE_LEFT + share * (FIGURE_RIGHT - FIGURE_LEFT)) / FIGURE_WIDTH;
}

double figure_screen_y(const struct figure *figure, const struct panel *panel, double y)
{
	double share = panel->y_log
			       ? log(y / panel->y_low) / log(panel->y_high / panel->y_low)
			       : (y - panel->y_low) / (panel->y_high - panel->y_low);

	return 1 -
	       (panel->bottom - share * (panel->bottom - panel->top)) / figure->height;
}

unsigned figure_nominals(
	const struct figure *figure, struct panel *panel, unsigned kinds, bool labels)
{
	double last_end[2] = {0, 0};
	unsigned rows = 0;

	for (size_t i = 0; i < figure->nominals_count; i++) {
		const struct nominal *nominal = &figure->nominals[i];
		double x = (double)nominal->bytes;
		double screen = figure_screen_x(figure, x);
		double half = (double)strlen(nominal->label) * 4.3 / FIGURE_WIDTH;
		unsigned row = 0;

		if (!(kinds & (nominal->tlb ? NOMINAL_TLBS : NOMINAL_CACHES)) ||
			x <= figure->x_low || x >= figure->x_high)
			continue;
		text_format(&panel->gp,
			"set arrow from first %.0f, graph 0 to first %.0f, graph 1 nohead dt 3 "
			"lw 1.5 lc rgb \"#999999\" front\n",
			x, x);
		if (!labels)
			continue;
		/* A second row above the first where two would touch. */
		if (screen - half < last_end[0])
			row = 1;
		last_end[row] = screen + half + 8.0 / FIGURE_WIDTH;
		if (row >= rows)
			rows = row + 1;
		text_append(&panel->gp, "set label ");
		figure_quote(&panel->gp, nominal->label);
		text_format(&panel->gp,
			" at screen %.5f, screen %.5f center tc rgb \"#777777\" font \",11\"\n",
			screen,
			1 - ((double)panel->top - LABEL_ABOVE - LABEL_ROW * row) /
					figure->height);
	}
	return rows;
}

/* Pushes positions apart, in pixels from the top, ascending; keeps their middle where it
 * was. */
static void spread(double *positions, size_t count)
{
	for (int pass = 0; pass < 100; pass++) {
		bool moved = false;

		for (size_t i = 1; i < count; i++) {
			double overlap = LABEL_PIXELS - (positions[i] - positions[i - 1]);

			if (overlap <= 0.01)
				continue;
			positions[i] += overlap / 2;
			positions[i - 1] -= overlap / 2;
			moved = true;
		}
		if (!moved)
			break;
	}
}

void figure_end_labels(const struct figure *figure, struct panel *panel,
	const struct curve *const *curves, size_t count)
{
	const struct curve *sorted[2 * FIGURE_SERIES];
	double positions[2 * FIGURE_SERIES];
	size_t n = 0;

	for (size_t i = 0; i < count; i++) {
		double y = (1 - figure_screen_y(figure, panel, curves[i]->end_y)) *
			   figure->height;
		size_t at = n;

		if (!isfinite(curves[i]->end_y) ||
			n == sizeof(sorted) / sizeof(sorted[0]))
			continue;
		for (; at > 0 && positions[at - 1] > y; at--) {
			positions[at] = positions[at - 1];
			sorted[at] = sorted[at - 1];
		}
		positions[at] = y;
		sorted[at] = curves[i];
		n++;
	}
	spread(positions, n);
	/* Not into the panel below. */
	if (n > 0 && positions[n - 1] > panel->bottom + LABEL_PIXELS)
		for (size_t i = n; i-- > 0;)
			positions[i] = fmin(
				positions[i], (double)panel->bottom + LABEL_PIXELS -
						      LABEL_PIXELS * (double)(n - 1 - i));
	for (size_t i = 0; i < n; i++) {
		text_append(&panel->gp, "set label ");
		figure_quote(&panel->gp, sorted[i]->name);
		text_format(&panel->gp,
			" at screen %.5f, screen %.5f left tc rgb \"%s\" font \"%s\"\n",
			(double)(FIGURE_RIGHT + 12) / FIGURE_WIDTH,
			1 - positions[i] / figure->height, sorted[i]->colour,
			sorted[i]->thin ? ",12" : ":Bold,13");
	}
}

void figure_caption(
	const struct figure *figure, struct panel *panel, const char *caption, int rows)
{
	const bool inside = rows == CAPTION_INSIDE;
	int x = FIGURE_LEFT + (inside ? 12 : 0);
	int y = (int)panel->top + (inside ? 18 : -LABEL_ABOVE - LABEL_ROW * rows);

	text_append(&panel->gp, "set label ");
	figure_quote(&panel->gp, caption);
	text_format(&panel->gp,
		" at screen %.5f, screen %.5f left front tc rgb \"#555555\" font \",12\"\n",
		(double)x / FIGURE_WIDTH, 1 - (double)y / figure->height);
}

int figure_times(
	const struct figure *figure, const char *panel, size_t index, struct curve *curve)
{
	const struct series *series = curve->series;
	char name[48];
	struct text data;
	int error;

	text_init(&data);
	text_append(&data, "# bytes\tns\tp10\tp90\n");
	for (size_t i = 0; i < series->count; i++) {
		const struct stair *stair = &series->stairs[i];
		const struct estimate *ns = &stair->estimates[QUANTITY_NS];

		/* An empty line breaks the curve where there is no number. */
		if (stair->windows == 0) {
			text_append(&data, "\n");
			continue;
		}
		text_format(&data, "%llu", (unsigned long long)stair->bytes);
		figure_value(&data, ns->median);
		figure_value(&data, ns->p10);
		figure_value(&data, ns->p90);
		text_append(&data, "\n");
		curve->end_y = ns->median;
	}
	(void)snprintf(name, sizeof(name), "%.24s-%zu.tsv", panel, index);
	error = figure_file(figure->folder, name, &data);
	text_release(&data);
	return error;
}
