/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef CLI_SYMBOLS_H
#define CLI_SYMBOLS_H

#include "interpose/trace/format.h"

/*
 * Names for the addresses of a traced program, from the files that it had mapped, by
 * elfutils' libdw. Debian's separate debug files are found where they are installed.
 */
struct symbols;

/* NULL where memory is short. The trace outlives the symbols. */
struct symbols *symbols_open(const struct trace_file *file);
void symbols_close(struct symbols *symbols);

/* For struct profile_resolver, C++'s names as they are written where its library is
 * installed: "function at file.c:12", "function in libx.so",
 * "libx.so+0x1234", or the bare address. */
const char *symbols_resolve(void *symbols, uint64_t address);

#endif
