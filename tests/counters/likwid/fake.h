/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef TESTS_COUNTERS_LIKWID_FAKE_H
#define TESTS_COUNTERS_LIKWID_FAKE_H

#include <stdint.h>

/*
 * A liblikwid for tests: a library of the real one's name, with the functions that
 * Escalier calls. It writes every call as a line to the file $FAKE_LIKWID_LOG, and
 * behaves as $FAKE_LIKWID says, in words set apart by spaces, the way the real one
 * (5.2.2) does:
 *
 *   no-msr       perfmon_init prints why and returns -1
 *   unsupported  it also does not know the processor
 *   no-daemon    perfmon_init forks; the child comes back into the caller's code, and the
 *                parent prints and ends the program
 *   hang         perfmon_init does not return
 *   in-use       perfmon_addEventSet prints and ends the program, with success
 *   no-set, no-start, no-read, no-stop    that call fails
 *   nan, negative                         what perfmon_getLastResult returns
 *   no-marker    the marker functions return -14 (-EFAULT)
 *
 * A register or event with UNKNOWN in its name is left out with a warning, as the real
 * one does it. Each event counts what fake_likwid_count() adds, and 1000 more with each
 * read.
 */
void fake_likwid_count(unsigned event, uint64_t more);

#endif
