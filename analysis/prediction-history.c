/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/prediction-history.h"

#include "analysis/prediction.h"
#include "core/statistics.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A change that is worth knowing the sign of, in per cent. */
#define LARGE 3.0

#define AT(member) offsetof(struct prediction_pair, member)

static const struct field fields[] = {
	{"started", "", "start of the run, UTC", FIELD_NAME, AT(started), false},
	{"host", "", "machine", FIELD_NAME, AT(host), false},
	{"program", "", "command", FIELD_NAME, AT(program), false},
	{"allocator", "", "that was measured against the reference", FIELD_NAME,
		AT(allocator), false},
	{"walks", "", "page walks: counted, or bounded by the sweep's times", FIELD_NAME,
		AT(walks), false},
	{"rounds", "", "of the measurement", FIELD_U64, AT(rounds), false},
	{"predicted", "%", "change of the run time; negative is faster", FIELD_DOUBLE,
		AT(predicted), false},
	{"predicted_low", "%", "faster end of its interval", FIELD_DOUBLE, AT(low),
		false},
	{"predicted_high", "%", "slower end", FIELD_DOUBLE, AT(high), false},
	{"measured", "%", "median change over paired rounds", FIELD_DOUBLE, AT(measured),
		false},
	{"measured_low", "%", "interval of that; empty: too few rounds", FIELD_DOUBLE,
		AT(measured_low), true},
	{"measured_high", "%", "likewise", FIELD_DOUBLE, AT(measured_high), true},
	{"predicted_faults", "%", "the part of the prediction that faults make",
		FIELD_DOUBLE, AT(predicted_faults), false},
	{"measured_system", "%", "change of the time in the kernel, of the run time",
		FIELD_DOUBLE, AT(measured_system), false},
};

const struct record_type prediction_record = {
	.noun = "predictions",
	.key = "predicted",
	.fields = fields,
	.fields_count = sizeof(fields) / sizeof(fields[0]),
	.size = sizeof(struct prediction_pair),
	.values = AT(values),
};

static const struct prediction_pair *pair_at(const struct records *pairs, size_t i)
{
	return &((const struct prediction_pair *)pairs->rows)[i];
}

static bool has_interval(const struct prediction_pair *pair)
{
	return pair->measured_low != 0 || pair->measured_high != 0;
}

static void add_pair(struct prediction_score *score, const struct prediction_pair *pair)
{
	const bool known = has_interval(pair);
	const double low = known ? pair->measured_low : pair->measured;
	const double high = known ? pair->measured_high : pair->measured;

	score->pairs++;
	score->inside += low <= pair->high && pair->low <= high;
	if (fabs(pair->measured) <= LARGE || !known || low * high <= 0)
		return;
	score->large++;
	score->sign_right += pair->predicted * pair->measured > 0;
}

int prediction_score_make(struct prediction_score *score, const struct records *pairs,
	const char *allocator)
{
	double *errors = calloc(3 * pairs->count + 1, sizeof(*errors));
	double *faults = errors + pairs->count, *halves = faults + pairs->count;
	size_t known = 0;

	*score = (struct prediction_score){0};
	if (!errors)
		return -ENOMEM;
	for (size_t i = 0; i < pairs->count; i++) {
		const struct prediction_pair *pair = pair_at(pairs, i);

		if (allocator && strcmp(allocator, pair->allocator) != 0)
			continue;
		errors[score->pairs] = fabs(pair->predicted - pair->measured);
		faults[score->pairs] =
			fabs(pair->predicted_faults - pair->measured_system);
		if (has_interval(pair))
			halves[known++] = (pair->measured_high - pair->measured_low) / 2;
		add_pair(score, pair);
	}
	score->error = statistics_median(errors, score->pairs);
	score->faults_error = statistics_median(faults, score->pairs);
	score->measured_half = statistics_median(halves, known);
	free(errors);
	return 0;
}

enum {
	AT_COUNT = 16,
	AT_ERROR = 30,
	AT_KERNEL = 44,
	AT_MEASURED = 60,
	AT_SIGN = 73,
	AT_INSIDE = 85
};

