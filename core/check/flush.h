/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CORE_CHECK_FLUSH_H
#define CORE_CHECK_FLUSH_H

#include <stdbool.h>
#include <stddef.h>

/* Whether this architecture lets a program throw a line out of every cache. */
extern const bool flush_possible;

/* Throws the lines at base, base + stride, ... out of every cache, and waits for it. */
void flush_lines(const char *base, size_t stride, size_t count);

#endif
