/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/explanation.h"
#include "analysis/findings.h"
#include "analysis/summary.h"
#include "base/number.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

/* Columns of the table of costs. */
enum { AT_CYCLES = 25, AT_INTERVAL = 33, AT_NS = 49, AT_MOST = 57, AT_REMARK = 68 };

static void print_percent(struct text *text, double share)
{
	if (isnan(share))
		text_append(text, "-");
	else
		text_format(text, "%.*f %%", share < 0.0995 ? 1 : 0, 100 * share);
}

/* A number in a column of its own: its right end stands before `end`. */
static void print_right(struct text *text, size_t end, const char *number)
{
	const size_t length = strlen(number);

	text_pad_to(text, end > length ? end - length : 0);
	text_append(text, number);
}

static void print_term(const struct costs *costs, enum cost_term term, struct text *text)
{
	const struct cost_fit *fit = &costs->fit;
	char number[FINDINGS_NUMBER], high[FINDINGS_NUMBER];

	text_format(text, "  %s", fit->terms.names[term]);
	if (fit->states[term] != COST_FITTED) {
		print_right(text, AT_INTERVAL - 1, "-");
		text_pad_to(text, AT_INTERVAL + 1);
	}
	switch (fit->states[term]) {
	case COST_FITTED:
		print_right(text, AT_INTERVAL - 1,
			findings_number(number, fit->cycles[term]));
		text_pad_to(text, AT_INTERVAL + 1);
		if (isnan(costs->low[term]))
			text_append(text, "-");
		else
			text_format(text, "%s–%s",
				findings_number(number, costs->low[term]),
				findings_number(high, costs->high[term]));
		print_right(text, AT_MOST - 1, findings_number(number, costs->ns[term]));
		print_right(
			text, AT_REMARK - 1, findings_number(number, fit->most[term]));
		if (costs_vague(costs, term))
			text_append(text, "  vague: the interval is wide");
		break;
	case COST_UNCOUNTED:
		text_append(text, "not counted");
		break;
	case COST_ABSENT:
		text_append(text, "absent: never one in a hundred reads");
		break;
	case COST_ENTANGLED:
		text_format(text, "not told apart: its cost is in that of %s",
			fit->terms.names[fit->with[term]]);
		break;
	}
	text_append(text, "\n");
}

static void print_errors(const struct cost_errors *errors, struct text *text)
{
	char size[NUMBER_TEXT];

	print_percent(text, errors->median);
	text_append(text, " (median), ");
	print_percent(text, errors->p90);
	text_append(text, " (p90), ");
	print_percent(text, errors->worst);
	text_append(text, " at worst");
	if (errors->worst_bytes)
		text_format(
			text, ", at %s", number_format_bytes(size, errors->worst_bytes));
}

/* A line that may be too long, and goes on indented. */
static void print_item(struct text *text, struct text *item)
{
	text_append(text, "  ");
	summary_wrap(text, 4, item->bytes);
	text_append(text, "\n");
	text_clear(item);
}

static void print_held_out(const struct costs *costs, const struct cost_held_out *held,
	size_t count, const struct cost_errors *pooled, struct text *text)
{
	struct text item;

	text_init(&item);
	for (size_t i = 0; i < count; i++) {
		bool first = true;

		text_clear(&item);
		text_format(&item, "fitted without %s, judged on it: ", held[i].name);
		print_errors(&held[i].errors, &item);
		for (int k = 0; k < COST_TERMS; k++) {
			const enum cost_term term = cost_display_order[k];

			if (!(held[i].untold >> term & 1))
				continue;
			text_format(&item, "%s%s",
				first ? "; without it nothing tells: " : ", ",
				costs->fit.terms.names[term]);
			first = false;
		}
		print_item(text, &item);
	}
	if (count > 1) {
		text_append(text, "  each held out in turn: ");
		print_errors(pooled, text);
		text_append(text, "\n");
	}
	text_release(&item);
}

static void print_fit(const struct costs *costs, struct text *text)
{
	struct text item;

	text_init(&item);
	text_append(text, "\n");
	text_format(
		&item, "relative error of %zu rounds of sizes: ", costs->in_sample.rows);
	print_errors(&costs->in_sample, &item);
	text_format(&item, "; R² %.4f", costs->r_squared);
	print_item(text, &item);
	for (size_t i = 0; i < costs->series_count; i++) {
		const struct cost_residual *residual = &costs->series[i];

		text_format(&item, "%s, %s, stride %" PRIu64 ": ", residual->kernel,
			residual->backend, residual->stride);
		print_errors(&residual->errors, &item);
		text_format(&item, ", bias %+.1f %%", 100 * residual->errors.bias);
		print_item(text, &item);
	}
	text_release(&item);
	print_held_out(costs, costs->backends, costs->backends_count,
		&costs->without_backend, text);
	print_held_out(costs, costs->kernels, costs->kernels_count,
		&costs->without_kernel, text);
	if (costs->backends_count == 0)
		text_append(text, "  with one backend there is none to hold out\n");
	if (costs->kernels_count == 0)
		text_append(text,
			"  with one kernel there is none to hold out: page-chase beside "
			"chase tells TLBs from caches\n");
	if (costs->left_out)
		text_format(text,
			"  %zu rounds of sizes lack an event and are left out\n",
			costs->left_out);
}

