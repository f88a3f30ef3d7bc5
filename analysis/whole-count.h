/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ANALYSIS_WHOLE_COUNT_H
#define ANALYSIS_WHOLE_COUNT_H

#include "counters/counters.h"

#include <stdbool.h>

/* What a counter's value says of all the time that it was enabled. */
enum whole_count {
	COUNT_WHOLE,    /* it ran all of the time */
	COUNT_SCALED,   /* extrapolated: count x enabled / running */
	COUNT_REJECTED, /* it ran a part of the time, and extrapolation is not wanted */
	COUNT_NONE,     /* it was never enabled */
};

/* `count` is NaN where there is none, or it is rejected. */
enum whole_count whole_count(
	const struct counter_value *value, bool scaled, double *count);

#endif
