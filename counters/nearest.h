/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef COUNTERS_NEAREST_H
#define COUNTERS_NEAREST_H

#include <perfmon/pfmlib.h>
#include <stddef.h>

/* Private to counters/: what a misspelt event name may have meant. */

/* Calls visit with each event of a PMU's table. */
typedef void visit_event(const pfm_event_info_t *event, void *context);
void nearest_each_event(const pfm_pmu_info_t *pmu, visit_event *visit, void *context);

/* Writes up to three event names of the PMUs at hand, nearest first, separated by ", ".
 * Empty where none is near. */
void nearest_events(char *names, size_t size, const char *wanted);

/* Writes the unit masks of the event that `wanted` begins with. Empty where there is
 * none. */
void nearest_masks(char *names, size_t size, const char *wanted);

/* Writes the PMUs (libpfm4's names) that have this very event and are not at hand,
 * separated by ", ", as many as fit. Empty where there is none. */
void nearest_owners(char *names, size_t size, const char *wanted);

/* Edits (insert, delete, replace; case is ignored) from one to the other; any distance
 * above `limit` is limit + 1. Only the first NEAREST_LENGTH characters count. */
enum { NEAREST_LENGTH = 80 };
unsigned nearest_distance(const char *a, const char *b, unsigned limit);

#endif
