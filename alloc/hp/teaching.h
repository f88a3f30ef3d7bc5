/* SPDX-License-Identifier: MIT */
#ifndef ALLOC_HP_TEACHING_H
#define ALLOC_HP_TEACHING_H

#include "alloc/hp/tract.h"

#include <pthread.h>

struct hp_options;

/* What the teaching policies have in common: tracts, headers in front of blocks, and one
 * lock, which is the tracts' too. */
extern pthread_mutex_t teaching_lock;

/* The tract in which the block and a header of 16 bytes in front of it lie; NULL: there
 * is none, or the block is not aligned. */
struct tract *teaching_tract(const void *block);

/* Of struct hp_policy. */
int teaching_init(const struct hp_options *options);
bool teaching_owns(const void *pointer);
void teaching_fork_prepare(void);
void teaching_fork_parent(void);
void teaching_fork_child(void);

#endif
