/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/comparison-figure.h"

#include "analysis/comparison-print.h"
#include "analysis/figure-panel.h"
#include "analysis/profile-figure.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum {
	ROW = 32,
	HEADER = 120,
	AXIS = 60,
	TITLE = 44,
	FOOTER = 24,
	PROFILE = 220,
	COMMAND_SHOWN = 130
};
#define FASTER_COLOUR "#009E73"
#define SLOWER_COLOUR "#D55E00"
#define UNSURE_COLOUR "#777777"

struct drawing {
	const struct comparison *comparison;
	const struct contender *telling; /* whose other quantities are shown */
	struct text settings, ratio, why, bars;
	double low, high; /* of the ratios of time, intervals included */
	double why_low, why_high;
	size_t ratio_rows, why_rows, bar_rows;
	double longest_ns;
};

static const char *colour_of(enum verdict verdict)
{
	return verdict == VERDICT_FASTER   ? FASTER_COLOUR
	       : verdict == VERDICT_SLOWER ? SLOWER_COLOUR
					   : UNSURE_COLOUR;
}

static bool is_compared(const struct contender *contender)
{
	return contender->ratios[COMPARE_WALL].count > 0;
}

/* The best for sure; else the one whose time differs most. */
static const struct contender *most_telling(const struct comparison *comparison)
{
	const struct contender *chosen = comparison_best(comparison);

	for (size_t i = 1; !comparison_best(comparison) && i < comparison->count; i++) {
		const struct contender *one = &comparison->contenders[i];

		if (is_compared(one) &&
			(!chosen ||
				fabs(log(one->ratios[COMPARE_WALL].median)) >
					fabs(log(chosen->ratios[COMPARE_WALL].median))))
			chosen = one;
	}
	return chosen;
}

static void widen(double *low, double *high, const struct estimate *ratio)
{
	double from = isnan(ratio->low) ? ratio->median : ratio->low;
	double to = isnan(ratio->high) ? ratio->median : ratio->high;

	*low = fmin(*low, from);
	*high = fmax(*high, to);
}

/* A row of a panel of ratios: place, ratio, interval, colour, and three texts. */
static void add_row(
	struct text *data, size_t row, const struct estimate *ratio, enum verdict verdict)
{
	text_format(data, "%zu", row);
	figure_value(data, ratio->median);
	figure_value(data, isnan(ratio->low) ? ratio->median : ratio->low);
	figure_value(data, isnan(ratio->high) ? ratio->median : ratio->high);
	text_format(data, "\t0x%s\n", colour_of(verdict) + 1);
}

static void set_text(struct drawing *drawing, const char *panel, const char *column,
	size_t row, const char *string)
{
	text_format(&drawing->settings, "%s_%s[%zu] = ", panel, column, row);
	figure_quote(&drawing->settings, string);
	text_append(&drawing->settings, "\n");
}

static void describe_change(
	char text[64], const struct estimate *ratio, enum verdict verdict)
{
	if (ratio->median > 2)
		(void)snprintf(text, 64, "x %.3g", ratio->median);
	else
		(void)snprintf(text, 64, "%+.1f %%", 100 * (ratio->median - 1));
	if (verdict == VERDICT_SAME)
		(void)snprintf(text, 64, "same");
}

static void draw_ratios(struct drawing *drawing)
{
	const struct comparison *comparison = drawing->comparison;

	for (size_t i = 1; i < comparison->count; i++) {
		const struct contender *one = &comparison->contenders[i];
		const struct estimate *ratio = &one->ratios[COMPARE_WALL];
		enum verdict verdict = one->verdicts[COMPARE_WALL];
		char change[64];

		if (!is_compared(one))
			continue;
		drawing->ratio_rows++;
		add_row(&drawing->ratio, drawing->ratio_rows, ratio, verdict);
		widen(&drawing->low, &drawing->high, ratio);
		describe_change(change, ratio, verdict);
		set_text(drawing, "ratio", "name", drawing->ratio_rows, one->allocator);
		set_text(drawing, "ratio", "change", drawing->ratio_rows, change);
		set_text(drawing, "ratio", "style", drawing->ratio_rows,
			verdict == VERDICT_FASTER || verdict == VERDICT_SLOWER ? ":Bold"
									       : "");
	}
}

