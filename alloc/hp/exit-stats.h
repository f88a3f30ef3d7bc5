/* SPDX-License-Identifier: MIT */
#ifndef ALLOC_HP_EXIT_STATS_H
#define ALLOC_HP_EXIT_STATS_H

/* When the process ends (exit, return from main), hp_stats_print goes there: the number
 * of a file descriptor, or a file that is appended to, as JSON where its name ends in
 * ".json". NULL: nowhere. Kept by the caller. */
void exit_stats_to(const char *where);

#endif
