/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CLI_TRACE_REPORT_H
#define CLI_TRACE_REPORT_H

#include "base/error.h"
#include "base/text.h"

#include <stddef.h>

/*
 * Reads a file of libescalier-trace.so and appends its profile for people; writes
 * <path without .trace>.timeline.csv and .sizes.csv beside it. 0 or -errno with the
 * complaint.
 */
int trace_report(
	const char *path, size_t top, struct text *text, struct complaint *complaint);

#endif
