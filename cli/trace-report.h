/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CLI_TRACE_REPORT_H
#define CLI_TRACE_REPORT_H

#include "analysis/profile.h"
#include "base/error.h"
#include "base/text.h"

#include <stddef.h>

/* A file of libescalier-trace.so, with names for its call sites. */
struct trace {
	struct profile profile;
	struct profile_resolver resolver;
};

/* As profile_load(). Close after success only. */
int trace_open(struct trace *trace, const char *path, struct complaint *complaint);
void trace_close(struct trace *trace);

/*
 * Appends the profile for people, with `top` call sites; writes <path without
 * .trace>.timeline.csv and .sizes.csv beside the file. 0 or -errno with the complaint.
 */
int trace_report(const struct trace *trace, const char *path, size_t top,
	struct text *text, struct complaint *complaint);

#endif
