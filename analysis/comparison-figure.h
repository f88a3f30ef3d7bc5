/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ANALYSIS_COMPARISON_FIGURE_H
#define ANALYSIS_COMPARISON_FIGURE_H

#include "analysis/comparison.h"
#include "core/environment.h"

/*
 * What scripts/plots/comparison.gp draws, into an existing folder: settings.gp and the
 * data of its panels: ratios of time with their intervals, the other quantities of the
 * most telling contender, where the time goes and, with a profile, what the program asks
 * of its allocator. 0; -ENODATA where nothing can be compared; -errno.
 */
int comparison_figure_write(const struct comparison *comparison,
	const struct environment *environment,
	const struct profile *profile, /* NULL: none */
	const struct profile_resolver *resolver, const char *folder);

#endif
