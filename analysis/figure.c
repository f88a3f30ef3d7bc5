/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/figure.h"

#include "analysis/figure-panel.h"
#include "analysis/summary.h"
#include "base/number.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* From the top. A new panel is one more entry here, and one block in staircase.gp. */
static const struct panel_kind *const kinds[] = {
	&panel_latency,
	&panel_linear,
	&panel_served,
	&panel_tlb,
	&panel_pages,
	&panel_ratio,
	&panel_costs,
};
enum { KINDS = sizeof(kinds) / sizeof(kinds[0]) };
enum { HEADER = 152, GAP = 68, FOOTER = 75, REMARK = 28 };
/* The horizontal axis of costs is not of sizes: above it, room for that of the others. */
enum { AXIS = 42 };
static unsigned room_above(const struct panel_kind *kind)
{
	return kind == &panel_costs ? AXIS : 0;
}

/* Okabe and Ito's palette, with a marker each: the two tell backends apart without the
 * other. */
struct look {
	const char *backend;
	const char *colour;
	int marker;
};
static const struct look looks[] = {
	{"small", "#0072B2", 7},
	{"thp", "#E69F00", 5},
	{"hugetlb-2m", "#009E73", 9},
	{"hugetlb-1g", "#CC79A7", 13},
	{"libc", "#000000", 11},
	{"hp", "#D55E00", 3},
	{"hp-firstfit", "#56B4E9", 15},
	{"hp-bump", "#8C510A", 1},
	{NULL, "#D55E00", 3},
	{NULL, "#56B4E9", 15},
};
enum { LOOKS = sizeof(looks) / sizeof(looks[0]) };

static const struct look *look_of(const char *backend, size_t index)
{
	for (size_t i = 0; i < LOOKS; i++)
		if (looks[i].backend && strcmp(looks[i].backend, backend) == 0)
			return &looks[i];
	return &looks[LOOKS - 2 + index % 2];
}

/* By what differs from the main place. */
static void name_place(struct curve *curve, const struct series *main_series)
{
	const struct series *series = curve->series;
	const size_t size = sizeof(curve->name);

	if (series->cpu == main_series->cpu)
		(void)snprintf(curve->name, size, "node %d", series->node);
	else if (series->node == main_series->node)
		(void)snprintf(curve->name, size, "CPU %u", series->cpu);
	else
		(void)snprintf(
			curve->name, size, "CPU %u, n. %d", series->cpu, series->node);
}

static void add_curve(
	struct figure *figure, const struct series *series, bool other_place)
{
	struct curve *curve = &figure->curves[figure->curves_count];
	const struct look *look = look_of(series->backend, figure->curves_count);

	if (figure->curves_count == FIGURE_SERIES || series->windows == 0)
		return;
	*curve = (struct curve){
		.series = series, .colour = look->colour, .marker = look->marker};
	(void)snprintf(curve->name, sizeof(curve->name), "%.30s", series->backend);
	if (other_place) {
		curve->colour = "#777777";
		name_place(curve, figure->findings->main_series);
	}
	figure->curves_count++;
}

/* Every backend at the main place; then the baseline's backend at other places. */
static void collect_curves(struct figure *figure)
{
	const struct staircase *staircase = figure->findings->staircase;
	const struct series *main_series = figure->findings->main_series;

	add_curve(figure, main_series, false);
	for (size_t i = 0; i < staircase->count; i++)
		if (&staircase->series[i] != main_series &&
			series_same_facet(&staircase->series[i], main_series))
			add_curve(figure, &staircase->series[i], false);
	for (size_t i = 0; i < staircase->count; i++) {
		const struct series *series = &staircase->series[i];

		if (strcmp(series->kernel, main_series->kernel) == 0 &&
			strcmp(series->backend, main_series->backend) == 0 &&
			series->stride == main_series->stride &&
			!series_same_facet(series, main_series))
			add_curve(figure, series, true);
	}
}

static void set_x_range(struct figure *figure)
{
	figure->x_low = INFINITY;
	for (size_t c = 0; c < figure->curves_count; c++) {
		const struct series *series = figure->curves[c].series;

		for (size_t i = 0; i < series->count; i++) {
			if (series->stairs[i].windows == 0)
				continue;
			figure->x_low =
				fmin(figure->x_low, (double)series->stairs[i].bytes);
			figure->x_high =
				fmax(figure->x_high, (double)series->stairs[i].bytes);
		}
	}
	if (figure->x_low == figure->x_high) {
		figure->x_low /= 2;
		figure->x_high *= 2;
	}
}

