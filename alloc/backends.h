/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef ALLOC_BACKENDS_H
#define ALLOC_BACKENDS_H

#include "alloc/backend.h"

/* The entries of the registry, for registry.c and for each other. */
extern const struct memory_backend memory_libc;
extern const struct memory_backend memory_small;
extern const struct memory_backend memory_thp;
extern const struct memory_backend memory_hugetlb_2m;
extern const struct memory_backend memory_hugetlb_1g;
extern const struct memory_backend memory_hp;
extern const struct memory_backend memory_hp_firstfit;
extern const struct memory_backend memory_hp_bump;

#endif
