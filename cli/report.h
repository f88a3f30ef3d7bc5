/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CLI_REPORT_H
#define CLI_REPORT_H

#include "base/error.h"
#include "base/text.h"

enum { REPORT_NO_FIGURE = 1 };

/*
 * Writes what a run's raw files say into its folder; the same files give the same bytes.
 * A sweep's (windows.csv, environment.json, machine.xml, groups/) become summary.txt,
 * figure/ (what the figure is drawn from), staircase.png and staircase.svg; a program's
 * (executions.csv, environment.json) become summary.txt, comparison.csv,
 * comparison.json, perf-stat.txt, perf-stat.csv, profile.txt (of traces/), figure/,
 * comparison.png and comparison.svg. Appends the paths of what
 * it wrote for people, a line each. 0; REPORT_NO_FIGURE with the reason in the complaint
 * where the summary is written and the figure is not; -errno with a complaint.
 */
int report_write(const char *folder, struct text *written, struct complaint *complaint);

#endif