static void draw_why(struct drawing *drawing)
{
	const struct comparison *comparison = drawing->comparison;
	const struct contender *reference = &comparison->contenders[0];
	const struct contender *one = drawing->telling;

	for (size_t q = COMPARE_CPU; q < comparison->quantities; q++) {
		const struct estimate *ratio = &one->ratios[q];
		char from[COMPARISON_CELL], to[COMPARISON_CELL];
		char values[2 * COMPARISON_CELL + 8], change[64];

		if (ratio->count == 0)
			continue;
		drawing->why_rows++;
		add_row(&drawing->why, drawing->why_rows, ratio, one->verdicts[q]);
		widen(&drawing->why_low, &drawing->why_high, ratio);
		describe_change(change, ratio, one->verdicts[q]);
		(void)snprintf(values, sizeof(values), "%s → %s",
			comparison_format(from, q, reference->values[q].median),
			comparison_format(to, q, one->values[q].median));
		set_text(drawing, "why", "name", drawing->why_rows,
			comparison_name(comparison, q));
		set_text(drawing, "why", "values", drawing->why_rows, values);
		set_text(drawing, "why", "change", drawing->why_rows, change);
		set_text(drawing, "why", "style", drawing->why_rows,
			one->verdicts[q] == VERDICT_FASTER ||
					one->verdicts[q] == VERDICT_SLOWER
				? ":Bold"
				: "");
	}
}

enum { REMARK = 2 * COMPARISON_CELL + 32 };

/* Without memory where it was not watched. */
static void remark_of(const struct contender *one, char remark[REMARK])
{
	double peak = one->values[COMPARE_MEMORY].median;
	char wall[COMPARISON_CELL], memory[COMPARISON_CELL];

	(void)comparison_format(wall, COMPARE_WALL, one->values[COMPARE_WALL].median);
	(void)comparison_format(memory, COMPARE_MEMORY, peak);
	if (isnan(peak))
		(void)snprintf(remark, REMARK, "%s of wall time", wall);
	else
		(void)snprintf(
			remark, REMARK, "%s of wall time, %s of memory", wall, memory);
}

static void draw_bars(struct drawing *drawing)
{
	const struct comparison *comparison = drawing->comparison;

	for (size_t i = 0; i < comparison->count; i++) {
		const struct contender *one = &comparison->contenders[i];
		double user = one->values[COMPARE_USER].median;
		double system = one->values[COMPARE_SYSTEM].median;
		char remark[REMARK];

		if (isnan(user) || isnan(system))
			continue;
		drawing->bar_rows++;
		drawing->longest_ns = fmax(drawing->longest_ns, user + system);
		text_format(&drawing->bars, "%zu\t%.9g\t%.9g\n", drawing->bar_rows,
			user / 1e9, (user + system) / 1e9);
		remark_of(one, remark);
		set_text(drawing, "bar", "name", drawing->bar_rows, one->allocator);
		set_text(drawing, "bar", "remark", drawing->bar_rows, remark);
	}
}

static void describe_arrays(struct drawing *drawing)
{
	static const char *const arrays[] = {"ratio_name", "ratio_change", "ratio_style",
		"why_name", "why_values", "why_change", "why_style", "bar_name",
		"bar_remark"};

	for (size_t i = 0; i < sizeof(arrays) / sizeof(arrays[0]); i++)
		text_format(&drawing->settings, "array %s[%d]\n", arrays[i],
			COMPARISON_QUANTITIES);
}

