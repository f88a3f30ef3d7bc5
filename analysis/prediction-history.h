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
	struct counter_value values[RECORD_EVENTS];
};
extern const struct record_type prediction_record;

/* How good predictions have been. */
struct prediction_score {
	size_t pairs;
	double median_error; /* absolute, in percentage points; NaN for none */
	size_t large,
		sign_right; /* measured changes above 3 %; of them, the sign right */
	size_t inside;      /* the measured change lay in the interval */
};
/* Of all, or of one allocator. 0 or -ENOMEM. */
int prediction_score_make(struct prediction_score *score, const struct records *pairs,
	const char *allocator);

/* For people: the scores of each allocator and of all, and the pairs. 0 or -ENOMEM. */
int prediction_history_print(const struct records *pairs, struct text *text);

#endif