/* Every second power of two has a line and a name; every one where there are few. */
static void set_x_axis(struct figure *figure)
{
	struct text *out = &figure->settings;
	char size[NUMBER_TEXT];
	double step = figure->x_high / figure->x_low > 64 ? 4 : 2;
	bool first = true;

	text_format(out, "x_low = %.0f\nx_high = %.0f\n", figure->x_low, figure->x_high);
	for (int named = 0; named < 2; named++) {
		text_append(out, named ? "x_ticks_named = '" : "x_ticks = '");
		first = true;
		for (uint64_t x = 1024; (double)x <= figure->x_high; x *= step) {
			if ((double)x < figure->x_low)
				continue;
			text_format(out, "%s\"%s\" %llu", first ? "" : ", ",
				named ? number_format_bytes(size, x) : "",
				(unsigned long long)x);
			first = false;
		}
		text_append(out, "'\n");
	}
}

/* 1, 2, 5, 10, ... within the panel, for a log axis; gnuplot's own choice on a linear
 * one. */
static void set_y_axis(struct figure *figure, const struct panel *panel)
{
	static const double steps[] = {1, 2, 5};
	static const double fine[] = {
		0.5, 0.6, 0.7, 0.8, 0.9, 1, 1.1, 1.2, 1.3, 1.4, 1.5};
	struct text *out = &figure->settings;
	bool first = true;

	text_format(out, "%s_low = %.6g\n%s_high = %.6g\n", panel->name, panel->y_low,
		panel->name, panel->y_high);
	if (!panel->y_log)
		return;
	text_format(out, "%s_ticks = '", panel->name);
	if (panel->y_high / panel->y_low < 4) {
		for (size_t i = 0; i < sizeof(fine) / sizeof(fine[0]); i++) {
			if (fine[i] < panel->y_low || fine[i] > panel->y_high)
				continue;
			text_format(out, "%s%g", first ? "" : ", ", fine[i]);
			first = false;
		}
	} else {
		for (int power = -2; power < 7; power++) {
			for (size_t i = 0; i < 3; i++) {
				double y = steps[i] * pow(10, power);

				if (y < panel->y_low || y > panel->y_high)
					continue;
				text_format(out, "%s%g", first ? "" : ", ", y);
				first = false;
			}
		}
	}
	text_append(out, "'\n");
}

static int write_panel(struct figure *figure, const struct panel_kind *kind, unsigned top)
{
	struct panel panel = {
		.name = kind->name, .top = top, .bottom = top + kind->height};
	char file[48];
	int error;

	text_init(&panel.gp);
	error = kind->write(figure, &panel);
	text_format(&figure->settings, "has_%s = 1\n%s_top = %.6f\n%s_bottom = %.6f\n",
		kind->name, kind->name, 1 - (double)panel.top / figure->height,
		kind->name, 1 - (double)panel.bottom / figure->height);
	set_y_axis(figure, &panel);
	(void)snprintf(file, sizeof(file), "%s.gp", kind->name);
	if (!error)
		error = figure_file(figure->folder, file, &panel.gp);
	text_release(&panel.gp);
	return error;
}

static void set_curves(struct figure *figure)
{
	struct text *out = &figure->settings;

	text_format(out,
		"curves = %zu\narray curve_colour[curves]\narray curve_marker[curves]\n"
		"array curve_name[curves]\n",
		figure->curves_count);
	for (size_t i = 0; i < figure->curves_count; i++) {
		text_format(out, "curve_colour[%zu] = \"%s\"\ncurve_marker[%zu] = %d\n",
			i + 1, figure->curves[i].colour, i + 1, figure->curves[i].marker);
		text_format(out, "curve_name[%zu] = ", i + 1);
		figure_quote(out, figure->curves[i].name);
		text_append(out, "\n");
	}
	text_format(out, "ribbon = %d\n",
		figure->findings->main_series->stairs[0].rounds_count > 1);
}

static void set_line(struct figure *figure, const char *variable, const char *string)
{
	text_format(&figure->settings, "%s = ", variable);
	figure_quote(&figure->settings, string);
	text_append(&figure->settings, "\n");
}

static bool has_remark(const struct findings *findings)
{
	return findings->environment->counters_missing[0] ||
	       findings->staircase->tally.scaled ||
	       summary_events_excluded(findings->environment) > 0;
}

static void name_excluded(const struct environment *environment, char *line, size_t size)
{
	const size_t count = summary_events_excluded(environment);
	const size_t named = 3;
	size_t done = 0;
	int used = snprintf(line, size, "⚠ the self-check leaves out ");

	for (size_t i = 0; i < environment->events_count && done < named; i++) {
		const struct event_verdict *v = &environment->events[i];

		if (event_excluded(v->judgement))
			used += snprintf(line + used, size - (size_t)used,
				"%s%.60s (%.20s, %s)", done++ ? ", " : "", v->event,
				v->group, event_judgement_name(v->judgement));
	}
	if (count > named)
		(void)snprintf(
			line + used, size - (size_t)used, " and %zu more", count - named);
}

