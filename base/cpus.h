/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef BASE_CPUS_H
#define BASE_CPUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A set of CPUs by the kernel's numbers. Plain value: copy it, compare it with
 * cpus_equal. */
enum { CPUS_MAX = 4096 };
struct cpus {
	uint64_t bits[CPUS_MAX / 64];
};

void cpus_add(struct cpus *cpus, unsigned cpu); /* ignored from CPUS_MAX up */
bool cpus_has(const struct cpus *cpus, unsigned cpu);
unsigned cpus_count(const struct cpus *cpus);
int cpus_first(const struct cpus *cpus); /* -1 when empty */
bool cpus_equal(const struct cpus *a, const struct cpus *b);

/* The kernel's list format, "0-3,8". -EINVAL on anything else, -ERANGE past CPUS_MAX. */
int cpus_parse(const char *text, struct cpus *cpus);

/* Writes the list format; cuts it with "..." where size does not suffice. Returns text.
 */
char *cpus_format(char *text, size_t size, const struct cpus *cpus);

/* The CPUs that the calling thread may run on. */
int cpus_allowed(struct cpus *cpus);

/* Restricts the calling thread to one CPU: 0 or -errno. */
int cpus_pin(unsigned cpu);

/* Lets the calling thread run on all of the set again. */
int cpus_unpin(const struct cpus *cpus);

#endif
