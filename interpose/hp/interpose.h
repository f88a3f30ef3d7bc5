/* SPDX-License-Identifier: MIT */
#ifndef INTERPOSE_HP_INTERPOSE_H
#define INTERPOSE_HP_INTERPOSE_H

#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#if UINTPTR_MAX != UINT64_MAX
#error "libescalier-hp serves 64-bit programs only"
#endif

/* What stands in for libc's function of this name in the whole program; exports.map lists
 * the same names. */
#define EXPORT __attribute__((visibility("default")))

static inline size_t page_bytes(void)
{
	return (size_t)sysconf(_SC_PAGESIZE); /* out of the auxiliary vector */
}

#endif
