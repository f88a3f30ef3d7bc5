/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/levels-print.h"

#include "analysis/findings.h"
#include "analysis/json-text.h"
#include "analysis/summary.h"
#include "base/number.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <math.h>
#include <stdlib.h>

static const char *const value_names[LEVEL_VALUES] = {
	[LEVEL_ONSET] = "onset_bytes",
	[LEVEL_HALF] = "half_bytes",
	[LEVEL_FULL] = "full_bytes",
	[LEVEL_RESIDENT] = "resident_bytes",
	[LEVEL_CYCLES] = "cycles",
	[LEVEL_NS] = "ns",
};

static const char *kind_name(enum level_kind kind)
{
	static const char *const names[] = {[LEVEL_CACHE] = "cache",
		[LEVEL_MEMORY] = "memory",
		[LEVEL_TLB] = "tlb",
		[LEVEL_STEP] = "step"};

	return names[kind];
}

static void print_bytes(struct text *text, int width, double bytes)
{
	char cell[LEVEL_NUMBER] = "-";

	if (isfinite(bytes))
		level_format_bytes(cell, bytes);
	text_format(text, " %*s", width, cell);
}

static void print_range(struct text *text, const struct level_value *value)
{
	char low[LEVEL_NUMBER], high[LEVEL_NUMBER];
	char cell[2 * LEVEL_NUMBER + 2] = "-";

	if (isfinite(value->low))
		(void)snprintf(cell, sizeof(cell), "%s-%s",
			level_format_bytes(low, value->low),
			level_format_bytes(high, value->high));
	text_format(text, " %11s", cell);
}

/* Of a TLB it is what a read past it takes longer. */
static void print_latency(
	struct text *text, const struct level_value *value, bool estimate, bool added)
{
	char number[FINDINGS_NUMBER];
	char cell[FINDINGS_NUMBER + 4];
	double width = (value->high - value->low) / 2 / value->value;

	(void)snprintf(cell, sizeof(cell), "%s%s%s", added ? "+" : "",
		estimate ? "~" : "", findings_number(number, value->value));
	text_format(text, " %6s", isfinite(value->value) ? cell : "-");
	if (isfinite(width))
		text_format(text, " %5.1f", 100 * width);
	else
		text_format(text, " %5s", "-");
}

static void print_row(const struct level *level, struct text *text)
{
	const bool added = level->kind == LEVEL_TLB || level->kind == LEVEL_STEP;
	char size[NUMBER_TEXT] = "-";
	char label[LEVEL_LABEL];

	if (level->nominal.bytes)
		number_format_bytes(size, level->nominal.bytes);
	text_format(text, "%-8s %7s", level_label(label, level), size);
	print_bytes(text, 6, level->values[LEVEL_ONSET].value);
	print_bytes(text, 6, level->values[LEVEL_HALF].value);
	print_range(text, &level->values[LEVEL_HALF]);
	print_bytes(text, 8, level->values[LEVEL_RESIDENT].value);
	print_latency(text, &level->values[LEVEL_CYCLES], !level->cycles_counted, added);
	print_latency(text, &level->values[LEVEL_NS], false, added);
	if (isfinite(level->confidence))
		text_format(text, " %4.0f%%", 100 * level->confidence);
	else
		text_format(text, " %5s", "-");
	text_format(text, "  %s\n", level_witness_name(level->witness));
}

static void print_sentence(struct text *text, const char *subject, const char *words)
{
	text_format(text, "%s", subject);
	text_pad_to(text, 10);
	summary_wrap(text, 10, words);
	text_append(text, "\n");
}

/* Why what was found by time alone is to be taken with care. */
static void print_caution(const struct levels *levels, struct text *text)
{
	if (!levels->caches_counted && !levels->per_page)
		print_sentence(text, "caution",
			"no counter tells which level serves a read: steps of the time "
			"alone, named by what the machine announces. Confidence in the "
			"names is low; the share of bootstraps is that of the steps.");
	else if (levels->per_page && !levels->tlbs_counted && levels->count)
		print_sentence(text, "caution",
			"no counter tells of the TLBs: their steps are of the time alone, "
			"named by the announced reach that is near. One line a page hardly "
			"fills the caches meanwhile, which makes the names likely.");
	else if (!levels->per_page && !levels->tlbs_counted)
		print_sentence(text, "caution",
			"no counter tells of the TLBs: their steps are of the time alone, "
			"and the confidence in their names is low.");
	if (levels->rounds < 2)
		print_sentence(text, "caution",
			"one round has neither confidence nor ranges: give it more (-r)");
}

void levels_print_pages(
	const struct levels *levels, const struct machine *machine, struct text *text)
{
	struct page_finding pages;
	char verdict[LEVEL_VERDICT];
	char words[LEVEL_VERDICT + 40];

	if (page_finding(&pages, levels) != 0)
		return;
	page_verdict(&pages, machine, verdict);
	(void)snprintf(
		words, sizeof(words), "%.32s: %s", levels->series->backend, verdict);
	print_sentence(text, "pages", words);
}

