/* SPDX-License-Identifier: MIT */
#ifndef ALLOC_HP_CHECK_H
#define ALLOC_HP_CHECK_H

#include <stdbool.h>
#include <stddef.h>

/*
 * HP_CHECK: what costs too much to be done always. Every block carries, behind what was
 * asked for, bytes that must not change, and at its very end a word that says how much
 * was asked for and that it is alive, made of a secret and its own address.
 */
extern unsigned check_flags; /* bits of enum hp_check; set before the first block */

void check_configure(unsigned flags);

/* Bytes to ask the policy for. */
size_t check_grown_bytes(size_t bytes);

/* Marks a block that has just been allocated. `fresh`: it was never in use. */
void check_allocated(void *block, size_t usable, size_t bytes);

/* What was asked for of a live block; ends the process where it is none, or was written
 * past its end. */
size_t check_live(const void *block, size_t usable);

/*
 * Marks a block as freed. The block to give back now: the same, an older one that leaves
 * the quarantine, or NULL.
 */
void *check_freed(void *block, size_t usable);

/* A block that is handed out again was not written to since it was freed. */
void check_unwritten(const void *block, size_t usable);

#endif
