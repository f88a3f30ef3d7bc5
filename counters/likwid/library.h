/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef COUNTERS_LIKWID_LIBRARY_H
#define COUNTERS_LIKWID_LIBRARY_H

#include "base/error.h"

#include <likwid.h>

/* Every function of liblikwid that Escalier calls. */
#define LIKWID_FUNCTIONS(each)                                                           \
	each(perfgroup_readGroup);                                                       \
	each(perfgroup_returnGroup);                                                     \
	each(topology_init);                                                             \
	each(affinity_init);                                                             \
	each(HPMmode);                                                                   \
	each(perfmon_init);                                                              \
	each(perfmon_addEventSet);                                                       \
	each(perfmon_setupCounters);                                                     \
	each(perfmon_startCounters);                                                     \
	each(perfmon_readCounters);                                                      \
	each(perfmon_stopCounters);                                                      \
	each(perfmon_getResult);                                                         \
	each(perfmon_getLastResult);                                                     \
	each(perfmon_finalize);                                                          \
	each(likwid_markerInit);                                                         \
	each(likwid_markerThreadInit);                                                   \
	each(likwid_markerRegisterRegion);                                               \
	each(likwid_markerStartRegion);                                                  \
	each(likwid_markerStopRegion);                                                   \
	each(likwid_markerClose)

#define LIKWID_MEMBER(function) __typeof__(function) *function
struct likwid_library {
	LIKWID_FUNCTIONS(LIKWID_MEMBER);
};

/* Loads liblikwid once, and for good. 0, or -ENOENT with the complaint. */
int likwid_library(const struct likwid_library **library, struct complaint *complaint);

#endif
