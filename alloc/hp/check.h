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

/* Marks a block that has just been allocated. */
void check_allocated(void *block, size_t usable, size_t bytes);

/* What was asked for of a live block; ends the process where it is none, or was written
 * past its end. */
size_t check_live(const void *block, size_t usable);

void check_freed(void *block, size_t usable);

/*
 * The quarantine, where freed blocks wait before they are given back: puts one in. The
 * block to give back now: an older one, the same where it is too large or there is no
 * quarantine, or NULL.
 */
enum { CHECK_KEEP_BYTES = 4 << 20 };
void *check_keep(void *block, size_t usable);

/* The oldest one, which leaves, where they are more than so many bytes; NULL. */
void *check_oldest(size_t most_bytes);

/* Calls visit for each, with a lock held. */
void check_each_kept(void (*visit)(size_t usable, void *context), void *context);

void check_fork_prepare(void);
void check_fork_done(void);

/* A block that is handed out again was not written to since it was freed. */
void check_unwritten(const void *block, size_t usable);

/* Memory becomes a block that need not have been one before: what looks like a mark in it
 * may be of old, and other blocks have been there since. */
void check_forget(void *block, size_t usable);

#endif
