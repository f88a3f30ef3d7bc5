/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/prediction-model.h"

#include "analysis/json-text.h"
#include "core/kernel.h"
#include "core/statistics.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The page size that most of a series' sizes were on; 0 unknown. Sizes below a huge page
 * may be on small ones in either. */
static uint64_t page_of(const struct series *series)
{
	for (size_t i = series->count; i-- > 0;)
		if (series->stairs[i].windows > 0 && series->stairs[i].page_bytes)
			return series->stairs[i].page_bytes;
	return 0;
}

/* Dependent reads of every line, on small pages or on huge ones. */
static const struct series *series_on(const struct explanation *explanation,
	uint64_t small_bytes, bool huge, bool per_page)
{
	const struct staircase *staircase = explanation->staircase;

	for (size_t i = 0; i < staircase->count; i++) {
		const struct series *series = &staircase->series[i];
		const struct kernel *kernel = kernel_find(series->kernel);
		const uint64_t page = page_of(series);

		if (kernel && kernel->dependent && kernel->per_page == per_page && page &&
			(page > small_bytes) == huge)
			return series;
	}
	return NULL;
}

static bool is_walk(int term)
{
	return term == COST_WALK || term == COST_WALK_HUGE || term == COST_WALKER_L2 ||
	       term == COST_WALKER_L3 || term == COST_WALKER_DRAM;
}

static double walk_cycles(const struct explanation *explanation,
	const struct series *series, uint64_t bytes)
{
	const struct stair *stair = series_find(series, bytes);
	struct cost_mix mix;
	double cycles = 0;

	if (stair && isfinite(stair->estimates[QUANTITY_WALK_CYCLES].median))
		return stair->estimates[QUANTITY_WALK_CYCLES].median;
	if (explanation->costs.obstacle != COSTS_POSSIBLE)
		return NAN;
	cost_mix_at(&explanation->costs, series, bytes, &mix);
	for (int t = 0; t < COST_TERMS; t++)
		if (is_walk(t))
			cycles += explanation->costs.fit.cycles[t] * mix.events[t];
	return mix.rounds ? cycles : NAN;
}

static double time_at(const struct series *series, uint64_t bytes)
{
	const struct stair *stair = series ? series_find(series, bytes) : NULL;

	return stair && stair->windows > 0 ? stair->estimates[QUANTITY_NS].median : NAN;
}

int prediction_model_add_sweep(struct prediction_model *model,
	const struct explanation *explanation, const char *folder,
	struct complaint *complaint)
{
	const uint64_t page = model->pages.small_bytes;
	const struct series *small = series_on(explanation, page, false, false);
	const struct series *huge = series_on(explanation, page, true, false);
	const struct series *small_pages = series_on(explanation, page, false, true);
	const struct series *huge_pages = series_on(explanation, page, true, true);

	if (!small || !huge) {
		complaint_what(complaint, "%.150s tells nothing of huge pages", folder);
		complaint_why(complaint, "it has no chase on %s pages",
			small ? "huge" : "small");
		complaint_advise(complaint, "escalier sweep -b small,thp -k chase");
		return -ENODATA;
	}
	(void)snprintf(model->sweep, sizeof(model->sweep), "%s", folder);
	for (size_t i = 0; i < small->count && model->sizes_count < MODEL_SIZES; i++) {
		const struct stair *a = &small->stairs[i];
		const struct stair *b = series_find(huge, a->bytes);

		if (!b || a->windows == 0 || b->windows == 0)
			continue;
		model->sizes[model->sizes_count++] = (struct model_size){
			.bytes = a->bytes,
			.small_ns = a->estimates[QUANTITY_NS].median,
			.huge_ns = b->estimates[QUANTITY_NS].median,
			.small_page_ns = time_at(small_pages, a->bytes),
			.huge_page_ns = time_at(huge_pages, a->bytes),
			.small_walk_cycles = walk_cycles(explanation, small, a->bytes),
			.huge_walk_cycles = walk_cycles(explanation, huge, a->bytes)};
	}
	memcpy(model->cycles, explanation->costs.fit.cycles, sizeof(model->cycles));
	model->walks = explanation->costs.obstacle == COSTS_POSSIBLE &&
		       explanation->costs.fit.states[COST_WALK] == COST_FITTED;
	return 0;
}

struct model_size prediction_model_at(const struct prediction_model *model, double bytes)
{
	struct model_size at = {.bytes = (uint64_t)bytes,
		.small_ns = NAN,
		.huge_ns = NAN,
		.small_page_ns = NAN,
		.huge_page_ns = NAN,
		.small_walk_cycles = NAN,
		.huge_walk_cycles = NAN};

	for (size_t i = 1; i < model->sizes_count; i++) {
		const struct model_size *a = &model->sizes[i - 1], *b = a + 1;
		double share;

		if (bytes < (double)a->bytes || bytes > (double)b->bytes)
			continue;
		share = log(bytes / (double)a->bytes) /
			log((double)b->bytes / (double)a->bytes);
		at.small_ns = a->small_ns + share * (b->small_ns - a->small_ns);
		at.huge_ns = a->huge_ns + share * (b->huge_ns - a->huge_ns);
		at.small_walk_cycles =
			a->small_walk_cycles +
			share * (b->small_walk_cycles - a->small_walk_cycles);
		at.huge_walk_cycles = a->huge_walk_cycles +
				      share * (b->huge_walk_cycles - a->huge_walk_cycles);
		break;
	}
	return at;
}

