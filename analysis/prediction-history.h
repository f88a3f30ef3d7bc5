/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ANALYSIS_PREDICTION_HISTORY_H
#define ANALYSIS_PREDICTION_HISTORY_H

#include "base/text.h"
#include "core/record.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A prediction beside what was measured then: a row of predictions.csv. No events. */
struct prediction_pair {
	const char *started; /* of the run, UTC */
	const char *host, *program, *allocator;
	const char *walks; /* "counted" or "bounded" */
	uint64_t rounds;
	/* Changes of the run time in per cent; negative is faster. */
	double predicted, low, high;
	double measured, measured_low, measured_high; /* the last two 0: too few rounds */
	/* The part of it that faults make, and what the time in the kernel changed by. */
	double predicted_faults, measured_system;
	struct counter_value values[RECORD_EVENTS];
};
extern const struct record_type prediction_record;

/* How good predictions have been. */
struct prediction_score {
	size_t pairs;
	/* Medians in percentage points; NaN for none: of the absolute error, of its part
	 * in the kernel, and of half the measured interval, below which no error can be
	 * told. */
	double error, faults_error, measured_half;
	/* Measured changes above 3 % whose interval leaves no doubt of the sign; of them,
	 * those whose sign was right. */
	size_t large, sign_right;
	size_t inside; /* the intervals of prediction and measurement meet */
};
/* Of all, or of one allocator. 0 or -ENOMEM. */
int prediction_score_make(struct prediction_score *score, const struct records *pairs,
	const char *allocator);

/* For people: the scores of each allocator and of all, and the pairs. 0 or -ENOMEM. */
int prediction_history_print(const struct records *pairs, struct text *text);

#endif
