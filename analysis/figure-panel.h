/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ANALYSIS_FIGURE_PANEL_H
#define ANALYSIS_FIGURE_PANEL_H

#include "analysis/findings.h"
#include "analysis/nominal.h"
#include "base/text.h"

#include <stdbool.h>
#include <stddef.h>

/* What the panels of a figure share; private to the figure's files. */

enum {
	FIGURE_WIDTH = 1500,
	FIGURE_LEFT = 110,   /* pixels left of the panels */
	FIGURE_RIGHT = 1350, /* where they end; labels of the curves stand behind */
	FIGURE_SERIES = 12
};

/* A curve: one series with its look. */
struct curve {
	const struct series *series;
	char name[64];
	const char *colour; /* "#0072B2" */
	int marker;         /* gnuplot's point type */
	bool thin;          /* beside the main ones */
	double end_y;       /* of its last point, for the label */
};

struct figure {
	const struct findings *findings;
	const char *folder;
	double x_low, x_high;               /* bytes */
	struct curve curves[FIGURE_SERIES]; /* latency, the baseline first */
	size_t curves_count;
	struct nominal nominals[NOMINALS];
	size_t nominals_count;
	unsigned height; /* pixels */
	struct text settings;
};

/* Where a panel stands, in pixels from the top of the figure, and its vertical axis. */
struct panel {
	const char *name;
	unsigned top, bottom;
	double y_low, y_high;
	bool y_log;
	struct text gp; /* its commands */
};

/* One kind of panel; the figure's list of them is the layout. */
struct panel_kind {
	const char *name;
	unsigned height; /* pixels */
	bool (*wanted)(const struct figure *figure);
	int (*write)(struct figure *figure, struct panel *panel);
};
extern const struct panel_kind panel_latency, panel_linear, panel_served, panel_tlb,
	panel_pages, panel_ratio, panel_costs;

/* Quotes for gnuplot, with what its enhanced text would interpret escaped. */
void figure_quote(struct text *text, const char *string);
/* A number for a data file; NaN is "NaN". */
void figure_value(struct text *text, double value);
int figure_file(const char *folder, const char *name, const struct text *text);

/* Screen coordinates (0 to 1) of a data position. */
double figure_screen_x(const struct figure *figure, double bytes);
double figure_screen_y(const struct figure *figure, const struct panel *panel, double y);

/* Dotted verticals at nominal sizes: caches, TLBs or both; labelled above the panel when
 * asked. Returns how many rows of labels there are. */
enum nominal_kind { NOMINAL_CACHES = 1, NOMINAL_TLBS = 2 };
unsigned figure_nominals(
	const struct figure *figure, struct panel *panel, unsigned kinds, bool labels);

/* The levels of the main series on the panel of their latency: where each overflows as a
 * band with its verdict, and a label where it serves. */
void figure_levels(const struct figure *figure, struct panel *panel);

/* TLB reaches that reads of one line a page show: as bands, with what a miss adds. */
void figure_reaches(
	const struct figure *figure, struct panel *panel, const struct levels *levels);

/* Names of the curves behind their ends, moved apart where they would touch. */
void figure_end_labels(const struct figure *figure, struct panel *panel,
	const struct curve *const *curves, size_t count);

/* The caption at the panel's upper left, grey: inside the frame, or above it and so many
 * rows of labels. */
enum { CAPTION_INSIDE = -1 };
void figure_caption(
	const struct figure *figure, struct panel *panel, const char *caption, int rows);

/* Writes PANEL-INDEX.tsv, the time of a read over the curve's series: bytes, median, p10,
 * p90; and sets where the curve ends. 0 or -errno. */
int figure_times(const struct figure *figure, const char *panel, size_t index,
	struct curve *curve);

#endif
