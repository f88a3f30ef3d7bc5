/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/difference.h"

#include "analysis/comparison-print.h"
#include "analysis/findings.h"
#include "analysis/json-text.h"
#include "analysis/summary.h"
#include "base/number.h"

#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The claim that differs most for sure; NULL none. */
static const struct difference *largest_claim(const struct differences *d)
{
	const struct difference *largest = NULL;

	for (size_t i = 0; i < d->count; i++) {
		const struct difference *row = &d->list[i];
		double size = fabs(log(row->ratio.median));

		if (row->claim &&
			(row->verdict == VERDICT_FASTER ||
				row->verdict == VERDICT_SLOWER) &&
			(!largest || size > fabs(log(largest->ratio.median))))
			largest = row;
	}
	return largest;
}

static size_t count_claims(const struct differences *d, enum verdict verdict)
{
	size_t count = 0;

	for (size_t i = 0; i < d->count; i++)
		count += d->list[i].claim && d->list[i].verdict == verdict;
	return count;
}

void differences_headline(const struct differences *d, struct text *text)
{
	const struct difference *largest = largest_claim(d);

	if (largest)
		text_format(text, "%s, %s: the second takes %.1f %% %s time",
			largest->subject, largest->what,
			100 * fabs(largest->ratio.median - 1),
			largest->verdict == VERDICT_FASTER ? "less" : "more");
	else if (d->claims == 0)
		text_append(text, "nothing that claims are made of is in both");
	else if (count_claims(d, VERDICT_SAME) == d->claims)
		text_append(text, "no difference: all times are within 2 %");
	else if (count_claims(d, VERDICT_NONE) == d->claims)
		text_format(text,
			"too few rounds for any claim: both need at least %zu (-r %zu)",
			unpaired_needed(d->claim_confidence),
			unpaired_needed(d->claim_confidence));
	else
		text_append(text, "no difference can be claimed");
}

static char *format_value(
	const struct difference *row, double value, char cell[COMPARISON_CELL])
{
	return row->of_program ? comparison_format(cell, row->quantity, value)
			       : findings_number(cell, value);
}

/* More faults are not slower, and less throughput is not faster. */
static const char *verdict_of(const struct difference *row)
{
	const bool time =
		strcmp(row->unit, "ns") == 0 || strcmp(row->unit, "cycles") == 0;

	if (!time && row->verdict == VERDICT_FASTER)
		return "less";
	if (!time && row->verdict == VERDICT_SLOWER)
		return "more";
	return verdict_name(row->verdict);
}

static void print_row(
	const struct differences *d, const struct difference *row, struct text *text)
{
	char a[COMPARISON_CELL], b[COMPARISON_CELL];

	text_append(text, "  ");
	text_append(text, row->what);
	text_pad_to(text, 26);
	text_format(text, "%8s %8s %-6s %2zu %2zu %6.3f",
		format_value(row, row->medians[0], a),
		format_value(row, row->medians[1], b), row->of_program ? "" : row->unit,
		row->counts[0], row->counts[1], row->ratio.median);
	if (isfinite(row->ratio.low))
		text_format(text, " %6.3f-%-6.3f", row->ratio.low, row->ratio.high);
	else
		text_format(text, " %13s", "-");
	/* Where it is true of all of them, it is said once. */
	text_format(text, " %s\n",
		row->verdict != VERDICT_NONE    ? verdict_of(row)
		: d->resolvable[row->claim] > 0 ? "too few rounds"
						: "-");
}

static void print_rows(const struct differences *d, bool claims, struct text *text)
{
	const char *subject = "";

	for (size_t i = 0; i < d->count; i++) {
		const struct difference *row = &d->list[i];

		if (row->claim != claims)
			continue;
		if (strcmp(subject, row->subject) != 0)
			text_format(text, "%s\n", row->subject);
		subject = row->subject;
		print_row(d, row, text);
	}
}

/* Once, where no row by itself can have a verdict: what it would take. */
static void print_needed(const struct differences *d, struct text *text)
{
	const size_t rows = d->count - d->claims;
	const size_t needed = unpaired_needed(d->row_confidence);
	const bool of_program = rows > 0 && d->list[0].of_program;
	struct text words;

	if (rows == 0 || d->resolvable[0] > 0)
		return;
	text_init(&words);
	text_format(&words,
		"too few rounds to judge any of these %zu by itself: %s both with -r %zu%s",
		rows, of_program ? "run" : "sweep", needed,
		of_program ? "" : "; claims are of many of them together");
	summary_wrap(text, 0, words.bytes);
	text_append(text, "\n");
	if (words.error && !text->error)
		text->error = words.error;
	text_release(&words);
}

