/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef BASE_STOLEN_H
#define BASE_STOLEN_H

#include "base/cpus.h"

/*
 * Time since boot in which CPUs of the set had work while the hypervisor ran somebody
 * else on theirs: "steal" of /proc/stat (proc(5)), in steps of a tick, mostly 10 ms. 0 on
 * bare metal, where the hypervisor does not tell, and where the file cannot be read.
 * `root` stands before the path (base/file.h).
 */
uint64_t stolen_ns(const char *root, const struct cpus *cpus);

/* Of the live system, since stolen_ns gave before_ns; 0 where a CPU has gone since. */
uint64_t stolen_since_ns(const struct cpus *cpus, uint64_t before_ns);

#endif
