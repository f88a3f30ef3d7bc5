/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef BENCH_ALLOC_PLAYER_H
#define BENCH_ALLOC_PLAYER_H

#include "bench/alloc/pattern.h"

/* The most that was resident since the program began, hugetlb pages as noted. */
uint64_t player_peak_bytes(void);

/* " NAME=VALUE" on stdout for each figure that the pattern reported. */
void player_print_reports(void);

#endif
