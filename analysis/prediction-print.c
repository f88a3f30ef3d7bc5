/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/comparison.h"
#include "analysis/json-text.h"
#include "analysis/prediction.h"
#include "analysis/summary.h"
#include "base/number.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

enum { AT_REMARK = 42 };

static void print_change(struct text *text, const char *name, const struct change *change)
{
	char low[32], high[32];

	(void)snprintf(low, sizeof(low), "%+.1f", 100 * change->low);
	(void)snprintf(high, sizeof(high), "%+.1f", 100 * change->high);
	text_format(text, "  %s", name);
	text_pad_to(text, 14);
	text_format(text, "%+6.1f %%  %s to %s", 100 * change->share, low, high);
}

/* Words behind a part, wrapped in their column. */
static void print_remark(struct text *text, struct text *remark)
{
	text_pad_to(text, AT_REMARK);
	summary_wrap(text, AT_REMARK, remark->bytes);
	text_append(text, "\n");
	if (remark->error && !text->error)
		text->error = remark->error;
	text_clear(remark);
}

static void explain_faults(const struct prediction *p, struct text *remark)
{
	char small[NUMBER_TEXT], huge[NUMBER_TEXT];

	text_format(remark,
		"%.0f of %.0f faults become %.0f of huge pages: %s each, %s each of those; "
		"%.0f %% of its private memory is malloc's",
		p->heap_faults, p->facts.faults, p->huge_faults,
		number_format_duration(small, (uint64_t)p->small_ns),
		number_format_duration(huge, (uint64_t)p->huge_ns), 100 * p->heap_share);
	if (p->facts.split_bytes > 0)
		text_format(remark,
			", of which %s stay on small pages, since blocks grew there; with an "
			"allocator whose blocks grow on huge pages (hp) %+.1f %%",
			number_format_bytes(small, (uint64_t)p->facts.split_bytes),
			100 * p->faults_elsewhere.share);
}

static void explain_walks(const struct prediction *p,
	const struct prediction_model *model, struct text *remark)
{
	char bytes[NUMBER_TEXT];
	double lines, pages;

	if (p->walks_known == WALKS_COUNTED) {
		text_format(remark,
			"walks took up to %.1f %% of the cycles; how much of it was "
			"hidden, no counter tells",
			100 * p->walk_share);
		return;
	}
	lines = prediction_model_gain(model, false, p->facts.heap_bytes);
	pages = prediction_model_gain(model, true, p->facts.heap_bytes);
	text_format(remark, "%s: ", p->walks_why);
	if (isnan(lines)) {
		text_append(remark, "its heap is smaller than what was swept");
		return;
	}
	text_format(remark, "a random read of %s gains %.0f %% in the sweep",
		number_format_bytes(bytes, (uint64_t)p->facts.heap_bytes), 100 * lines);
	if (isfinite(pages))
		text_format(remark, ", and one of one line a page %.0f %%", 100 * pages);
}

static void print_measured(const struct prediction *p,
	const struct comparison *comparison, struct text *text)
{
	struct text remark;

	text_init(&remark);
	for (size_t i = 1; comparison && i < comparison->count; i++) {
		const struct contender *one = &comparison->contenders[i];
		const struct estimate *ratio = &one->ratios[COMPARE_WALL];
		const struct change total = prediction_total(p, one->allocator);
		const double change = ratio->median - 1;

		if (!prediction_is_of(one->allocator) || ratio->count == 0)
			continue;
		text_format(text, "  measured");
		text_pad_to(text, 14);
		text_format(text, "%+6.1f %%  ", 100 * change);
		if (isfinite(ratio->low))
			text_format(text, "%+.1f to %+.1f", 100 * (ratio->low - 1),
				100 * (ratio->high - 1));
		text_append(&remark, one->allocator);
		if (p->walks_known != WALKS_MISSING)
			text_format(&remark,
				", %+.1f points from the prediction, %s its interval",
				100 * (change - total.share),
				change >= total.low && change <= total.high ? "inside"
									    : "outside");
		if (!prediction_is_whole(one->allocator))
			text_append(&remark, "; its own speed is not predicted");
		print_remark(text, &remark);
	}
	text_release(&remark);
}

int prediction_print(const struct prediction *p, const struct prediction_model *model,
	const struct comparison *comparison, struct text *text)
{
	struct text remark;

	text_init(&remark);
	text_append(text,
		"what huge pages would change, predicted from the reference alone\n");
	if (p->refusal[0]) {
		text_format(&remark, "no prediction: %s; try: %s", p->refusal, p->advice);
		text_append(text, "  ");
		summary_wrap(text, 4, remark.bytes);
		text_append(text, "\n");
		text_release(&remark);
		return text->error;
	}
	print_change(text, "faults", &p->faults);
	explain_faults(p, &remark);
	print_remark(text, &remark);
	if (p->walks_known == WALKS_MISSING) {
		text_append(text, "  page walks");
		text_format(&remark, "not told: %s", p->walks_why);
		print_remark(text, &remark);
		text_append(text,
			"  no total: this covers faults only, and walks would add to it\n");
	} else {
		print_change(text, "page walks", &p->walks);
		explain_walks(p, model, &remark);
		print_remark(text, &remark);
		print_change(text, "run time", &p->total);
		text_append(text, "\n");
	}
	print_measured(p, comparison, text);
	text_release(&remark);
	return text->error;
}

static json_t *change_to_json(const struct change *change)
{
	return json_pack("{s:f, s:f, s:f}", "share", change->share, "low", change->low,
		"high", change->high);
}

static json_t *to_json(const struct prediction *p)
{
	static const char *const walks[] = {[WALKS_COUNTED] = "counted",
		[WALKS_BOUNDED] = "bounded",
		[WALKS_MISSING] = "missing"};
	const bool missing = p->walks_known == WALKS_MISSING;

	if (p->refusal[0])
		return json_pack(
			"{s:s, s:s}", "refusal", p->refusal, "advice", p->advice);
	return json_pack("{s:f, s:f, s:f, s:o, s:o, s:s, s:s, s:o, s:o}", "heap_faults",
		p->heap_faults, "huge_faults", p->huge_faults, "heap_share",
		p->heap_share, "faults", change_to_json(&p->faults), "faults_elsewhere",
		change_to_json(&p->faults_elsewhere), "walks_known",
		walks[p->walks_known], "walks_why", p->walks_why, "walks",
		missing ? json_null() : change_to_json(&p->walks), "total",
		missing ? json_null() : change_to_json(&p->total));
}

int prediction_print_json(const struct prediction *prediction, struct text *text)
{
	return json_print(to_json(prediction), 6, text);
}
