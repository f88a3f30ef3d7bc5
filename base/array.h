/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef BASE_ARRAY_H
#define BASE_ARRAY_H

#include <stddef.h>

/* Room for at least `count` elements of `size` bytes in an array that grows: `array` is
 * the address of its pointer, `*capacity` its elements so far, NULL and 0 at first. What
 * is in it stays. 0, or -ENOMEM with both as they were. The caller frees it. */
int array_reserve(void *array, size_t *capacity, size_t count, size_t size);

#endif
