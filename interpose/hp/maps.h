/* SPDX-License-Identifier: MIT */
#ifndef INTERPOSE_HP_MAPS_H
#define INTERPOSE_HP_MAPS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

enum { HUGE_BYTES = 2 << 20 };

/* Whether the variable asks for transparent huge pages ("thp"). Remembered in *answer,
 * 0 at first. */
bool maps_wanted(_Atomic int *answer, const char *variable);

/* Advises the kernel to use transparent huge pages. Keeps errno: advice can be ignored.
 */
void maps_advise(void *start, size_t bytes);

/* mmap(2) itself, whoever stands in for the function of that name. */
void *direct_mmap(
	void *address, size_t bytes, int protection, int flags, int fd, off_t offset);

#endif
