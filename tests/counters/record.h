/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef TESTS_COUNTERS_RECORD_H
#define TESTS_COUNTERS_RECORD_H

/* Recorded systems: files of /proc and /sys under a root of their own, which exists.
 * Those named are what kernels list on such machines, as far as this project reads it. */
void record_put(const char *root, const char *path, const char *bytes);
void record_remove(const char *root); /* with the root */

/* A PMU; `file` is "cpus" or "cpumask" with its line, or NULL. */
void record_pmu(const char *root, const char *name, unsigned type, const char *file,
	const char *cpus);
/* "format/NAME" or "events/NAME" of it. */
void record_term(const char *root, const char *pmu, const char *term, const char *text);

void record_alder_lake(const char *root);      /* four P cores, four E cores */
void record_epyc(const char *root);            /* four L3s, two data fabrics */
void record_sapphire_rapids(const char *root); /* two sockets; CHAs and memory channels */
void record_neoverse(const char *root);        /* with a CMN mesh */

#endif
