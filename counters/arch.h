/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef COUNTERS_ARCH_H
#define COUNTERS_ARCH_H

#include "counters/group.h"

#include <stdbool.h>
#include <stddef.h>

/* Private to counters/: which CPU this is, and what its PMU has room for. */

/*
 * The folder for a processor of /proc/cpuinfo: by vendor, family and model on x86, by
 * implementer and part on Arm. Needed where libpfm4 is older than the CPU. `text` is the
 * whole file, `cpu` the kernel's number of the processor, -1 the first. NULL where the
 * project knows no folder for it. On a hybrid CPU it is that of the P cores.
 */
const char *arch_of_cpuinfo(const char *text, int cpu);

/* The folder of a hybrid's E cores for that of its P cores; NULL for any other. */
const char *arch_of_small_cores(const char *arch);

#endif
