/* SPDX-License-Identifier: MIT */
#ifndef ALLOC_HP_GIGANTIC_H
#define ALLOC_HP_GIGANTIC_H

#include <stddef.h>

/*
 * Pages of 1 GiB, divided into parts of PAGES_HUGE_BYTES: what a program asks for in one
 * piece is mostly far smaller than such a page. Locked within.
 */

enum { GIGANTIC_BYTES = 1 << 30 };

/*
 * A free run of parts, aligned to at most GIGANTIC_BYTES, in a page that is there already
 * and prefers the node: or NULL. `bytes` is at most GIGANTIC_BYTES.
 */
void *gigantic_take(size_t bytes, size_t alignment, int node);

/* Makes a new page, mapped by the caller, available. 0 or -ENOMEM. */
int gigantic_add(void *page, int node);

/* Gives parts back. Where that leaves a page without any part in use, it is forgotten and
 * returned for the caller to unmap; else NULL. */
void *gigantic_give(const void *start, size_t bytes);

/* No part of the pages that are there now is handed out again: they ceased to be of a
 * pool. */
void gigantic_close(void);

#endif
