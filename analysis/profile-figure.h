/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ANALYSIS_PROFILE_FIGURE_H
#define ANALYSIS_PROFILE_FIGURE_H

#include "analysis/profile.h"

/* The panels of a figure that tell of allocations: sizes, live bytes over time, and the
 * first call sites. */
enum { PROFILE_FIGURE_SITES = 6 };

/*
 * Writes sizes.tsv (class, share of blocks, share of bytes, lower size) and live.tsv
 * (seconds, live MiB, resident MiB) into the folder, and appends what the panels need to
 * the settings. 0 or -errno.
 */
int profile_figure_write(const struct profile *profile,
	const struct profile_resolver *resolver, const char *folder,
	struct text *settings);

#endif