int levels_print(
	const struct levels *levels, const struct machine *machine, struct text *text)
{
	char verdict[LEVEL_VERDICT];

	text_format(text, "%-8s %7s %6s %6s %11s %8s %6s %5s %6s %5s %5s  %s\n", "level",
		"nominal", "onset", "half", "range", "resident", "cyc", "+-%", "ns",
		"+-%", "conf", "witness");
	for (size_t i = 0; i < levels->count; i++)
		print_row(&levels->list[i], text);
	if (levels->count == 0)
		text_append(text,
			levels->per_page ? "no TLB shows\n" : "nothing was measured\n");
	for (size_t i = 0; i < levels->count; i++) {
		if (levels->list[i].kind == LEVEL_MEMORY && levels->list[i].number == 0 &&
			i > 0 && levels->list[i - 1].number)
			continue;
		level_verdict(levels, &levels->list[i], machine, verdict);
		print_sentence(text, levels->list[i].name, verdict);
	}
	for (size_t i = 0; i < levels->absent_count; i++) {
		(void)snprintf(verdict, sizeof(verdict), "announced, %s",
			levels->absent[i].bytes >= levels->largest_bytes
				? "and larger than any buffer measured"
				: "but nothing in the data shows it");
		print_sentence(text, levels->absent[i].label, verdict);
	}
	levels_print_pages(levels, machine, text);
	print_caution(levels, text);
	return text->error;
}

int levels_print_csv_header(struct text *text)
{
	text_append(text, "kernel,backend,stride,cpu,node,level,kind,witness,confidence,"
			  "announced_bytes");
	for (int i = 0; i < LEVEL_VALUES; i++)
		text_format(text, ",%s,%s_low,%s_high", value_names[i], value_names[i],
			value_names[i]);
	text_append(text, ",verdict\n");
	return text->error;
}

int levels_print_csv(
	const struct levels *levels, const struct machine *machine, struct text *text)
{
	const struct series *series = levels->series;
	char verdict[LEVEL_VERDICT];

	for (size_t i = 0; i < levels->count; i++) {
		const struct level *level = &levels->list[i];

		text_format(text, "%s,%s,%" PRIu64 ",%u,%d,%s,%s,%s", series->kernel,
			series->backend, series->stride, series->cpu, series->node,
			level->name, kind_name(level->kind),
			level_witness_name(level->witness));
		csv_number(text, level->confidence, 6);
		text_append(text, ",");
		if (level->nominal.bytes)
			text_format(text, "%" PRIu64, level->nominal.bytes);
		for (int v = 0; v < LEVEL_VALUES; v++) {
			const struct level_value *value = &level->values[v];

			csv_number(text, value->value, 6);
			csv_number(text, value->low, 6);
			csv_number(text, value->high, 6);
		}
		level_verdict(levels, level, machine, verdict);
		text_format(text, ",\"%s\"\n", verdict);
	}
	return text->error;
}

static json_t *level_to_json(const struct levels *levels, const struct level *level,
	const struct machine *machine)
{
	json_t *object = json_object();
	char verdict[LEVEL_VERDICT];

	level_verdict(levels, level, machine, verdict);
	(void)json_object_set_new(object, "level", json_string(level->name));
	(void)json_object_set_new(object, "kind", json_string(kind_name(level->kind)));
	(void)json_object_set_new(
		object, "witness", json_string(level_witness_name(level->witness)));
	(void)json_object_set_new(object, "confidence", json_number(level->confidence));
	(void)json_object_set_new(object, "announced_bytes",
		level->nominal.bytes ? json_integer((json_int_t)level->nominal.bytes)
				     : json_null());
	for (int v = 0; v < LEVEL_VALUES; v++) {
		const struct level_value *value = &level->values[v];
		json_t *row = json_object();

		(void)json_object_set_new(row, "value", json_number(value->value));
		(void)json_object_set_new(row, "low", json_number(value->low));
		(void)json_object_set_new(row, "high", json_number(value->high));
		(void)json_object_set_new(object, value_names[v], row);
	}
	(void)json_object_set_new(object, "verdict", json_string(verdict));
	return object;
}

static json_t *series_to_json(const struct levels *levels, const struct machine *machine)
{
	const struct series *series = levels->series;
	json_t *object = json_object();
	json_t *list = json_array();
	char verdict[LEVEL_VERDICT];
	struct page_finding pages;

	(void)json_object_set_new(object, "kernel", json_string(series->kernel));
	(void)json_object_set_new(object, "backend", json_string(series->backend));
	(void)json_object_set_new(
		object, "stride", json_integer((json_int_t)series->stride));
	(void)json_object_set_new(object, "cpu", json_integer(series->cpu));
	(void)json_object_set_new(object, "node", json_integer(series->node));
	for (size_t i = 0; i < levels->count; i++)
		(void)json_array_append_new(
			list, level_to_json(levels, &levels->list[i], machine));
	(void)json_object_set_new(object, "levels", list);
	if (page_finding(&pages, levels) == 0) {
		json_t *page = json_object();

		page_verdict(&pages, machine, verdict);
		(void)json_object_set_new(page, "obtained_bytes",
			pages.obtained_bytes
				? json_integer((json_int_t)pages.obtained_bytes)
				: json_null());
		(void)json_object_set_new(page, "seen_bytes",
			pages.seen_bytes ? json_integer((json_int_t)pages.seen_bytes)
					 : json_null());
		(void)json_object_set_new(page, "share", json_number(pages.share));
		(void)json_object_set_new(page, "verdict", json_string(verdict));
		(void)json_object_set_new(object, "pages", page);
	}
	return object;
}

int levels_print_json(const struct levels *levels, size_t count,
	const struct machine *machine, struct text *text)
{
	json_t *root = json_array();

	for (size_t i = 0; i < count; i++)
		(void)json_array_append_new(root, series_to_json(&levels[i], machine));
	return json_print(root, 6, text);
}
