/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CORE_CHECK_COUNTED_LOOP_H
#define CORE_CHECK_COUNTED_LOOP_H

#include <stdbool.h>
#include <stdint.h>

/*
 * A loop without a memory access whose instructions and branches are known exactly, since
 * it is written in the machine's own language where the project knows it: each turn is
 * COUNTED_LOOP_INSTRUCTIONS instructions, of which one is a branch and
 * COUNTED_LOOP_CHAIN depend on one another. The generic one is left to the compiler, and
 * its counts are unknown.
 */
enum { COUNTED_LOOP_INSTRUCTIONS = 8, COUNTED_LOOP_CHAIN = 6 };

extern const bool counted_loop_exact;

void counted_loop(uint64_t turns); /* at least 1 */

#endif
