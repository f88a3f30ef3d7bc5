/* SPDX-License-Identifier: MIT */
#ifndef ALLOC_HP_MISUSE_H
#define ALLOC_HP_MISUSE_H

#include <stddef.h>

/* Writes one line about the pointer to file descriptor 2 and aborts. `kind` says what the
 * pointer is ("freed twice"), `policy` whose it should be. */
_Noreturn void misuse_abort(const char *policy, const void *pointer, const char *kind);

/* The same for a block of a known size (0: unknown): "hp: double free of 0x7f31c2a03040
 * (block of 64 bytes)". */
_Noreturn void misuse_report(const char *kind, const void *pointer, size_t bytes);

#endif
