/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CLI_REPORT_H
#define CLI_REPORT_H

#include "base/error.h"

enum { REPORT_NO_FIGURE = 1 };

/*
 * Reads a run's folder (windows.csv, environment.json, machine.xml, groups/) and writes
 * summary.txt, figure/ (what the figure is drawn from), staircase.png and staircase.svg
 * into it; the same files give the same bytes. 0; REPORT_NO_FIGURE with the reason in the
 * complaint where the summary is written and the figure is not; -errno with a complaint.
 */
int report_write(const char *folder, struct complaint *complaint);

#endif
