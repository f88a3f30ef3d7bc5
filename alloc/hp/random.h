/* SPDX-License-Identifier: MIT */
#ifndef ALLOC_HP_RANDOM_H
#define ALLOC_HP_RANDOM_H

#include <stdint.h>

/* Keys against forged and damaged links: hard to guess, not cryptography. Any thread. */
uintptr_t random_word(void);

#endif
