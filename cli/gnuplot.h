/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CLI_GNUPLOT_H
#define CLI_GNUPLOT_H

#include "base/error.h"

/*
 * Runs gnuplot on a script of scripts/plots with `folder` as its working folder. 0,
 * -ENOENT where gnuplot or the script is missing, -EIO where it failed, -errno; all with
 * a complaint.
 */
int gnuplot_run(const char *script, const char *folder, struct complaint *complaint);

#endif
