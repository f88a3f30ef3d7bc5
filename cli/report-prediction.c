/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/report-prediction.h"

#include "analysis/prediction-history.h"
#include "analysis/prediction.h"
#include "cli/predict-model.h"
#include "cli/report-file.h"
#include "cli/session.h"

#include <errno.h>
#include <jansson.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static double percent(double share)
{
	return isfinite(share) ? 100 * share : 0;
}

/* A prediction, and what it was measured beside. */
struct predicted {
	const char *folder;
	char program[RECORD_TEXT];
	struct prediction_model model;
	struct prediction prediction;
	const struct comparison *comparison;
	const struct environment *environment;
};

/* The program as it was called: what stands behind "--". A history of longer ones could
 * not be read again. */
static void set_program(struct predicted *predicted)
{
	const char *command = predicted->environment->command;
	const char *behind = strstr(command, " -- ");

	(void)snprintf(predicted->program, sizeof(predicted->program), "%.255s",
		behind ? behind + 4 : command);
	text_end_whole(predicted->program);
}

static struct prediction_pair pair_of(
	const struct predicted *predicted, const struct contender *one)
{
	const struct prediction *p = &predicted->prediction;
	const struct estimate *ratio = &one->ratios[COMPARE_WALL];
	const struct estimate *reference = predicted->comparison->contenders[0].values;
	const struct change total = prediction_total(p, one->allocator);
	const struct change faults = prediction_faults(p, one->allocator);

	return (struct prediction_pair){.started = predicted->environment->started,
		.host = predicted->model.host,
		.program = predicted->program,
		.allocator = one->allocator,
		.walks = p->walks_known == WALKS_COUNTED ? "counted" : "bounded",
		.rounds = ratio->count,
		.predicted = 100 * total.share,
		.low = 100 * total.low,
		.high = 100 * total.high,
		.measured = percent(ratio->median - 1),
		.measured_low = percent(ratio->low - 1),
		.measured_high = percent(ratio->high - 1),
		.predicted_faults = 100 * faults.share,
		.measured_system = percent((one->values[COMPARE_SYSTEM].median -
						   reference[COMPARE_SYSTEM].median) /
					   reference[COMPARE_WALL].median)};
}

/* Where there is a total, and a measurement of it. */
static void print_pairs(const struct predicted *predicted, struct text *text)
{
	const struct comparison *comparison = predicted->comparison;
	const struct event_list none = {.count = 0};

	if (predicted->prediction.refusal[0] ||
		predicted->prediction.walks_known == WALKS_MISSING)
		return;
	for (size_t i = 1; i < comparison->count; i++) {
		const struct contender *one = &comparison->contenders[i];
		struct prediction_pair pair;

		if (!prediction_is_of(one->allocator) ||
			one->ratios[COMPARE_WALL].count == 0)
			continue;
		if (text->length == 0)
			record_csv_header(&prediction_record, &none, text);
		pair = pair_of(predicted, one);
		record_csv_row(&prediction_record, &pair, &none, text);
	}
}

static int write_all(const struct predicted *predicted, struct text *summary,
	struct text *written, struct complaint *complaint)
{
	const char *folder = predicted->folder;
	struct text text;
	int error;

	text_init(&text);
	(void)prediction_print(
		&predicted->prediction, &predicted->model, predicted->comparison, &text);
	text_format(summary, "\n%s", text.bytes);
	error = report_write_file(folder, "prediction.txt", &text, written, complaint);
	text_clear(&text);
	(void)prediction_print_json(&predicted->prediction, &text);
	if (!error)
		error = report_write_file(
			folder, "prediction.json", &text, written, complaint);
	text_clear(&text);
	print_pairs(predicted, &text);
	if (!error && text.length)
		error = report_write_file(
			folder, "predictions.csv", &text, written, complaint);
	text_release(&text);
	return error;
}

static int predict(struct predicted *predicted, struct complaint *complaint)
{
	const struct comparison *comparison = predicted->comparison;
	struct session_groups groups;
	struct program_facts facts;
	int error = predict_model_read(&predicted->model, predicted->folder, complaint);

	if (!error)
		error = session_load_groups(
			&groups, predicted->environment, predicted->folder, complaint);
	if (error)
		return error;
	error = program_facts_take(&facts, comparison->executions,
		comparison->allocations, groups.groups, groups.count,
		predicted->environment);
	if (error)
		(void)complaint_cannot(
			complaint, "predict for", predicted->folder, error);
	else
		prediction_make(&predicted->prediction, &facts, &predicted->model);
	session_release_groups(&groups);
	return error;
}

int report_write_prediction(const char *folder, const struct comparison *comparison,
	const struct environment *environment, struct text *summary, struct text *written,
	struct complaint *complaint)
{
	struct predicted *predicted;
	char path[PATH_MAX];
	int error = session_path(path, folder, MODEL_FILE, complaint);

	if (error || access(path, F_OK) != 0)
		return error;
	predicted = calloc(1, sizeof(*predicted));
	if (!predicted)
		return complaint_cannot(complaint, "read", path, -ENOMEM);
	predicted->folder = folder;
	predicted->comparison = comparison;
	predicted->environment = environment;
	set_program(predicted);
	error = predict(predicted, complaint);
	if (!error)
		error = write_all(predicted, summary, written, complaint);
	free(predicted);
	return error;
}

bool report_prediction_refused(const char *folder)
{
	struct complaint unused = {0};
	char path[PATH_MAX];
	json_t *root;
	bool refused;

	if (session_path(path, folder, "prediction.json", &unused))
		return false;
	root = json_load_file(path, 0, NULL);
	refused = json_object_get(root, "refusal") != NULL;
	json_decref(root);
	return refused;
}
