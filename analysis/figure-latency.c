/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/figure-panel.h"

#include "base/number.h"
#include "core/kernel.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static void widen(const struct series *series, double *low, double *high)
{
	for (size_t i = 0; i < series->count; i++) {
		const struct estimate *ns = &series->stairs[i].estimates[QUANTITY_NS];

		if (series->stairs[i].windows == 0)
			continue;
		*low = fmin(*low, ns->p10);
		*high = fmax(*high, ns->p90);
	}
}

/* Lowest p10 and highest p90 of time over all curves. */
static void time_range(const struct figure *figure, double *low, double *high)
{
	*low = INFINITY;
	*high = 0;
	for (size_t c = 0; c < figure->curves_count; c++)
		widen(figure->curves[c].series, low, high);
}

/* As much as there is room for between the L1 label and the panel's end. */
enum { FAILURE_SHOWN = 96 };

/* What is behind the backend's name, where the error begins with that. */
static const char *reason_of(const struct series *series, const struct stair *stair)
{
	const size_t length = strlen(series->backend);

	if (!stair->error)
		return "not measured";
	return strncmp(stair->error, series->backend, length) == 0 &&
			       strncmp(stair->error + length, ": ", 2) == 0
		       ? stair->error + length + 2
		       : stair->error;
}

/* The sizes of a series without a number, and why; false where it has all. */
static bool describe_failure(const struct series *series, char *label, size_t size)
{
	char low[NUMBER_TEXT];
	char high[NUMBER_TEXT];
	const struct stair *first = NULL;
	const struct stair *last = NULL;
	char sizes[64] = "";

	for (size_t i = 0; i < series->count; i++) {
		if (series->stairs[i].windows > 0)
			continue;
		if (!first)
			first = &series->stairs[i];
		last = &series->stairs[i];
	}
	if (!first)
		return false;
	if (series->windows > 0 && first != last)
		(void)snprintf(sizes, sizeof(sizes), " from %s to %s",
			number_format_bytes(low, first->bytes),
			number_format_bytes(high, last->bytes));
	else if (series->windows > 0)
		(void)snprintf(sizes, sizeof(sizes), " at %s",
			number_format_bytes(low, first->bytes));
	(void)snprintf(label, size, "⚠ %.24s: no number%s: %s", series->backend, sizes,
		reason_of(series, first));
	if (strlen(label) > FAILURE_SHOWN) {
		label[FAILURE_SHOWN] = '\0';
		text_end_whole(label);
		(void)snprintf(label + strlen(label), sizeof("…"), "…");
	}
	return true;
}

/* What was asked for and gave no number is said at the foot, right of the L1 label, where
 * no curve comes. */
static void label_failures(const struct figure *figure, struct panel *panel)
{
	const struct staircase *staircase = figure->findings->staircase;
	const struct series *main_series = figure->findings->main_series;
	unsigned line = 0;

	for (size_t i = 0; i < staircase->count; i++) {
		const struct series *series = &staircase->series[i];
		char label[240];

		if (!series_same_facet(series, main_series) ||
			!describe_failure(series, label, sizeof(label)))
			continue;
		text_append(&panel->gp, "set label ");
		figure_quote(&panel->gp, label);
		text_format(&panel->gp,
			" at screen %.5f, screen %.5f right front tc rgb \"#D55E00\" font "
			"\",12\"\n",
			(FIGURE_RIGHT - 12.0) / FIGURE_WIDTH,
			1 - ((double)panel->bottom - 18 - 20.0 * line) / figure->height);
		line++;
	}
}

static bool always(const struct figure *figure)
{
	(void)figure;
	return true;
}

/* What the bands of the steps are of. */
static const char *describe_bands(const struct levels *levels)
{
	if (!levels)
		return "";
	return levels->caches_counted
		       ? " · bands: detected steps, 5 to 95 %, and where half is done"
		       : " · bands: steps by time alone, 5 to 95 %, and where half is done (? a guess)";
}

