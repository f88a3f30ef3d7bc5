/* SPDX-License-Identifier: MIT */
#ifndef ALLOC_HP_MISUSE_H
#define ALLOC_HP_MISUSE_H

/* Writes one line about the pointer to file descriptor 2 and aborts. `kind` says what the
 * pointer is ("freed twice"), `policy` whose it should be. */
_Noreturn void misuse_abort(const char *policy, const void *pointer, const char *kind);

#endif
