/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/figure-panel.h"
#include "analysis/served.h"

#include <math.h>
#include <stdio.h>

static bool has_served(const struct figure *figure)
{
	struct served served;

	served_levels(figure->findings->staircase, &served);
	return served.count > 0;
}

/* A name in the middle of each area, where it is tallest. */
struct area {
	double share, x, y;
};

static void label_areas(const struct figure *figure, struct panel *panel,
	const struct served *served, const struct area *areas)
{
	for (size_t i = 0; i < served->count; i++) {
		double x = figure_screen_x(figure, areas[i].x);

		if (areas[i].share < 0.25)
			continue;
		x = fmin(fmax(x, (FIGURE_LEFT + 40.0) / FIGURE_WIDTH),
			(FIGURE_RIGHT - 40.0) / FIGURE_WIDTH);
		text_format(&panel->gp,
			"set label \"%s\" at screen %.5f, screen %.5f center front font "
			"\":Bold,14\" tc rgb \"%s\"\n",
			served->names[i], x,
			figure_screen_y(figure, panel, 100 * areas[i].y),
			i + 2 < served->count ? "#222222" : "#ffffff");
	}
}

/* Middle of the sizes at which this level serves at least 95 % of its best. */
static void find_areas(const struct series *series, struct served *served,
	struct area areas[SERVED_LEVELS])
{
	double first[SERVED_LEVELS] = {0};

	for (size_t i = 0; i < series->count; i++) {
		if (series->stairs[i].windows == 0 ||
			served_shares(&series->stairs[i], served))
			continue;
		for (size_t k = 0; k < served->count; k++)
			areas[k].share = fmax(areas[k].share, served->shares[k]);
	}
	for (size_t i = 0; i < series->count; i++) {
		double below = 0;

		if (series->stairs[i].windows == 0 ||
			served_shares(&series->stairs[i], served))
			continue;
		for (size_t k = 0; k < served->count; k++) {
			double x = (double)series->stairs[i].bytes;

			if (served->shares[k] >= 0.95 * areas[k].share) {
				if (first[k] == 0)
					first[k] = x;
				areas[k].x = sqrt(first[k] * x);
				areas[k].y = below + served->shares[k] / 2;
			}
			below += served->shares[k];
		}
	}
}

static int write_served(struct figure *figure, struct panel *panel)
{
	const struct series *series = figure->findings->main_series;
	struct area areas[SERVED_LEVELS] = {{0}};
	struct served served;
	char caption[160];
	struct text data;
	int error;

	panel->y_low = 0;
	panel->y_high = 100;
	served_levels(figure->findings->staircase, &served);
	text_init(&data);
	text_append(&data, "# bytes\tcumulative share in %, nearest level first\n");
	for (size_t i = 0; i < series->count; i++) {
		double sum = 0;

		if (series->stairs[i].windows == 0 ||
			served_shares(&series->stairs[i], &served))
			continue;
		text_format(&data, "%llu", (unsigned long long)series->stairs[i].bytes);
		for (size_t k = 0; k < SERVED_LEVELS; k++) {
			sum += k < served.count ? served.shares[k] : 0;
			figure_value(&data, 100 * sum);
		}
		text_append(&data, "\n");
	}
	error = figure_file(figure->folder, "served.tsv", &data);
	text_release(&data);
	if (error)
		return error;
	text_format(&panel->gp, "served_count = %zu\n", served.count);
	(void)snprintf(caption, sizeof(caption),
		"reads served by each level, %.30s · counted in user space%s",
		series->backend,
		served.misses ? ", from misses" : ", demand fills by source");
	figure_caption(figure, panel, caption, 0);
	(void)figure_nominals(figure, panel, NOMINAL_CACHES, false);
	find_areas(series, &served, areas);
	label_areas(figure, panel, &served, areas);
	return 0;
}

const struct panel_kind panel_served = {"served", 240, has_served, write_served};

static bool has_tlb(const struct figure *figure)
{
	return figure->findings->staircase->known[QUANTITY_DTLB_L1_MISSES] ||
	       figure->findings->staircase->known[QUANTITY_PAGE_WALKS];
}

/* The name of a quantity where the baseline's curve passes the middle. */
static void label_crossing(const struct figure *figure, struct panel *panel,
	enum quantity quantity, double at, const char *name)
{
	const struct series *series = figure->findings->main_series;

	for (size_t i = 0; i < series->count; i++) {
		double value = series->stairs[i].estimates[quantity].median;

		if (!(value >= at) || series->stairs[i].windows == 0)
			continue;
		text_format(&panel->gp,
			"set label \"%s\" at screen %.5f, screen %.5f left front font \",12\"\n",
			name,
			figure_screen_x(figure, (double)series->stairs[i].bytes) +
				14.0 / FIGURE_WIDTH,
			figure_screen_y(figure, panel, at) - 12.0 / figure->height);
		return;
	}
}

static int write_tlb(struct figure *figure, struct panel *panel)
{
	double most = 1;

	for (size_t c = 0; c < figure->curves_count; c++) {
		const struct series *series = figure->curves[c].series;
		char name[48];
		struct text data;
		int error;

		text_init(&data);
		text_append(&data,
			"# bytes\tmisses of the first level\tpage walks, per read\n");
		for (size_t i = 0; i < series->count; i++) {
			const struct estimate *e = series->stairs[i].estimates;

			if (series->stairs[i].windows == 0)
				continue;
			text_format(&data, "%llu",
				(unsigned long long)series->stairs[i].bytes);
			figure_value(&data, e[QUANTITY_DTLB_L1_MISSES].median);
			figure_value(&data, e[QUANTITY_PAGE_WALKS].median);
			text_append(&data, "\n");
			most = fmax(most, e[QUANTITY_DTLB_L1_MISSES].median);
			most = fmax(most, e[QUANTITY_PAGE_WALKS].median);
		}
		(void)snprintf(name, sizeof(name), "tlb-%zu.tsv", c + 1);
		error = figure_file(figure->folder, name, &data);
		text_release(&data);
		if (error)
			return error;
	}
	panel->y_low = 0;
	panel->y_high = most * 1.08;
	figure_caption(figure, panel, "dTLB misses per read · dotted: announced reach",
		CAPTION_INSIDE);
	(void)figure_nominals(figure, panel, NOMINAL_TLBS, true);
	label_crossing(figure, panel, QUANTITY_DTLB_L1_MISSES, 0.6, "first level missed");
	label_crossing(figure, panel, QUANTITY_PAGE_WALKS, 0.4, "page walk");
	return 0;
}

const struct panel_kind panel_tlb = {"tlb", 220, has_tlb, write_tlb};