static void print_attribution(
	const struct cost_fit *fit, const struct attribution *a, struct text *text)
{
	char number[FINDINGS_NUMBER], to[FINDINGS_NUMBER];
	double difference = a->to_cycles - a->from_cycles;

	text_format(text, "  %s → %s", a->from, a->to);
	text_pad_to(text, 38);
	text_format(text, "%s → %s cycles, %+.3g\n",
		findings_number(number, a->from_cycles),
		findings_number(to, a->to_cycles), difference);
	for (int k = 0; k < COST_TERMS; k++) {
		const enum cost_term term = cost_display_order[k];

		/* A hundredth of the whole is no news. */
		if (term == COST_BASE || fit->states[term] != COST_FITTED ||
			fabs(a->terms[term]) < 0.01 * fabs(difference))
			continue;
		text_format(text, "    %s", fit->terms.names[term]);
		text_pad_to(text, 38);
		text_format(text, "%+.3g\n", a->terms[term]);
	}
	text_append(text, "    unexplained");
	text_pad_to(text, 38);
	text_format(text, "%+.2g", a->unexplained);
	/* Less than nothing is explained where the events say more than twice as much. */
	if (fabs(difference) >= 0.02 * a->from_cycles)
		text_format(text, " (%.0f %% explained)",
			100 * fmax(0, attribution_share(a)));
	text_append(text, "\n");
}

static void print_attributions(const struct explanation *e, struct text *text)
{
	const struct cost_fit *fit = &e->costs.fit;
	char bytes[NUMBER_TEXT];

	if (e->steps_count)
		text_format(text, "\nWhat makes the steps (%s, %s), cycles a read\n",
			e->baseline->kernel, e->baseline->backend);
	for (size_t i = 0; i < e->steps_count; i++)
		print_attribution(fit, &e->steps[i], text);
	if (e->tlb_steps_count)
		text_format(text,
			"\nWhat makes the steps of the TLB (%s, %s), cycles a read\n",
			e->tlb_steps[0].series->kernel, e->tlb_steps[0].series->backend);
	for (size_t i = 0; i < e->tlb_steps_count; i++)
		print_attribution(fit, &e->tlb_steps[i], text);
	if (e->backends_count)
		text_format(text,
			"\nWhat makes the difference of backends at %s (%s), cycles a read\n",
			number_format_bytes(bytes, e->backends_bytes),
			e->baseline->kernel);
	for (size_t i = 0; i < e->backends_count; i++)
		print_attribution(fit, &e->backends[i], text);
}

int explanation_print(
	const struct explanation *explanation, const char *name, struct text *text)
{
	const struct costs *costs = &explanation->costs;

	text_format(text, "\nWhat events cost, in cycles and ns%s%s\n", name ? " · " : "",
		name ? name : "");
	if (costs->obstacle != COSTS_POSSIBLE) {
		text_format(
			text, "  not told: %s\n", costs_obstacle_text(costs->obstacle));
		if (costs->obstacle == COSTS_NO_EVENTS)
			text_append(text,
				"  try: escalier sweep -g fills,walks -k chase,page-chase, where "
				"escalier check finds counters\n");
		return text->error;
	}
	text_format(text,
		"latency = base + sum of events × cost: least squares of relative errors "
		"· CPU %u",
		costs->cpu);
	if (costs->node >= 0)
		text_format(text, ", node %d", costs->node);
	text_append(text, "\n  event");
	print_right(text, AT_INTERVAL - 1, "cycles");
	text_pad_to(text, AT_INTERVAL + 1);
	text_append(text, "95 % interval");
	print_right(text, AT_MOST - 1, "ns");
	print_right(text, AT_REMARK - 1, "most/read");
	text_append(text, "\n");
	for (int i = 0; i < COST_TERMS; i++)
		if (costs_list(costs, cost_display_order[i]))
			print_term(costs, cost_display_order[i], text);
	if (costs->fit.states[COST_WALK] == COST_FITTED &&
		!costs->fit.terms.counted[COST_WALKER_L2])
		text_append(text,
			"  what a walker fetches differs with the page size: -g "
			"walks counts it where the PMU can\n");
	if (costs->rounds < 2)
		text_append(text, "  an interval takes at least 2 rounds\n");
	if (!costs->cycles_counted)
		text_append(text, "  cycles are time times the clock, not counted\n");
	print_fit(costs, text);
	print_attributions(explanation, text);
	return text->error;
}
