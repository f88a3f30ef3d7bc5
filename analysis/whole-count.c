/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/whole-count.h"

#include <math.h>

enum whole_count whole_count(
	const struct counter_value *value, bool scaled, double *count)
{
	*count = NAN;
	if (value->enabled_ns == 0 && value->running_ns == 0)
		return COUNT_NONE;
	if (value->running_ns >= value->enabled_ns) {
		*count = (double)value->count;
		return COUNT_WHOLE;
	}
	if (!scaled || value->running_ns == 0)
		return COUNT_REJECTED;
	*count = (double)value->count * (double)value->enabled_ns /
		 (double)value->running_ns;
	return COUNT_SCALED;
}