/* What a reader of the counters' panels must know first. */
static void set_remark(struct figure *figure)
{
	const struct findings *findings = figure->findings;
	char line[512] = "";

	if (findings->environment->counters_missing[0])
		(void)snprintf(line, sizeof(line),
			"⚠ no hardware counters, so no causes: %.200s",
			findings->environment->counters_missing);
	else if (summary_events_excluded(findings->environment) > 0)
		name_excluded(findings->environment, line, sizeof(line));
	else if (findings->staircase->tally.scaled)
		(void)snprintf(line, sizeof(line),
			"⚠ %zu counts are scaled, as --scale asked: their counters ran "
			"for a part of the window",
			findings->staircase->tally.scaled);
	set_line(figure, "remark", line);
}

static void set_title(struct figure *figure)
{
	const struct findings *findings = figure->findings;
	const struct environment *environment = findings->environment;
	const struct machine *machine = findings->machine;
	const struct series *series = findings->main_series;
	const struct staircase *staircase = findings->staircase;
	const bool several = environment->rounds_done > 1;
	char node[32] = "";
	char line[512];

	set_line(figure, "title", findings->headline);
	if (series->node >= 0)
		(void)snprintf(node, sizeof(node), ", memory of node %d", series->node);
	(void)snprintf(line, sizeof(line),
		"%s%s%s%s · CPU %u%s · %s, %llu B stride · kernel %s%s%s",
		machine->cpu_model[0] ? machine->cpu_model : "unknown CPU",
		machine->hypervisor[0] ? " (" : "", machine->hypervisor,
		machine->hypervisor[0] ? " guest)" : "", series->cpu, node,
		findings->latency ? "random pointer chase" : series->kernel,
		(unsigned long long)series->stride,
		machine->kernel[0] ? machine->kernel : "unknown",
		machine->thp_enabled[0] ? " · THP " : "", machine->thp_enabled);
	set_line(figure, "subtitle", line);
	(void)snprintf(line, sizeof(line),
		"%s%llu round%s of fresh memory%s%s · clock %.2f–%.2f GHz (p10–p90) · "
		"%.0f %% of %zu windows undisturbed%s%s",
		several ? "median of " : "", (unsigned long long)environment->rounds_done,
		several ? "s" : "", several ? ", ribbon p10–p90 of " : "",
		several ? series->backend : "", staircase->clock_ghz.p10,
		staircase->clock_ghz.p90,
		staircase->windows ? 100 * (double)staircase->windows_clean /
					     (double)staircase->windows
				   : 0,
		staircase->windows,
		environment->groups_count && environment->counter_filter[0]
			? " · events of "
			: "",
		environment->groups_count ? environment->counter_filter : "");
	set_line(figure, "subtitle_more", line);
	set_remark(figure);
}

int figure_write(const struct findings *findings, const char *folder)
{
	struct figure figure = {.findings = findings, .folder = folder};
	unsigned top = HEADER;
	int error = 0;

	if (!findings->main_series)
		return -ENODATA;
	text_init(&figure.settings);
	collect_curves(&figure);
	set_x_range(&figure);
	figure.nominals_count = nominal_list(
		findings->machine, findings->main_series->cpu, figure.nominals);
	figure.height = HEADER + FOOTER - GAP + (has_remark(findings) ? REMARK : 0);
	for (size_t i = 0; i < KINDS; i++)
		if (kinds[i]->wanted(&figure))
			figure.height += kinds[i]->height + GAP + room_above(kinds[i]);
	text_format(&figure.settings,
		"width = %d\nheight = %u\npanels_left = %.6f\npanels_right = %.6f\n",
		FIGURE_WIDTH, figure.height, (double)FIGURE_LEFT / FIGURE_WIDTH,
		(double)FIGURE_RIGHT / FIGURE_WIDTH);
	set_title(&figure);
	set_curves(&figure);
	set_x_axis(&figure);
	for (size_t i = 0; i < KINDS && !error; i++) {
		text_format(&figure.settings, "has_%s = 0\n", kinds[i]->name);
		if (!kinds[i]->wanted(&figure))
			continue;
		top += room_above(kinds[i]);
		if (kinds[i] != &panel_costs)
			text_format(&figure.settings, "last_panel = \"%s\"\n",
				kinds[i]->name);
		error = write_panel(&figure, kinds[i], top);
		top += kinds[i]->height + GAP;
	}
	if (!error)
		error = figure_file(figure.folder, "settings.gp", &figure.settings);
	text_release(&figure.settings);
	return error;
}