double prediction_model_gain(
	const struct prediction_model *model, bool per_page, double bytes)
{
	double sizes[MODEL_SIZES], gains[MODEL_SIZES];
	size_t count = 0;

	for (size_t i = 0; i < model->sizes_count; i++) {
		const struct model_size *size = &model->sizes[i];
		const double ratio = per_page ? size->huge_page_ns / size->small_page_ns
					      : size->huge_ns / size->small_ns;

		if (isnan(ratio))
			continue;
		sizes[count] = (double)size->bytes;
		gains[count++] = 1 - ratio;
	}
	if (statistics_make_monotone(gains, count))
		return NAN;
	for (size_t i = 1; i < count; i++) {
		double share;

		if (bytes < sizes[i - 1] || bytes > sizes[i])
			continue;
		share = log(bytes / sizes[i - 1]) / log(sizes[i] / sizes[i - 1]);
		return fmax(0, gains[i - 1] + share * (gains[i] - gains[i - 1]));
	}
	return NAN;
}

static json_t *page_to_json(uint64_t bytes, const struct page_cost *cost)
{
	return json_pack("{s:I, s:f, s:f, s:f}", "bytes", (json_int_t)bytes, "ns",
		cost->ns, "low_ns", cost->low, "high_ns", cost->high);
}

static json_t *to_json(const struct prediction_model *model)
{
	json_t *sizes = json_array(), *cycles = json_array();

	for (size_t i = 0; i < model->sizes_count; i++) {
		const struct model_size *size = &model->sizes[i];

		(void)json_array_append_new(sizes,
			json_pack("{s:I, s:o, s:o, s:o, s:o, s:o, s:o}", "bytes",
				(json_int_t)size->bytes, "small_ns",
				json_number(size->small_ns), "huge_ns",
				json_number(size->huge_ns), "small_page_ns",
				json_number(size->small_page_ns), "huge_page_ns",
				json_number(size->huge_page_ns), "small_walk_cycles",
				json_number(size->small_walk_cycles), "huge_walk_cycles",
				json_number(size->huge_walk_cycles)));
	}
	for (int t = 0; t < COST_TERMS; t++)
		(void)json_array_append_new(cycles, json_number(model->cycles[t]));
	return json_pack("{s:s, s:s, s:o, s:o, s:o, s:b, s:o, s:o}", "host", model->host,
		"cpu_model", model->cpu_model, "small_page",
		page_to_json(model->pages.small_bytes, &model->pages.small), "huge_page",
		page_to_json(model->pages.huge_bytes, &model->pages.huge), "sweep",
		json_text(model->sweep), "walks", (int)model->walks, "cycles", cycles,
		"sizes", sizes);
}

int prediction_model_print_json(const struct prediction_model *model, struct text *text)
{
	return json_print(to_json(model), 0, text);
}

static void copy_text(char *to, size_t size, const json_t *object, const char *key)
{
	const char *value = json_string_value(json_object_get(object, key));

	(void)snprintf(to, size, "%s", value ? value : "");
}

static double number_at(const json_t *object, const char *key)
{
	const json_t *value = json_object_get(object, key);

	return json_is_number(value) ? json_number_value(value) : NAN;
}

static uint64_t bytes_at(const json_t *object)
{
	const json_int_t value = json_integer_value(json_object_get(object, "bytes"));

	return value > 0 ? (uint64_t)value : 0;
}

static void take_page(const json_t *object, uint64_t *bytes, struct page_cost *cost)
{
	*bytes = bytes_at(object);
	cost->ns = number_at(object, "ns");
	cost->low = number_at(object, "low_ns");
	cost->high = number_at(object, "high_ns");
}

static void take_root(struct prediction_model *model, const json_t *root)
{
	const json_t *sizes = json_object_get(root, "sizes");
	const json_t *cycles = json_object_get(root, "cycles");
	size_t i;
	json_t *size;

	copy_text(model->host, sizeof(model->host), root, "host");
	copy_text(model->cpu_model, sizeof(model->cpu_model), root, "cpu_model");
	copy_text(model->sweep, sizeof(model->sweep), root, "sweep");
	take_page(json_object_get(root, "small_page"), &model->pages.small_bytes,
		&model->pages.small);
	take_page(json_object_get(root, "huge_page"), &model->pages.huge_bytes,
		&model->pages.huge);
	model->walks = json_is_true(json_object_get(root, "walks"));
	for (int t = 0; t < COST_TERMS; t++)
		model->cycles[t] = json_number_value(json_array_get(cycles, (size_t)t));
	json_array_foreach(sizes, i, size)
	{
		if (model->sizes_count == MODEL_SIZES)
			break;
		model->sizes[model->sizes_count++] =
			(struct model_size){.bytes = bytes_at(size),
				.small_ns = number_at(size, "small_ns"),
				.huge_ns = number_at(size, "huge_ns"),
				.small_page_ns = number_at(size, "small_page_ns"),
				.huge_page_ns = number_at(size, "huge_page_ns"),
				.small_walk_cycles = number_at(size, "small_walk_cycles"),
				.huge_walk_cycles = number_at(size, "huge_walk_cycles")};
	}
}

int prediction_model_parse(
	struct prediction_model *model, const char *json, struct complaint *complaint)
{
	json_error_t error;
	json_t *root = json_loads(json, 0, &error);

	*model = (struct prediction_model){0};
	if (!root) {
		complaint_what(complaint, "line %d is no JSON", error.line);
		complaint_why(complaint, "%s", error.text);
		return -EINVAL;
	}
	take_root(model, root);
	json_decref(root);
	if (model->pages.small_bytes && model->pages.huge_bytes &&
		model->pages.small.ns > 0 && model->pages.huge.ns >= 0)
		return 0;
	complaint_what(complaint, "it does not tell what page faults cost");
	return -EINVAL;
}
