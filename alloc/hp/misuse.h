/* SPDX-License-Identifier: MIT */
#ifndef ALLOC_HP_MISUSE_H
#define ALLOC_HP_MISUSE_H

#include <stddef.h>

/*
 * The end of a program that misuses its memory: one line on file descriptor 2, "hp:
 * double free of 0x7f31c2a03040 (block of 64 bytes)", then abort(). bytes 0: unknown.
 */
_Noreturn void misuse_report(const char *kind, const void *pointer, size_t bytes);

#endif