static void print_points(struct text *text, size_t column, double points)
{
	text_pad_to(text, column);
	if (isfinite(points))
		text_format(text, "%.1f", points);
	else
		text_append(text, "-");
}

/* One line of the table. */
static int print_score(
	const struct records *pairs, const char *allocator, struct text *text)
{
	struct prediction_score score;
	int error = prediction_score_make(&score, pairs, allocator);

	if (error)
		return error;
	text_append(text, allocator ? allocator : "all");
	if (allocator && !prediction_is_whole(allocator))
		text_append(text, " *");
	text_pad_to(text, AT_COUNT);
	text_format(text, "%zu", score.pairs);
	print_points(text, AT_ERROR, score.error);
	print_points(text, AT_KERNEL, score.faults_error);
	print_points(text, AT_MEASURED, score.measured_half);
	text_pad_to(text, AT_SIGN);
	if (score.large)
		text_format(text, "%zu of %zu", score.sign_right, score.large);
	else
		text_append(text, "-");
	text_pad_to(text, AT_INSIDE);
	text_format(text, "%zu of %zu\n", score.inside, score.pairs);
	return 0;
}

static void explain_scores(const struct records *pairs, struct text *text)
{
	text_append(text,
		"\nerror: median, in points of the run time; in the kernel: that of faults "
		"alone; known to:\nhalf the interval of what was measured; sign right: of "
		"measured changes above 3 % whose\ninterval leaves no doubt; inside: the "
		"intervals of prediction and measurement meet\n");
	for (size_t i = 0; i < pairs->count; i++)
		if (!prediction_is_whole(pair_at(pairs, i)->allocator)) {
			text_append(text,
				"* only what huge pages change is predicted, not the "
				"allocator's own speed\n");
			return;
		}
}

static bool came_before(const struct records *pairs, size_t index)
{
	for (size_t i = 0; i < index; i++)
		if (strcmp(pair_at(pairs, i)->allocator,
			    pair_at(pairs, index)->allocator) == 0)
			return true;
	return false;
}

static void print_interval(struct text *text, size_t column, double low, double high)
{
	text_pad_to(text, column);
	if (low != 0 || high != 0)
		text_format(text, "%+.1f to %+.1f", low, high);
	else
		text_append(text, "-");
}

static void print_pairs(const struct records *pairs, struct text *text)
{
	enum { INTERVAL = 11, MEASURED = 28, ITS = 40, ERROR = 57 };

	text_append(text,
		"\nchange of the run time in %, negative is faster\n"
		"predicted  interval         measured    interval         error  "
		"allocator     program\n");
	for (size_t i = 0; i < pairs->count; i++) {
		const struct prediction_pair *pair = pair_at(pairs, i);

		text_format(text, "%+9.1f", pair->predicted);
		print_interval(text, INTERVAL, pair->low, pair->high);
		text_pad_to(text, MEASURED);
		text_format(text, "%+8.1f", pair->measured);
		print_interval(text, ITS, pair->measured_low, pair->measured_high);
		text_pad_to(text, ERROR);
		text_format(text, "%5.1f  %-12s  %.60s\n",
			fabs(pair->predicted - pair->measured), pair->allocator,
			pair->program);
	}
}

int prediction_history_print(const struct records *pairs, struct text *text)
{
	int error = 0;
	size_t allocators = 0;

	if (pairs->count == 0) {
		text_append(text, "no predictions yet\n");
		return text->error;
	}
	text_append(text,
		"allocator       predictions   error         in the kernel   known to     "
		"sign right  inside\n");
	for (size_t i = 0; i < pairs->count && !error; i++) {
		if (came_before(pairs, i))
			continue;
		allocators++;
		error = print_score(pairs, pair_at(pairs, i)->allocator, text);
	}
	if (!error && allocators > 1)
		error = print_score(pairs, NULL, text);
	if (error)
		return error;
	explain_scores(pairs, text);
	print_pairs(pairs, text);
	return text->error;
}
