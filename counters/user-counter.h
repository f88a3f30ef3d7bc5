/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef COUNTERS_USER_COUNTER_H
#define COUNTERS_USER_COUNTER_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Private to counters/: the instructions by which a program reads the CPU's counters and
 * clock without the kernel. The build picks the architecture's file. Reading a counter
 * that the kernel has not opened to user space is a fault (SIGSEGV, SIGILL): only while
 * an event's page says so, and under its sequence lock.
 */
bool user_counter_exists(void);

/* By the number in the page, from 0: the index less one. Bits above pmc_width are not
 * defined. */
uint64_t user_counter_read(uint32_t counter);

/* The clock that the page's time fields translate. */
uint64_t user_clock_read(void);

#endif
