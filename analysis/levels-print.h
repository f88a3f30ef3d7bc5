/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ANALYSIS_LEVELS_PRINT_H
#define ANALYSIS_LEVELS_PRINT_H

#include "analysis/levels.h"
#include "base/text.h"

/* The levels of one series for people: a table in 100 columns, and below it a verdict
 * for each. 0 or -ENOMEM. */
int levels_print(
	const struct levels *levels, const struct machine *machine, struct text *text);

/* A line on the pages that the TLB was seen to use, where that is known. */
void levels_print_pages(
	const struct levels *levels, const struct machine *machine, struct text *text);

/* One line a level: kernel, backend, stride, cpu, node, level, kind, witness, confidence,
 * capacities, latencies and their ranges, nominal size, verdict. 0 or -ENOMEM. */
int levels_print_csv_header(struct text *text);
int levels_print_csv(
	const struct levels *levels, const struct machine *machine, struct text *text);

/* An array with an object for each series, which holds the same, and the page size that
 * its TLB was seen to use. 0 or -ENOMEM. */
int levels_print_json(const struct levels *levels, size_t count,
	const struct machine *machine, struct text *text);

#endif
