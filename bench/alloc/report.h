/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef BENCH_ALLOC_REPORT_H
#define BENCH_ALLOC_REPORT_H

#include "bench/alloc/results.h"

/* Tables on stdout. `present` says which of allocators[] ran. */
void report_header(const bool *present);
void report_row(const struct row *row, const bool *present);

/* A line for each mark that hp is held to, with whether it is reached. */
void report_verdicts(const struct results *results, const bool *present);

#endif