static void print_legend(const struct differences *d, struct text *text)
{
	struct text words;

	text_init(&words);
	text_format(&words,
		"ratio of the second to the first, which are no pairs: median of all "
		"quotients of rounds, with the 95 %% interval of the rank-sum test. Verdicts "
		"are by wider ones, so that all claims hold together with %.0f %% (%.4g %% "
		"each, at least %zu rounds of both%s) and all other rows with 95 %% (%.4g %% "
		"each, %zu rounds): same, all of it within %.0f %% of 1; faster or slower, "
		"of what is no time less or more, all of it on one side; else unresolved. "
		"Rounds tell how steady each session was, not what sessions differ in beside "
		"the change, as the clock or neighbours: measure both more than once, in "
		"turn.",
		100 * d->claims_together, 100 * d->claim_confidence,
		unpaired_needed(d->claim_confidence),
		d->claims_together < 0.99 ? "; for 99 % there are too few" : "",
		100 * d->row_confidence, unpaired_needed(d->row_confidence),
		100 * RATIO_SAME);
	text_append(text, "\n");
	summary_wrap(text, 0, words.bytes);
	text_append(text, "\n");
	if (d->unmatched > 0)
		text_format(text,
			"not compared: %zu of the first that the second lacks\n",
			d->unmatched);
	if (words.error && !text->error)
		text->error = words.error;
	text_release(&words);
}

int differences_print(const struct differences *d,
	const struct circumstances *circumstances, const char *const folders[2],
	struct text *text)
{
	differences_headline(d, text);
	text_format(text, "\n\nfirst   %s\nsecond  %s\n", folders[0], folders[1]);
	circumstances_print(circumstances, text);
	text_format(text, "\n%-26s%8s %8s %-6s %5s %6s %13s %s\n", "claims", "first",
		"second", "", "n", "ratio", "95 %", "verdict");
	print_rows(d, true, text);
	text_append(text, "\nsizes and other quantities\n");
	print_needed(d, text);
	print_rows(d, false, text);
	print_legend(d, text);
	return text->error;
}

int differences_print_csv(const struct differences *d,
	const struct circumstances *circumstances, struct text *text)
{
	text_append(text,
		"subject,what,unit,claim,first_rounds,second_rounds,first,second,"
		"ratio,low,high,together_low,together_high,verdict,sessions_differ_in\n");
	for (size_t i = 0; i < d->count; i++) {
		const struct difference *row = &d->list[i];

		text_format(text, "\"%s\",\"%s\",%s,%d,%zu,%zu", row->subject, row->what,
			row->unit, row->claim, row->counts[0], row->counts[1]);
		csv_number(text, row->medians[0], 9);
		csv_number(text, row->medians[1], 9);
		csv_number(text, row->ratio.median, 9);
		csv_number(text, row->ratio.low, 9);
		csv_number(text, row->ratio.high, 9);
		csv_number(text, row->together.low, 9);
		csv_number(text, row->together.high, 9);
		text_format(text, ",%s,", verdict_of(row));
		circumstances_list(circumstances, text);
		text_append(text, "\n");
	}
	return text->error;
}

static json_t *row_to_json(const struct difference *row)
{
	json_t *object = json_object();

	(void)json_object_set_new(object, "subject", json_string(row->subject));
	(void)json_object_set_new(object, "what", json_string(row->what));
	(void)json_object_set_new(object, "unit", json_string(row->unit));
	(void)json_object_set_new(object, "claim", json_boolean(row->claim));
	(void)json_object_set_new(
		object, "first_rounds", json_integer((json_int_t)row->counts[0]));
	(void)json_object_set_new(
		object, "second_rounds", json_integer((json_int_t)row->counts[1]));
	(void)json_object_set_new(object, "first", json_number(row->medians[0]));
	(void)json_object_set_new(object, "second", json_number(row->medians[1]));
	(void)json_object_set_new(object, "ratio", json_number(row->ratio.median));
	(void)json_object_set_new(object, "low", json_number(row->ratio.low));
	(void)json_object_set_new(object, "high", json_number(row->ratio.high));
	(void)json_object_set_new(object, "together_low", json_number(row->together.low));
	(void)json_object_set_new(
		object, "together_high", json_number(row->together.high));
	(void)json_object_set_new(object, "verdict", json_string(verdict_of(row)));
	return object;
}

int differences_print_json(const struct differences *d,
	const struct circumstances *circumstances, const char *const folders[2],
	struct text *text)
{
	json_t *root = json_object();
	json_t *rows = json_array();
	struct text headline;

	text_init(&headline);
	differences_headline(d, &headline);
	(void)json_object_set_new(root, "headline", json_string(headline.bytes));
	(void)json_object_set_new(root, "first", json_text(folders[0]));
	(void)json_object_set_new(root, "second", json_text(folders[1]));
	(void)json_object_set_new(
		root, "sessions_differ_in", circumstances_to_json(circumstances));
	(void)json_object_set_new(
		root, "claims_together", json_number(d->claims_together));
	(void)json_object_set_new(
		root, "claim_confidence", json_number(d->claim_confidence));
	(void)json_object_set_new(root, "row_confidence", json_number(d->row_confidence));
	for (size_t i = 0; i < d->count; i++)
		(void)json_array_append_new(rows, row_to_json(&d->list[i]));
	(void)json_object_set_new(root, "rows", rows);
	text_release(&headline);
	return json_print(root, 9, text);
}