static void describe_head(struct drawing *drawing, const struct environment *environment)
{
	const struct comparison *comparison = drawing->comparison;
	char command[COMMAND_SHOWN + 1], subtitle[COMMAND_SHOWN + 240];
	struct text headline;

	text_init(&headline);
	comparison_headline(comparison, &headline);
	text_append(&drawing->settings, "title = ");
	figure_quote(&drawing->settings, headline.bytes);
	(void)snprintf(
		command, sizeof(command), "%.*s", COMMAND_SHOWN, environment->command);
	text_end_whole(command);
	(void)snprintf(subtitle, sizeof(subtitle), "%s%s", command,
		strlen(environment->command) > COMMAND_SHOWN ? "…" : "");
	text_append(&drawing->settings, "\nsubtitle = ");
	figure_quote(&drawing->settings, subtitle);
	(void)snprintf(subtitle, sizeof(subtitle),
		"%zu interleaved round%s, ratios paired by round, %.3g %% intervals of "
		"the median by the sign test · green less for sure, orange more, grey "
		"unresolved · band = ±2 %%",
		comparison->rounds, comparison->rounds == 1 ? "" : "s",
		100 * comparison->wall_confidence);
	text_append(&drawing->settings, "\nsubtitle_more = ");
	figure_quote(&drawing->settings, subtitle);
	(void)snprintf(subtitle, sizeof(subtitle), "time relative to %s",
		comparison->contenders[0].allocator);
	text_append(&drawing->settings, "\nratio_label = ");
	figure_quote(&drawing->settings, subtitle);
	(void)snprintf(subtitle, sizeof(subtitle), "why: %s and %s",
		comparison->contenders[0].allocator, drawing->telling->allocator);
	text_append(&drawing->settings, "\nwhy_title = ");
	figure_quote(&drawing->settings, subtitle);
	text_append(&drawing->settings, "\n");
	text_release(&headline);
}

static void describe_layout(struct drawing *drawing, bool has_profile)
{
	size_t rows = drawing->ratio_rows > drawing->why_rows ? drawing->ratio_rows
							      : drawing->why_rows;
	size_t upper = (rows + 1) * ROW;
	size_t lower = drawing->bar_rows * ROW;
	size_t above = HEADER + TITLE + upper + AXIS + TITLE + lower + AXIS;
	size_t height = above + (has_profile ? TITLE + PROFILE + AXIS : 0) + FOOTER;

	text_format(&drawing->settings,
		"width = %d\nheight = %zu\nupper_top = %d\nupper_bottom = %zu\n"
		"lower_top = %zu\nlower_bottom = %zu\nratio_rows = %zu\n"
		"why_rows = %zu\nbar_rows = %zu\nupper_rows = %zu\n",
		FIGURE_WIDTH, height, HEADER + TITLE, HEADER + TITLE + upper,
		HEADER + TITLE + upper + AXIS + TITLE,
		HEADER + TITLE + upper + AXIS + TITLE + lower, drawing->ratio_rows,
		drawing->why_rows, drawing->bar_rows, rows);
	text_format(&drawing->settings,
		"has_profile = %d\nprofile_top = %zu\nprofile_bottom = %zu\n",
		has_profile, above + TITLE, above + TITLE + PROFILE);
	text_format(&drawing->settings,
		"ratio_low = %.6g\nratio_high = %.6g\nwhy_low = %.6g\nwhy_high = %.6g\n"
		"bar_high = %.9g\n",
		fmin(drawing->low / 1.03, 0.95), fmax(drawing->high * 1.03, 1.05),
		fmin(drawing->why_low / 1.1, 0.8), fmax(drawing->why_high * 1.1, 1.25),
		drawing->longest_ns * 1.45 / 1e9);
}

int comparison_figure_write(const struct comparison *comparison,
	const struct environment *environment, const struct profile *profile,
	const struct profile_resolver *resolver, const char *folder)
{
	struct drawing drawing = {.comparison = comparison,
		.telling = most_telling(comparison),
		.low = 1,
		.high = 1,
		.why_low = 1,
		.why_high = 1};
	/* gnuplot draws nothing of nothing, and fails. */
	const bool has_profile = profile && profile_blocks(profile->calls) > 0;
	int error = 0;

	if (!drawing.telling)
		return -ENODATA;
	text_init(&drawing.settings);
	text_init(&drawing.ratio);
	text_init(&drawing.why);
	text_init(&drawing.bars);
	describe_arrays(&drawing);
	describe_head(&drawing, environment);
	draw_ratios(&drawing);
	draw_why(&drawing);
	draw_bars(&drawing);
	describe_layout(&drawing, has_profile);
	if (has_profile)
		error = profile_figure_write(
			profile, resolver, folder, &drawing.settings);
	if (!error)
		error = figure_file(folder, "settings.gp", &drawing.settings);
	if (!error)
		error = figure_file(folder, "ratio.tsv", &drawing.ratio);
	if (!error)
		error = figure_file(folder, "why.tsv", &drawing.why);
	if (!error)
		error = figure_file(folder, "bars.tsv", &drawing.bars);
	text_release(&drawing.settings);
	text_release(&drawing.ratio);
	text_release(&drawing.why);
	text_release(&drawing.bars);
	return error;
}
