/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ANALYSIS_FIGURE_H
#define ANALYSIS_FIGURE_H

#include "analysis/findings.h"

/*
 * Writes what scripts/plots/staircase.gp draws into an existing folder: settings.gp
 * (layout, title, axes, styles), PANEL.gp (each panel's labels and lines) and PANEL-*.tsv
 * (the data). 0, -ENODATA where no window has a number, -ENOMEM, or -errno of writing.
 */
int figure_write(const struct findings *findings, const char *folder);

#endif