static int write_latency(struct figure *figure, struct panel *panel)
{
	const struct curve *labelled[FIGURE_SERIES];
	char caption[200];

	time_range(figure, &panel->y_low, &panel->y_high);
	panel->y_log = true;
	/* Room for a plateau's label below and two rows of steps above; and never so
	 * little that noise looks like a staircase. */
	panel->y_low = fmin(panel->y_low * 0.55, panel->y_high / 3);
	panel->y_high = fmax(panel->y_high * 1.9, panel->y_low * 6);
	for (size_t i = 0; i < figure->curves_count; i++) {
		int error = figure_times(figure, panel->name, i + 1, &figure->curves[i]);

		if (error)
			return error;
		labelled[i] = &figure->curves[i];
	}
	(void)snprintf(caption, sizeof(caption), "%s, log scale%s%s",
		figure->findings->latency ? "latency of one read" : "time per read",
		describe_bands(figure->findings->main_levels),
		nominal_last_cache(
			figure->findings->machine, figure->findings->main_series->cpu)
			? " · dotted: sizes that the machine announces"
			: " · the machine announces no caches");
	figure_caption(figure, panel, caption,
		(int)figure_nominals(figure, panel, NOMINAL_CACHES, true));
	figure_end_labels(figure, panel, labelled, figure->curves_count);
	figure_levels(figure, panel);
	label_failures(figure, panel);
	return 0;
}

const struct panel_kind panel_latency = {"latency", 500, always, write_latency};

/* Series of the other kernels at the main place, with the smallest stride: thin lines. */
static bool is_thin(const struct figure *figure, const struct series *series)
{
	const struct series *main_series = figure->findings->main_series;

	return series->windows > 0 && series->cpu == main_series->cpu &&
	       series->node == main_series->node &&
	       (strcmp(series->kernel, main_series->kernel) != 0 ||
		       series->stride != main_series->stride);
}

static const char *colour_of(const struct figure *figure, const char *backend)
{
	for (size_t i = 0; i < figure->curves_count; i++)
		if (strcmp(figure->curves[i].series->backend, backend) == 0)
			return figure->curves[i].colour;
	return "#777777";
}

/* One label a kernel: its curves lie on each other in this scale. */
static bool is_named(const struct series *series, const struct curve *thin, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(thin[i].series->kernel, series->kernel) == 0 &&
			thin[i].series->stride == series->stride)
			return true;
	return false;
}

static int write_thin(
	struct figure *figure, struct panel *panel, struct curve *thin, size_t *named)
{
	const struct staircase *staircase = figure->findings->staircase;
	size_t count = 0;
	size_t names = 0;

	text_append(&panel->gp, "array thin_colour[24]\n");
	for (size_t i = 0; i < staircase->count && count < 24; i++) {
		const struct series *series = &staircase->series[i];
		struct curve curve = {
			.series = series, .colour = "#555555", .thin = true};
		char stride[NUMBER_TEXT];
		int error;

		if (!is_thin(figure, series))
			continue;
		error = figure_times(figure, panel->name, ++count, &curve);
		if (error)
			return error;
		text_format(&panel->gp, "thin_colour[%zu] = \"%s\"\n", count,
			colour_of(figure, series->backend));
		if (names == FIGURE_SERIES || is_named(series, thin, names))
			continue;
		thin[names] = curve;
		if (series->stride == figure->findings->main_series->stride)
			(void)snprintf(thin[names].name, sizeof(thin[names].name),
				"%.40s", series->kernel);
		else
			(void)snprintf(thin[names].name, sizeof(thin[names].name),
				"%.30s %s", series->kernel,
				number_format_bytes(stride, series->stride));
		names++;
	}
	text_format(&panel->gp, "thin_count = %zu\n", count);
	*named = names;
	return 0;
}

static int write_linear(struct figure *figure, struct panel *panel)
{
	const struct staircase *staircase = figure->findings->staircase;
	struct curve thin[FIGURE_SERIES];
	const struct curve *labelled[2 * FIGURE_SERIES];
	bool overlaps = true;
	size_t named = 0;
	size_t n = 0;
	double low;
	int error;

	time_range(figure, &low, &panel->y_high);
	for (size_t i = 0; i < staircase->count; i++)
		if (is_thin(figure, &staircase->series[i]))
			widen(&staircase->series[i], &low, &panel->y_high);
	panel->y_low = 0;
	panel->y_high *= 1.08;
	error = write_thin(figure, panel, thin, &named);
	if (error)
		return error;
	for (size_t i = 0; i < figure->curves_count; i++)
		labelled[n++] = &figure->curves[i];
	for (size_t i = 0; i < named; i++) {
		const struct kernel *kernel = kernel_find(thin[i].series->kernel);

		overlaps &= kernel && !kernel->dependent;
		labelled[n++] = &thin[i];
	}
	figure_caption(figure, panel,
		!named ? "the same on a linear scale"
		: overlaps
			? "the same on a linear scale · thin: independent reads, whose "
			  "latency overlaps and which prefetchers hide"
			: "the same on a linear scale · thin: other kernels and strides",
		0);
	(void)figure_nominals(figure, panel, NOMINAL_CACHES, false);
	figure_end_labels(figure, panel, labelled, n);
	return 0;
}

const struct panel_kind panel_linear = {"linear", 250, always, write_linear};
