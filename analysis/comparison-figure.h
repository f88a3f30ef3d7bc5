/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ANALYSIS_COMPARISON_FIGURE_H
#define ANALYSIS_COMPARISON_FIGURE_H

#include "analysis/comparison.h"
#include "core/environment.h"

/*
 * What scripts/plots/comparison.gp draws, into an existing folder: settings.gp and the
 * data of its three panels: ratios of time with their intervals, the other quantities of
 * the most telling contender, and where the time goes. 0; -ENODATA where nothing can be
 * compared; -errno.
 */
int comparison_figure_write(const struct comparison *comparison,
	const struct environment *environment, const char *folder);

#endif
