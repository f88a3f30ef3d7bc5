/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CLI_REPORT_PREDICTION_H
#define CLI_REPORT_PREDICTION_H

#include "analysis/comparison.h"
#include "base/error.h"
#include "base/text.h"

#include <stdbool.h>

/*
 * What a run's folder that holds a model gives beside its comparison: prediction.txt,
 * prediction.json, and, where predictions were measured too, predictions.csv. The text is
 * appended to `summary`. Nothing where there is no model. 0 or -errno with the complaint.
 */
int report_write_prediction(const char *folder, const struct comparison *comparison,
	const struct environment *environment, struct text *summary, struct text *written,
	struct complaint *complaint);

/* Whether what was written there says that there is no prediction. */
bool report_prediction_refused(const char *folder);

#endif
