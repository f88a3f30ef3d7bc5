/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdint.h>

/*
 * The clocks of a window, behind a table so that a test can put its own in. All readings
 * are in nanoseconds from an arbitrary origin.
 */
struct clocks {
	uint64_t (*wall_ns)(void); /* CLOCK_MONOTONIC_RAW */
	uint64_t (*cpu_ns)(
		void); /* CLOCK_THREAD_CPUTIME_ID: time this thread was running */
	/*
	 * The core's clock now, in GHz, from the time that a chain of dependent additions
	 * takes (one cycle each on every core that the project knows); 0 where it could
	 * not be read. It stands in for a cycle counter where there is none, and costs
	 * about 10 us.
	 */
	double (*core_ghz)(void);
	/* Context switches of this thread that it did not ask for (getrusage,
	 * RUSAGE_THREAD). */
	uint64_t (*involuntary_switches)(void);
};

extern const struct clocks clocks_system;

/* Sleeps at least this long unless a signal comes. */
void clock_sleep_ns(uint64_t ns);

enum { CLOCK_STAMP = 24 };

/* UTC now as "2026-01-31T12-59-59Z": sorts by time, legal in file names. Returns text. */
char *clock_stamp(char text[CLOCK_STAMP]);

#endif
