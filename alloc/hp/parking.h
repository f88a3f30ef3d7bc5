/* SPDX-License-Identifier: MIT */
#ifndef ALLOC_HP_PARKING_H
#define ALLOC_HP_PARKING_H

#include "alloc/hp/segment.h"

/*
 * Pages of a span on which no block lives are given back to the system although the span
 * is in use: its free blocks that touch such a page leave the list, whose links stood in
 * them, until the list is empty. Which pages these are is in span.parked, a bit for each;
 * which blocks, follows from that. Only where the span's segment may lose parts: on base
 * pages, or on a huge page that is mostly unused. By the owner of the span.
 */

enum { PARKING_STILL = 2 };

/* Counts another look at the span; parks where there were `still` of them since it
 * changed, but only once. 0: at once. Bytes given back. */
size_t parking_look(struct span *span, unsigned still);

/* Puts some parked blocks on the list again. False: there were none. */
bool parking_unpark(struct span *span);

#endif
