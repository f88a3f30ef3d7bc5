/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/explanation.h"

#include "analysis/json-text.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

static const char *state_name(enum cost_state state)
{
	static const char *const names[] = {
		[COST_FITTED] = "fitted",
		[COST_UNCOUNTED] = "not counted",
		[COST_ABSENT] = "absent",
		[COST_ENTANGLED] = "not told apart",
	};

	return names[state];
}

/* A cell behind a comma; empty for NaN. */
static void print_cell(struct text *text, double value)
{
	text_append(text, ",");
	if (isfinite(value))
		text_format(text, "%.6g", value);
}

int explanation_print_csv(const struct explanation *explanation, struct text *text)
{
	const struct costs *costs = &explanation->costs;

	text_append(
		text, "term,state,with,cycles,cycles_low,cycles_high,ns,most_per_read\n");
	for (int k = 0; k < COST_TERMS && costs->obstacle == COSTS_POSSIBLE; k++) {
		const enum cost_term term = cost_display_order[k];
		const struct cost_fit *fit = &costs->fit;
		const bool fitted = fit->states[term] == COST_FITTED;

		if (!costs_list(costs, term))
			continue;
		text_format(text, "%s,%s,%s", fit->terms.names[term],
			state_name(fit->states[term]),
			fit->states[term] == COST_ENTANGLED
				? fit->terms.names[fit->with[term]]
				: "");
		print_cell(text, fitted ? fit->cycles[term] : NAN);
		print_cell(text, fitted ? costs->low[term] : NAN);
		print_cell(text, fitted ? costs->high[term] : NAN);
		print_cell(text, fitted ? costs->ns[term] : NAN);
		print_cell(text, fit->terms.counted[term] ? fit->most[term] : NAN);
		text_append(text, "\n");
	}
	return text->error;
}

static void print_size(const struct costs *costs, const struct series *series,
	const struct stair *stair, struct text *text)
{
	const struct cost_fit *fit = &costs->fit;
	struct cost_mix mix;

	cost_mix_at(costs, series, stair->bytes, &mix);
	if (!mix.rounds)
		return;
	text_format(text, "%s,%s,%" PRIu64 ",%" PRIu64, series->kernel, series->backend,
		series->stride, stair->bytes);
	print_cell(text, mix.cycles);
	for (int k = 0; k < COST_TERMS; k++) {
		const enum cost_term term = cost_display_order[k];

		print_cell(text, fit->states[term] == COST_FITTED
					 ? fit->cycles[term] * mix.events[term]
					 : NAN);
	}
	print_cell(text, mix.cycles - cost_fit_cycles(fit, mix.events));
	text_append(text, "\n");
}

int explanation_print_sizes_csv(const struct explanation *explanation, struct text *text)
{
	const struct costs *costs = &explanation->costs;
	const struct staircase *staircase = explanation->staircase;

	text_append(text, "kernel,backend,stride,bytes,cycles");
	for (int k = 0; k < COST_TERMS; k++)
		text_format(text, ",%s", costs->fit.terms.names[cost_display_order[k]]);
	text_append(text, ",unexplained\n");
	if (costs->obstacle != COSTS_POSSIBLE)
		return text->error;
	for (size_t i = 0; i < staircase->count; i++) {
		const struct series *series = &staircase->series[i];

		for (size_t s = 0; s < series->count && costs_cover(costs, series); s++)
			print_size(costs, series, &series->stairs[s], text);
	}
	return text->error;
}

static json_t *errors_to_json(const struct cost_errors *errors)
{
	return json_pack("{s:I, s:o, s:o, s:o, s:o, s:I}", "rows",
		(json_int_t)errors->rows, "median", json_number(errors->median), "p90",
		json_number(errors->p90), "worst", json_number(errors->worst), "bias",
		json_number(errors->bias), "worst_bytes",
		(json_int_t)errors->worst_bytes);
}

