/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CLI_GNUPLOT_H
#define CLI_GNUPLOT_H

#include "base/error.h"

/*
 * Runs gnuplot on scripts/plots/NAME.gp in <folder>/figure, and moves the figures that it
 * draws there, NAME.png and NAME.svg, up into the folder once they are complete. 0,
 * -ENOENT where gnuplot or the script is missing, -EIO where it failed, -errno; all with
 * a complaint.
 */
int gnuplot_draw(const char *name, const char *folder, struct complaint *complaint);

#endif
