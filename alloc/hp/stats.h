/* SPDX-License-Identifier: MIT */
#ifndef ALLOC_HP_STATS_H
#define ALLOC_HP_STATS_H

#include "alloc/hp/hp.h"

/* The real policy's part of hp_stats. */
void stats_of_heap(struct hp_stats *stats);

/* What pages.h tells, for every policy. */
void stats_of_pages(struct hp_stats *stats);

#endif