static json_t *terms_to_json(const struct costs *costs)
{
	const struct cost_fit *fit = &costs->fit;
	json_t *array = json_array();

	for (int k = 0; k < COST_TERMS; k++) {
		const enum cost_term term = cost_display_order[k];
		const bool fitted = fit->states[term] == COST_FITTED;

		if (!costs_list(costs, term))
			continue;
		(void)json_array_append_new(array,
			json_pack("{s:s, s:s, s:s?, s:o, s:o, s:o, s:o, s:o}", "term",
				fit->terms.names[term], "state",
				state_name(fit->states[term]), "with",
				fit->states[term] == COST_ENTANGLED
					? fit->terms.names[fit->with[term]]
					: NULL,
				"cycles", json_number(fitted ? fit->cycles[term] : NAN),
				"cycles_low",
				json_number(fitted ? costs->low[term] : NAN),
				"cycles_high",
				json_number(fitted ? costs->high[term] : NAN), "ns",
				json_number(fitted ? costs->ns[term] : NAN),
				"most_per_read",
				json_number(fit->terms.counted[term] ? fit->most[term]
								     : NAN)));
	}
	return array;
}

static json_t *attributions_to_json(
	const struct cost_fit *fit, const struct attribution *a, size_t count)
{
	json_t *array = json_array();

	for (size_t i = 0; i < count; i++, a++) {
		json_t *terms = json_object();

		for (int t = 0; t < COST_TERMS; t++)
			if (fit->states[t] == COST_FITTED && t != COST_BASE)
				(void)json_object_set_new(terms, fit->terms.names[t],
					json_number(a->terms[t]));
		(void)json_array_append_new(array,
			json_pack("{s:s, s:s, s:s, s:s, s:o, s:o, s:o, s:o}", "kernel",
				a->series->kernel, "backend", a->series->backend, "from",
				a->from, "to", a->to, "from_cycles",
				json_number(a->from_cycles), "to_cycles",
				json_number(a->to_cycles), "cycles_by_term", terms,
				"unexplained", json_number(a->unexplained)));
	}
	return array;
}

static json_t *held_out_to_json(const struct cost_held_out *held, size_t count)
{
	json_t *object = json_object();

	for (size_t i = 0; i < count; i++)
		(void)json_object_set_new(
			object, held[i].name, errors_to_json(&held[i].errors));
	return object;
}

static json_t *to_json(const struct explanation *e)
{
	const struct costs *costs = &e->costs;

	if (costs->obstacle != COSTS_POSSIBLE)
		return json_pack("{s:n, s:s}", "terms", "obstacle",
			costs_obstacle_text(costs->obstacle));
	return json_pack(
		"{s:o, s:i, s:i, s:b, s:I, s:I, s:I, s:[f, f], s:f, s:o, s:o, s:o, s:o, s:o, "
		"s:o, s:o, s:I, s:o}",
		"terms", terms_to_json(costs), "cpu", (int)costs->cpu, "node",
		costs->node, "cycles_counted", (int)costs->cycles_counted, "rows",
		(json_int_t)costs->rows, "rounds", (json_int_t)costs->rounds, "left_out",
		(json_int_t)costs->left_out, "cycles_fitted", costs->cycles_low,
		costs->cycles_high, "r_squared", costs->r_squared, "in_sample",
		errors_to_json(&costs->in_sample), "without_backend",
		held_out_to_json(costs->backends, costs->backends_count),
		"without_backend_all", errors_to_json(&costs->without_backend),
		"without_kernel", held_out_to_json(costs->kernels, costs->kernels_count),
		"without_kernel_all", errors_to_json(&costs->without_kernel), "steps",
		attributions_to_json(&costs->fit, e->steps, e->steps_count), "tlb_steps",
		attributions_to_json(&costs->fit, e->tlb_steps, e->tlb_steps_count),
		"backends_bytes", (json_int_t)e->backends_bytes, "backends",
		attributions_to_json(&costs->fit, e->backends, e->backends_count));
}

int explanation_print_json(const struct explanation *explanation, struct text *text)
{
	return json_print(to_json(explanation), 6, text);
}
