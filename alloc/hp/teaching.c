/* SPDX-License-Identifier: MIT */
#include "alloc/hp/teaching.h"

#include "alloc/hp/policy.h"

#include <stdint.h>

pthread_mutex_t teaching_lock = PTHREAD_MUTEX_INITIALIZER;

struct tract *teaching_tract(const void *block)
{
	uintptr_t header = (uintptr_t)block - HP_POLICY_ALIGNMENT;

	return (uintptr_t)block % HP_POLICY_ALIGNMENT == 0 ? tract_find((void *)header)
							   : NULL;
}

int teaching_init(const struct hp_options *options)
{
	(void)options;
	return 0;
}

bool teaching_owns(const void *pointer)
{
	return tract_find(pointer) != NULL;
}

void teaching_fork_prepare(void)
{
	pthread_mutex_lock(&teaching_lock);
	pages_fork_prepare();
}

void teaching_fork_parent(void)
{
	pages_fork_parent();
	pthread_mutex_unlock(&teaching_lock);
}

void teaching_fork_child(void)
{
	pages_fork_child();
	pthread_mutex_init(&teaching_lock, NULL);
}
