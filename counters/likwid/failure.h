/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef COUNTERS_LIKWID_FAILURE_H
#define COUNTERS_LIKWID_FAILURE_H

#include "base/error.h"

#include <stdbool.h>

/* A trial that did not end well, and what is known of the machine. */
struct likwid_failure {
	unsigned cpu;
	bool timed_out;
	int device_error;   /* errno of reaching the CPU's MSR device; 0: it is open to us
			     */
	const char *output; /* what liblikwid printed */
};

/* What, why, and what to type; the errno of it, negative. */
int likwid_failure_explain(
	const struct likwid_failure *failure, struct complaint *complaint);

#endif
